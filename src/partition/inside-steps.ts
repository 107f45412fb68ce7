import type { AnyMachineSnapshot } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import { checkChildren, failUnkept } from '../actor/kept.ts'
import type { Entry } from '../journal/frame.ts'
import type { Handled } from '../mail/handled.ts'
import type { Partition } from './partition.ts'
import type { PlannedWork } from './planned-work.ts'
import { StepCheckpoint } from './step-checkpoint.ts'

/** Steps of the machines inside an agent, beside the steps of the agent itself. */
export class InsideSteps {
  readonly #partition: Partition
  readonly #planned: PlannedWork

  constructor(partition: Partition, planned: PlannedWork) {
    this.#partition = partition
    this.#planned = planned
  }

  /** Records something that a machine inside an agent did. The agent's checkpoint says how the machine is after that. */
  record(actor: Actor, ...entries: readonly Entry[]): void {
    const { ref, name } = actor
    if (ref?.getSnapshot().status !== 'active') return
    const checkpoint = (position: number) =>
      new Map([[name, new StepCheckpoint({ actor, snapshot: ref.getSnapshot() }, position)]])
    this.#partition.frames.append({ kind: 'outcome' }, entries, [], undefined, checkpoint)
  }

  /** Lets a machine inside an agent handle a position of its own. */
  handle(actor: Actor, handled: Handled, handle: () => void): void {
    const { turns } = this.#partition
    turns.hand(actor, handled, () => {
      const outer = turns.enter(actor)
      // The ids of what the machine wants are derived from this position.
      actor.takeHandled()
      try {
        handle()
      } finally {
        turns.leave(outer)
        this.handled(actor, handled)
      }
    })
  }

  /**
   * Makes a position for a machine inside an agent that goes on by itself, because of work that the journal knows nothing of, such
   * as a promise. What the machine wants is recorded in a turn of the agent.
   */
  goOn(actor: Actor, type: string): Handled {
    const { address: agent, ref } = actor
    const entry = (seq: number): Entry => ({ kind: 'internal', seq, agent, type })
    const handled = this.#partition.frames.appendOutcome(entry, type, actor.handled ?? { correlationid: agent })
    actor.signal(() => {
      if (actor.ref === ref) this.handled(actor, handled)
    })
    return handled
  }

  /** Machines inside an agent have handled a position: records the outside work that they want, and checks what they keep. */
  handled(actor: Actor, { seq: handled }: Handled): void {
    const { address, agent, ref } = actor
    const { strays } = this.#partition.system
    const entries = this.#planned.take()
    const seq = this.#partition.nextSeq()
    this.record(actor, ...entries, { kind: 'inside', seq, agent: address, handled })
    this.#planned.begin()
    try {
      const { children = {} }: Partial<AnyMachineSnapshot> = ref?.getSnapshot() ?? {}
      checkChildren(address, children, (name, child) => strays.checkChild(agent, address, name, child))
    } catch (error) {
      failUnkept(actor, error)
    }
  }
}
