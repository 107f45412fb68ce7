import type { Snapshot } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import type { Returning } from './returning.ts'

/** The agents of a partition that were restored from another process, and what is still to be done for each. */
export class RestoredAgents {
  readonly returning: Returning
  /** When this owner took over, epoch milliseconds, and its first position. */
  readonly since: { readonly date: number; readonly position: number }
  /** Restored agents that have not got their waiting mail yet. */
  readonly arrived = new Set<Actor>()
  /** Restored agents whose machines were migrated to another version. */
  readonly migrated = new Set<Actor>()
  /** Agents that began again with their initial state, and have not got their waiting mail yet. */
  readonly unsettled = new Set<Actor>()
  /** Restored agents that a program had spawned: `spawn` returns them instead of starting new ones. */
  readonly adoptable = new Set<Actor>()
  /** The saved machine of each agent that is being started. */
  readonly snapshots = new Map<Actor, Snapshot<unknown>>()
  /** Whether work that was saved goes on: work of agents that are restored later is resumed as soon as they are. */
  isResumed = false
  /** All restored agents. */
  readonly all = new WeakSet<Actor>()

  constructor(returning: Returning, since: { readonly date: number; readonly position: number }) {
    this.returning = returning
    this.since = since
  }

  /** Whether an agent has not got its waiting mail yet. */
  isArriving(actor: Actor): boolean {
    return this.arrived.has(actor) || this.unsettled.has(actor)
  }

  /** Returns the agents that have not got their waiting mail yet, and forgets them. */
  takeArrived(): readonly Actor[] {
    const arrived = [...this.arrived, ...this.unsettled]
    this.arrived.clear()
    this.unsettled.clear()
    return arrived
  }
}
