import type { AnyMachineSnapshot } from 'xstate'
import type { Agent } from '../actor/agent.ts'
import { definitionOf } from '../actor/identity.ts'
import type { Step } from '../actor/step.ts'
import { textOf } from '../errors.ts'
import type { Checkpoint } from '../journal/journal.ts'

/** An agent's machine after a step, made into data only when somebody wants it: a journal in memory never does. */
export class StepCheckpoint implements Checkpoint {
  readonly incarnation: number
  readonly position: number
  readonly #agent: Agent
  readonly #snapshot: AnyMachineSnapshot

  constructor({ actor, snapshot }: Step, position: number) {
    this.incarnation = actor.incarnation
    this.position = position
    this.#agent = actor.agent
    this.#snapshot = snapshot
  }

  get definition(): string {
    return definitionOf(this.#agent)
  }

  get snapshot(): unknown {
    const snapshot = this.#snapshot
    const persisted = this.#agent.machine.getPersistedSnapshot(snapshot)
    // An error is nothing that JSON could carry.
    return snapshot.status === 'error' ? { ...persisted, error: textOf(snapshot.error), children: {} } : persisted
  }

  toJSON(): Checkpoint {
    const { incarnation, position, definition, snapshot } = this
    return { incarnation, position, definition, snapshot }
  }
}
