import type { AnyActorRef } from 'xstate'
import type { Agent } from '../agent/agent.ts'
import type { EventOf } from '../events/event.ts'
import { LazyMap } from '../lazy-maps.ts'
import { type Address, NoAddressError, splitAddress } from '../mail/address.ts'
import type { Actor } from './actor.ts'
import type { Pool } from './pool.ts'

/** What a registry reports about its agents. */
export interface RegistryHost {
  /** A type has its first hearer now, or has lost its last one. */
  heard(type: string, isHeard: boolean): void
  /** There is one agent more, or one less. */
  counted(by: 1 | -1): void
}

/** Finds the agents of a partition: by name, by the types that they hear, and by the refs of XState. */
export class Registry implements Iterable<Actor> {
  readonly #actors = new Map<string, Actor>()
  readonly #hearers = new Map<string, Set<Actor>>()
  readonly #agents = new Map<Agent, number>()
  readonly #pools = new LazyMap<string, Pool>()
  readonly #hearingPools = new LazyMap<string, readonly Pool[]>()
  readonly #host: RegistryHost
  #size = 0

  constructor(host: RegistryHost) {
    this.#host = host
  }

  /** How many agents there are, without stopped agents. */
  get size(): number {
    return this.#size
  }

  /** Makes an agent reachable. An older agent of its name must have stopped. */
  add(actor: Actor): void {
    // At the end of the order, unless the same agent starts again.
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
        const isFirst = !this.hears(type)
        this.#hearers.set(type, new Set([actor]))
        if (isFirst) this.#host.heard(type, true)
      }
    }
  }

  /** Makes an agent unreachable. Its name stays known, as stopped. */
  retire(actor: Actor): void {
    this.#resize(-1)
    const pool = this.#pools.get(actor.under)
    if (pool) return pool.leave(actor)
    this.#count(actor.agent, -1)
    for (const { type } of actor.agent.hears) {
      const hearers = this.#hearers.get(type)
      if (!hearers?.delete(actor) || hearers.size > 0) continue
      this.#hearers.delete(type)
      if (!this.hears(type)) this.#host.heard(type, false)
    }
  }

  /** Forgets the name of a stopped agent. */
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
      const isFirst = !this.hears(type)
      this.#hearingPools.set(type, [...this.pools(type), pool])
      if (isFirst) this.#host.heard(type, true)
    }
  }

  removePool(pool: Pool): void {
    this.#pools.delete(pool.name)
    this.retirePool(pool)
  }

  /** Makes a pool unreachable. Its name stays known. */
  retirePool(pool: Pool): void {
    this.#count(pool.agent, -1)
    for (const { type } of pool.agent.hears) {
      const others = this.pools(type).filter(other => other !== pool)
      if (others.length > 0) this.#hearingPools.set(type, others)
      else this.#hearingPools.delete(type)
      if (!this.hears(type)) this.#host.heard(type, false)
    }
  }

  pool(name: string): Pool | undefined {
    return this.#pools.get(name)
  }

  /** The agent with a name, or the one that a pool with that name chooses for an event. */
  meant(name: string, event: EventOf): Actor | undefined {
    const actor = this.#actors.get(name)
    // The name of a stopped agent may belong to a pool now.
    return actor && actor.status !== 'stopped' ? actor : (this.#pools.get(name)?.route(event) ?? actor)
  }

  /** The first agent that hears an event: an agent of no pool, or the member of a pool. */
  hearing(event: EventOf): Actor | undefined {
    const [actor] = this.hearers(event.type)
    return actor ?? this.pools(event.type)[0]?.route(event)
  }

  /** The addresses of the agents and pools that hear a type. */
  addresses(type: string): readonly Address[] {
    return [...this.hearers(type), ...this.pools(type)].map(({ address }) => address)
  }

  /** Whether any agent or pool hears a type. */
  hears(type: string): boolean {
    return this.#hearers.has(type) || this.#hearingPools.has(type)
  }

  /** The pools that hear a type. */
  pools(type: string): readonly Pool[] {
    return this.#hearingPools.get(type) ?? []
  }

  /** The agents that hear a type and belong to no pool, in the order in which they were added. */
  hearers(type: string): ReadonlySet<Actor> {
    return this.#hearers.get(type) ?? nobody
  }

  /** The agent whose incarnation a ref is, if it is the present one. */
  behind(ref: AnyActorRef): Actor | undefined {
    const actor = this.#actors.get(ref.id)
    return actor?.ref === ref ? actor : undefined
  }

  /** The agent that an actor of XState belongs to: as its incarnation, or inside it. */
  around(ref: AnyActorRef): Actor | undefined {
    for (let at: AnyActorRef | undefined = ref; at; at = at._parent) {
      const actor = this.behind(at)
      if (actor) return actor
    }
    return undefined
  }

  /** The definitions of the agents; a definition that several agents have is listed twice, however many they are. */
  agents(): readonly Agent[] {
    return [...this.#agents].flatMap(([agent, count]) => (count > 1 ? [agent, agent] : [agent]))
  }

  /** Whether several agents have a definition: one more makes no difference to checks by definition. */
  hasSeveral(agent: Agent): boolean {
    return (this.#agents.get(agent) ?? 0) > 1
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
