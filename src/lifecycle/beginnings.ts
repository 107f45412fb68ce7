import type { Actor } from '../actor/actor.ts'
import type { AgentStartError } from '../agent/agent.ts'
import { LazyMap } from '../lazy-maps.ts'

interface Beginning {
  readonly over: Promise<void>
  interrupt(error: AgentStartError): void
}

/** The agents whose first incarnation has started, and does not handle mail before its `onInit` is over. */
export class Beginnings {
  readonly #byActor = new LazyMap<Actor, Beginning>()

  has(actor: Actor): boolean {
    return this.#byActor.has(actor)
  }

  /** @param over settles when the agent handles mail, or has failed to start */
  add(actor: Actor, over: Promise<void>): void {
    const interrupted = Promise.withResolvers<never>()
    const beginning = Promise.race([over, interrupted.promise]).finally(() => this.#byActor.delete(actor))
    // Avoids an unhandled rejection; callers of `of` still get it.
    beginning.catch(() => {})
    this.#byActor.set(actor, { over: beginning, interrupt: interrupted.reject })
  }

  /** Rejects the beginning of an agent that was stopped meanwhile. */
  interrupt(actor: Actor, error: AgentStartError): void {
    this.#byActor.get(actor)?.interrupt(error)
  }

  forget(actor: Actor): void {
    this.#byActor.delete(actor)
  }

  /** A promise for each of these agents that does not handle mail yet. It rejects with an `AgentStartError`. */
  of(actors: readonly Actor[]): readonly Promise<void>[] {
    return actors.flatMap(actor => this.#byActor.get(actor)?.over ?? [])
  }
}
