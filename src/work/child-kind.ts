import type { Actor } from '../actor/actor.ts'
import { ChildEndedError, type ChildWork } from '../invoke/child.ts'
import type { Outcome } from '../invoke/outside.ts'
import { addressOf } from '../mail/address.ts'
import { takenOver } from '../values/copy.ts'
import { decoded } from '../values/json.ts'
import type { Settle, WorkKind, WorkScope } from './kind.ts'

/** An agent of the agent's own. */
export const childKind: WorkKind<ChildWork> = {
  name: 'child',
  isAwaited: false,
  titleOf: ({ agent }) => agent.name,
  intent: ({ agent }, { partition, key }) => ({ kind: 'child', seq: partition.nextSeq(), key, name: agent.name }),
  resuming: (_, { children, actor, invokeId }) => children.expect(actor, invokeId),
  run({ agent, orphan }, scope) {
    const { children, actor, invokeId, input, origin, standing } = scope
    let isWanted = true
    let child: Actor | undefined
    const gone: Settle = outcome => {
      child = undefined
      scope.settle(kept(agent.name, outcome))
    }
    const ended = childEnded(scope)
    const start = () => {
      if (!isWanted) return
      if (ended) return scope.settle(ended)
      try {
        child = children.startChild(actor, invokeId, { agent, input, origin }, gone)
      } catch (error) {
        scope.settle({ ok: false, error })
      }
    }
    // A child that is restored with its parent misses nothing from here on, also while the parent is not ready.
    if (standing && children.isAwaited(actor, invokeId)) start()
    // In a turn of its own: the supervisor may be in the middle of starting the parent.
    else actor.signal(start)
    return () => {
      isWanted = false
      if (child) children.orphan(child, orphan)
    }
  },
}

/** How a child ended that began in another process, if it ended there too. */
function childEnded({ actor, invokeId, standing, recalled }: WorkScope): Outcome | undefined {
  const address = addressOf(actor.address, invokeId)
  const child = standing && recalled?.at(address)
  if (!child || child.gone === undefined || child.goneAt < standing.seq) return undefined
  const { gone, output } = child
  return gone === 'done'
    ? { ok: true, output: decoded(output) }
    : { ok: false, error: new ChildEndedError(address, gone) }
}

/** An outcome that the journal can give back. */
function kept(name: string, outcome: Outcome): Outcome {
  if (!outcome.ok) return outcome
  try {
    return { ok: true, output: takenOver(`the outcome of "${name}"`, outcome.output) }
  } catch (error) {
    return { ok: false, error }
  }
}
