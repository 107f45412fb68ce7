import type { AnyActorRef } from 'xstate'
import type { Agent } from '../agent/agent.ts'
import type { EventOf } from '../events/event.ts'
import { type Address, NoAddressError, splitAddress } from '../mail/address.ts'
import type { Actor } from './actor.ts'
import type { Pool } from './pool.ts'

/** What a registry tells of the agents in it. */
export interface RegistryHost {
  /** A type has got its first hearer, or lost its last. */
  heard(type: string, isHeard: boolean): void
  /** There is an agent more, or one less. */
  counted(by: 1 | -1): void
}

/** Who is reached in a partition: by name, by the types that they hear, and by XState's own refs. */
export class Registry implements Iterable<Actor> {
  readonly #actors = new Map<string, Actor>()
  readonly #hearers = new Map<string, Set<Actor>>()
  readonly #agents = new Map<Agent, number>()
  readonly #pools = new Map<string, Pool>()
  readonly #hearingPools = new Map<string, readonly Pool[]>()
  /** How many ways there are for a type to be heard, so that one look says whether there is any. */
  readonly #heard = new Map<string, number>()
  readonly #host: RegistryHost
  #size = 0

  constructor(host: RegistryHost) {
    this.#host = host
  }

  /** How many agents are there; those that have stopped are not. */
  get size(): number {
    return this.#size
  }

  /** Makes an agent reachable; one that had its name before must have stopped. */
  add(actor: Actor): void {
    // Behind those that are there already, unless it is one of them that starts again.
    if (this.#actors.get(actor.name) !== actor) this.#actors.delete(actor.name)
    this.#actors.set(actor.name, actor)
    this.#resize(1)
    const pool = this.#pools.get(actor.under)
    if (pool) return pool.join(actor)
    this.#count(actor.agent, 1)
    for (const { type } of actor.agent.hears) {
      const hearers = this.#hearers.get(type)
      if (hearers) hearers.add(actor)
      else {
        this.#hearers.set(type, new Set([actor]))
        this.#hear(type, 1)
      }
    }
  }

  /** Takes an agent off the bus; its name stays known, as stopped. */
  retire(actor: Actor): void {
    this.#resize(-1)
    const pool = this.#pools.get(actor.under)
    if (pool) return pool.leave(actor)
    this.#count(actor.agent, -1)
    for (const { type } of actor.agent.hears) {
      const hearers = this.#hearers.get(type)
      if (!hearers?.delete(actor) || hearers.size > 0) continue
      this.#hearers.delete(type)
      this.#hear(type, -1)
    }
  }

  /** Nobody by this name ever was. */
  forget(name: string): void {
    this.#actors.delete(name)
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

  /** Makes a pool reachable; its members join it as they are added. */
  addPool(pool: Pool): void {
    this.#pools.set(pool.name, pool)
    this.#count(pool.agent, 1)
    for (const { type } of pool.agent.hears) {
      this.#hearingPools.set(type, [...this.pools(type), pool])
      this.#hear(type, 1)
    }
  }

  removePool(pool: Pool): void {
    this.#pools.delete(pool.name)
    this.#count(pool.agent, -1)
    for (const { type } of pool.agent.hears) {
      const others = this.pools(type).filter(other => other !== pool)
      if (others.length > 0) this.#hearingPools.set(type, others)
      else this.#hearingPools.delete(type)
      this.#hear(type, -1)
    }
  }

  pool(name: string): Pool | undefined {
    return this.#pools.get(name)
  }

  /** The agent with a name, or the one that a pool with that name chooses for an event. */
  meant(name: string, event: EventOf): Actor | undefined {
    const actor = this.#actors.get(name)
    // One that has stopped has left its name to whoever came after it.
    return actor && actor.status !== 'stopped' ? actor : (this.#pools.get(name)?.route(event) ?? actor)
  }

  /** The first one that hears an event: an agent, or the member of a pool. */
  hearing(event: EventOf): Actor | undefined {
    const [actor] = this.hearers(event.type)
    return actor ?? this.pools(event.type)[0]?.route(event)
  }

  /** The addresses of all that hear a type, a pool as one. */
  addresses(type: string): readonly Address[] {
    return [...this.hearers(type), ...this.pools(type)].map(({ address }) => address)
  }

  /** Whether any agent or pool hears a type. */
  hears(type: string): boolean {
    return this.#heard.has(type)
  }

  /** The pools that hear a type. */
  pools(type: string): readonly Pool[] {
    return this.#hearingPools.get(type) ?? []
  }

  /** Those that hear a type and belong to no pool, in the order in which they were added. */
  hearers(type: string): ReadonlySet<Actor> {
    return this.#hearers.get(type) ?? nobody
  }

  /** The agent behind a ref, if it is the present incarnation of one. */
  behind(ref: AnyActorRef): Actor | undefined {
    const actor = this.#actors.get(ref.id)
    return actor?.ref === ref ? actor : undefined
  }

  /** The agent that an actor of XState belongs to: the one behind it, or the one inside which it is. */
  around(ref: AnyActorRef): Actor | undefined {
    for (let at: AnyActorRef | undefined = ref; at; at = at._parent) {
      const actor = this.behind(at)
      if (actor) return actor
    }
    return undefined
  }

  /** The definitions of those that are there; one that several have is listed twice, however many they are. */
  agents(): readonly Agent[] {
    return [...this.#agents].flatMap(([agent, count]) => (count > 1 ? [agent, agent] : [agent]))
  }

  /** Whether several have a definition: one more makes no difference to what is checked by definition. */
  hasSeveral(agent: Agent): boolean {
    return (this.#agents.get(agent) ?? 0) > 1
  }

  #hear(type: string, by: 1 | -1): void {
    const ways = (this.#heard.get(type) ?? 0) + by
    if (ways > 0) this.#heard.set(type, ways)
    else this.#heard.delete(type)
    this.#host.heard(type, by > 0)
  }

  #resize(by: 1 | -1): void {
    this.#size += by
    this.#host.counted(by)
  }

  #count(agent: Agent, by: 1 | -1): void {
    const count = (this.#agents.get(agent) ?? 0) + by
    if (count > 0) this.#agents.set(agent, count)
    else this.#agents.delete(agent)
  }

  [Symbol.iterator](): Iterator<Actor> {
    return this.#actors.values()
  }
}

const nobody: ReadonlySet<Actor> = new Set()
