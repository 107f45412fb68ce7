import type { AnyMachineSnapshot } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import { checkChildren, failUnkept, savedAsJson } from '../actor/kept.ts'
import type { Step } from '../actor/step.ts'
import { definitionOf } from '../agent/identity.ts'
import { textOf } from '../errors.ts'
import type { Checkpoint } from '../journal/journal.ts'

/** Machines with other machines inside them, saved as data before the machines inside were stopped. */
const wholes = new WeakMap<AnyMachineSnapshot, unknown>()

/**
 * Saves what is inside agents as data, just before they are stopped. Their last checkpoints hold only references to the actors
 * inside, so that these must be saved while they still run.
 */
export function keepInside(actors: Iterable<Actor>): void {
  for (const { agent, ref } of actors) {
    const snapshot = ref?.getSnapshot()
    if (snapshot?.status !== 'active' || Object.keys(snapshot.children).length === 0) continue
    try {
      wholes.set(snapshot, savedAsJson(agent.machine.getPersistedSnapshot(snapshot)))
    } catch {
      // A snapshot that cannot be saved fails again when the checkpoint is read, and is reported there.
    }
  }
}

/** An agent's machine after a step. It becomes data only when a journal reads it: a journal in memory never does. */
export class StepCheckpoint implements Checkpoint {
  readonly incarnation: number
  readonly position: number
  readonly #actor: Actor
  readonly #snapshot: AnyMachineSnapshot

  constructor({ actor, snapshot }: Pick<Step, 'actor' | 'snapshot'>, position: number) {
    this.incarnation = actor.incarnation
    this.position = position
    this.#actor = actor
    this.#snapshot = snapshot
  }

  get definition(): string {
    return definitionOf(this.#actor.agent)
  }

  get snapshot(): unknown {
    const snapshot = this.#snapshot
    const isFailed = snapshot.status === 'error'
    // The actors that the machine had invoked have ended with it.
    const left = isFailed ? { ...snapshot, children: {}, error: textOf(snapshot.error) } : snapshot
    try {
      return wholes.get(snapshot) ?? savedAsJson(this.#actor.agent.machine.getPersistedSnapshot(left))
    } catch (error) {
      // The step was checked, so the machine has changed its earlier context in place, or an actor inside it has changed since. It
      // cannot go on with that.
      if (!isFailed) failUnkept(this.#actor, this.#placed(error), this.incarnation)
      const { value } = snapshot
      return { status: 'error', value, context: {}, children: {}, historyValue: {}, error: textOf(error) }
    }
  }

  /** The error that says which actor inside the agent cannot be saved, if it is one of them. */
  #placed(error: unknown): unknown {
    try {
      checkChildren(this.#actor.address, this.#snapshot.children, () => {})
      return error
    } catch (placed) {
      return placed
    }
  }

  toJSON(): Checkpoint {
    const { incarnation, position, definition, snapshot } = this
    return { incarnation, position, definition, snapshot }
  }
}
