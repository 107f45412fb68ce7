import type { AnyActorRef } from 'xstate'
import type { Actor } from './actor.ts'
import { type Address, NoAddressError, splitAddress } from './address.ts'
import type { Agent } from './agent.ts'

/** Who is reached in a partition: by name, by the types that they hear, and by XState's own refs. */
export class Registry implements Iterable<Actor> {
  readonly #actors = new Map<string, Actor>()
  readonly #hearers = new Map<string, readonly Actor[]>()
  readonly #refs = new WeakMap<AnyActorRef, Actor>()

  /** Makes an agent reachable; one that had its name before must have stopped. */
  add(actor: Actor): void {
    this.#actors.set(actor.name, actor)
    for (const type of typesHeardBy(actor)) this.#hearers.set(type, [...this.hearers(type), actor])
  }

  /** Takes an agent off the bus; its name stays known, as stopped. */
  retire(actor: Actor): void {
    for (const type of typesHeardBy(actor)) {
      const others = this.hearers(type).filter(other => other !== actor)
      if (others.length > 0) this.#hearers.set(type, others)
      else this.#hearers.delete(type)
    }
  }

  named(name: string): Actor | undefined {
    return this.#actors.get(name)
  }

  /** @throws NoAddressError */
  at(address: Address): Actor {
    const actor = this.#actors.get(splitAddress(address).name)
    if (actor?.address !== address) throw new NoAddressError(address)
    return actor
  }

  /** Those that hear a type, in the order in which they were added. */
  hearers(type: string): readonly Actor[] {
    return this.#hearers.get(type) ?? []
  }

  /** Says whose incarnation a ref is. */
  bind(ref: AnyActorRef, actor: Actor): void {
    this.#refs.set(ref, actor)
  }

  /** The agent behind a ref, if it is one. */
  behind(ref: AnyActorRef): Actor | undefined {
    return this.#refs.get(ref)
  }

  /** The definitions of those that are there. */
  agents(): readonly Agent[] {
    return [...this].filter(({ status }) => status !== 'stopped').map(({ agent }) => agent)
  }

  [Symbol.iterator](): Iterator<Actor> {
    return this.#actors.values()
  }
}

// A type that is listed twice is heard once.
function typesHeardBy({ agent }: Actor): ReadonlySet<string> {
  return new Set(agent.hears.map(({ type }) => type))
}
