import type { Snapshot } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import type { Returning } from './returning.ts'

/** Which agents of a partition came back from another process, and how far each of them has come. */
export class RestoredAgents {
  readonly returning: Returning
  /** When this owner took over, epoch milliseconds, and its first position. */
  readonly since: { readonly date: number; readonly position: number }
  /** Those that wait to be handed what they had not handled. */
  readonly arrived = new Set<Actor>()
  /** Those of them whose machines have another version than before. */
  readonly migrated = new Set<Actor>()
  /** Those that have begun anew and have yet to be handed the mail that waited for them. */
  readonly unsettled = new Set<Actor>()
  /** Those that a program had spawned, and may spawn again: `spawn` returns them. */
  readonly adoptable = new Set<Actor>()
  /** Where the machine was of each that is being started. */
  readonly snapshots = new Map<Actor, Snapshot<unknown>>()
  readonly all = new WeakSet<Actor>()

  constructor(returning: Returning, since: { readonly date: number; readonly position: number }) {
    this.returning = returning
    this.since = since
  }

  /** Whether it has yet to be handed what waits for it. */
  isArriving(actor: Actor): boolean {
    return this.arrived.has(actor) || this.unsettled.has(actor)
  }

  /** All that have, which are then no longer among them. */
  takeArrived(): readonly Actor[] {
    const arrived = [...this.arrived, ...this.unsettled]
    this.arrived.clear()
    this.unsettled.clear()
    return arrived
  }
}
