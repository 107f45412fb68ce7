import type { Snapshot } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import type { SavedAgents } from './saved-agents.ts'

/** The agents of a partition that were restored from another process, and what is still to be done for each. */
export class RestoredAgents {
  readonly saved: SavedAgents
  /** When this owner took over, epoch milliseconds, and its first position. */
  readonly since: { readonly date: number; readonly position: number }
  /** Restored agents that have not got their waiting mail yet. */
  readonly awaitingMail = new Set<Actor>()
  /** Agents that begin anew with their initial state, and have not got their waiting mail yet. */
  readonly begunAnew = new Set<Actor>()
  /** Restored agents whose machines were migrated to another version. */
  readonly migrated = new Set<Actor>()
  /** Restored agents that a program had spawned: `spawn` returns them instead of starting new ones. */
  readonly unclaimed = new Set<Actor>()
  /** The saved machine of each agent that is being started. */
  readonly snapshots = new Map<Actor, Snapshot<unknown>>()
  /** Whether the work of restored agents goes on. From then on, an agent that is restored later resumes its work at once. */
  isResumed = false
  /** All restored agents. */
  readonly all = new WeakSet<Actor>()

  constructor(saved: SavedAgents, since: { readonly date: number; readonly position: number }) {
    this.saved = saved
    this.since = since
  }

  /** Whether an agent has not got its waiting mail yet. */
  awaitsMail(actor: Actor): boolean {
    return this.awaitingMail.has(actor) || this.begunAnew.has(actor)
  }

  /** Returns the agents that have not got their waiting mail yet, and forgets them. */
  takeAwaitingMail(): readonly Actor[] {
    const actors = [...this.awaitingMail, ...this.begunAnew]
    this.awaitingMail.clear()
    this.begunAnew.clear()
    return actors
  }
}
