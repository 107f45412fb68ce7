import type { StateValue } from 'xstate'
import { type Agent, effect, type Runtime, TroupeError } from '../../index.ts'
import type { RunRecord } from '../run-record.ts'
import { createTestRuntime } from '../test-runtime.ts'
import type { World } from './model.ts'
import { type PathStep, shownOf, wordsOf } from './step.ts'

/** A piece of work that waits for its end. */
interface Pending {
  readonly src: string
  readonly key: string
  readonly end: PromiseWithResolvers<unknown>
}

/**
 * Takes a path on a real runtime, step by step, and compares the state of the agent with that of the path after each step.
 *
 * @throws PathError if the agent is in another state
 */
export async function played(agent: Agent, worlds: readonly World[], seed: number): Promise<RunRecord> {
  const pending: Pending[] = []
  const test = await createTestRuntime({ agents: [scripted(agent, pending)], seed, log: 'silent' })
  try {
    const at = () => test.runtime.agent(agent.name).snapshot()
    for (const [place, { via, machine, status }] of worlds.entries()) {
      if (via?.step.kind === 'time') await test.pass(via.step.ms)
      else if (via) await take(test.runtime, agent, via.step, pending)
      await test.settle()
      const found = status === 'active' ? at()?.value : machine.value
      if (JSON.stringify(found) !== JSON.stringify(machine.value))
        throw new PathError(agent.name, worlds.slice(0, place + 1), found)
    }
    return test.record
  } finally {
    await test.stop()
  }
}

/** The agent, with works that end when a path says so. */
function scripted(agent: Agent, pending: Pending[]): Agent {
  const { machine } = agent
  const actors = Object.keys(machine.implementations.actors).map(src => {
    const wait = (_: unknown, { key, signal }: { readonly key: string; readonly signal: AbortSignal }) => {
      const end = Promise.withResolvers<unknown>()
      const one = { src, key, end }
      pending.push(one)
      signal.addEventListener('abort', () => {
        pending.splice(pending.indexOf(one), 1)
        end.reject(signal.reason)
      })
      return end.promise
    }
    return [src, effect(src, wait)]
  })
  return { ...agent, machine: machine.provide({ actors: Object.fromEntries(actors) }) }
}

async function take(
  runtime: Pick<Runtime, 'bus' | 'agent'>,
  { name }: Agent,
  step: Exclude<PathStep, { readonly kind: 'time' }>,
  pending: Pending[],
): Promise<void> {
  if (step.kind === 'hear') {
    const { definition, event } = step
    if (!('output' in definition)) return void (await runtime.bus.publish(event))
    // Whether the agent answers is not the matter of a path.
    runtime
      .agent(name)
      .ask(definition, event.data)
      .catch(() => {})
    return
  }
  const place = pending.findLastIndex(({ src, key }) => src === step.src && key.endsWith(`/${step.work}`))
  const [work] = place < 0 ? [] : pending.splice(place, 1)
  if (step.kind === 'done') work?.end.resolve(step.output)
  else work?.end.reject(step.error)
}

/** On a real runtime, an agent took another way than its machine alone: it depends on more than its context and its events. */
export class PathError extends TroupeError {
  readonly code = 'PATH'
  readonly agent: string
  readonly expected: StateValue
  readonly found: unknown
  constructor(agent: string, worlds: readonly World[], found: unknown) {
    const steps = worlds.flatMap(({ via }) => (via ? [via.step] : []))
    const last = steps.at(-1)
    const expected: StateValue = worlds.at(-1)?.machine.value ?? {}
    super(
      `"${agent}" is in the state ${JSON.stringify(found)} after ${last ? shownOf(last) : 'its start'}, and its machine alone is in ${JSON.stringify(expected)}. The path: ${steps.map(one => wordsOf(one)).join(', ')}. Look for guards and actions that read more than the context and the event.`,
    )
    this.agent = agent
    this.expected = expected
    this.found = found
  }
}
