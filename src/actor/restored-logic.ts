import type { AnyActorRef, AnyActorScope, AnyMachineSnapshot, EventObject, Snapshot } from 'xstate'
import type { Agent } from '../agent/agent.ts'
import type { StepHost } from './step.ts'
import { SteppedLogic } from './stepped-logic.ts'
import { relayingOnly } from './xstate-privates.ts'

/** The logic of an incarnation that starts from a snapshot of another process. The start itself decides and does nothing. */
export class RestoredLogic extends SteppedLogic {
  readonly #persisted: Snapshot<unknown>

  constructor(agent: Pick<Agent, 'machine'>, host: StepHost, persisted: Snapshot<unknown>) {
    super(agent, host)
    this.#persisted = persisted
  }

  override getInitialSnapshot(scope: AnyActorScope): AnyMachineSnapshot {
    return this.restoreSnapshot(this.#persisted, scope)
  }

  start({ children }: AnyMachineSnapshot, { system }: AnyActorScope): void {
    withoutFirstSnapshots(system, () => {
      for (const child of Object.values<AnyActorRef | undefined>(children))
        if (child?.getSnapshot().status === 'active') child.start()
    })
  }
}

/**
 * Starts restored actors, at any depth, and drops the first snapshot that each of them sends to a machine that listens to its
 * snapshots: the machine knows that snapshot already. All events between actors pass the relay of their XState system.
 */
function withoutFirstSnapshots(system: AnyActorScope['system'], start: () => void): void {
  const known = new Set<unknown>()
  const isNews = (source: unknown, { type }: EventObject) => {
    if (!type.startsWith('xstate.snapshot.') || known.has(source)) return true
    known.add(source)
    return false
  }
  relayingOnly(system, isNews, start)
}
