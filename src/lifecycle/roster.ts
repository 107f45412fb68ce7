import type { AnyActorRef } from 'xstate'
import { Actor } from '../actor/actor.ts'
import { Pool } from '../actor/pool.ts'
import type { Agent } from '../agent/agent.ts'
import { TroupeError } from '../errors.ts'
import { agentAdded } from '../events/runtime-events.ts'
import { LazyMap, LazySet } from '../lazy-maps.ts'
import { AddressTakenError, addressOf, checkId } from '../mail/address.ts'
import type { Partition, Supervising, Supervisors } from '../partition/partition.ts'
import {
  isPool,
  isSupervisor,
  NoSupervisorError,
  type PoolDefinition,
  type Supervised,
  type SupervisorDefinition,
} from '../supervision/definition.ts'
import type { SupervisorEvent } from '../supervision/supervisor.ts'

/** The name of the uppermost supervisor of a partition. */
export const root = 'supervisor'

/** How many names of stopped agents a partition remembers, to distinguish them from names that no agent ever had. */
const mostRemembered = 10_000

/** The agents, pools and supervisors of a partition by name, and which supervisor each of them has. */
export class Roster implements Supervisors {
  readonly #partition: Partition
  readonly #choose: (name: string, agent: Agent) => Agent
  /** `undefined` while a supervisor is not running yet. */
  readonly #supervisors = new Map<string, AnyActorRef | undefined>()
  readonly #trees = new LazyMap<string, SupervisorDefinition>()
  readonly #above = new LazyMap<string, string>()
  readonly #retired = new LazySet<string>()
  /** The agents of trees: their supervisors may start them again. */
  readonly #defined = new Set<string>()
  readonly #gone = new Set<string>()
  // One iterator for all searches: a new one would pass all entries that were deleted before.
  readonly #oldestGone = this.#gone.values()

  /** @param choose the version of an agent that is started under a name: a restored agent may have an older one */
  constructor(partition: Partition, choose: (name: string, agent: Agent) => Agent) {
    this.#partition = partition
    this.#choose = choose
    partition.supervisors = this
  }

  /** Gives an agent an address and a mailbox; its mail waits until it is started. @throws AddressTakenError, NoSupervisorError, AgentLimitError */
  declare(agent: Agent, name: string, under: string, led = this.#partition.origin): Actor {
    const { registry } = this.#partition
    this.#checkUnder(under)
    const taken = registry.named(name)
    this.#checkFree(name)
    this.#checkLimits()
    const actor = new Actor(this.#partition.turns, name, this.#choose(name, agent), under)
    // The supervisor of an older agent of this name must not start the new agent with its group.
    if (taken) this.#supervisors.get(taken.under)?.send({ type: 'supervisor.stop', id: name })
    this.#retired.delete(name)
    this.#gone.delete(name)
    registry.add(actor)
    actor.led = led
    if (this.#partition.reports.isHeard(agentAdded.type)) this.#reportAdded(actor)
    return actor
  }

  // A function of its own: engines allocate an object at each call of a function that has a closure over its variables.
  #reportAdded({ address, led }: Actor): void {
    this.#partition.reportIfHeard(agentAdded.type, () => agentAdded({ address }), led)
  }

  /** Gives all agents of a tree addresses and mailboxes. @throws AddressTakenError, NoSupervisorError, AgentLimitError, IllegalIdError */
  declareAll(one: Supervised, under: string): readonly Actor[] {
    const { name } = one
    if (!isSupervisor(one)) return [this.#define(one, checkId('agent', name), under)]
    this.#checkUnder(under)
    this.#checkFree(name)
    this.#supervisors.set(name, undefined)
    this.#trees.set(name, one)
    this.#above.set(name, under)
    this.#retired.delete(name)
    return isPool(one) ? this.#declarePool(one) : one.agents.flatMap(child => this.declareAll(child, name))
  }

  #declarePool(pool: PoolDefinition): readonly Actor[] {
    const {
      name,
      agents: [agent],
      routing,
    } = pool
    if (!agent || isSupervisor(agent)) return []
    this.#partition.registry.addPool(new Pool(this.#partition.address, name, agent, routing))
    return memberNames(pool).map(member => this.#define(agent, member, name))
  }

  #define(agent: Agent, name: string, under: string): Actor {
    const actor = this.declare(agent, name, under)
    this.#defined.add(name)
    return actor
  }

  /** Removes a supervisor and the supervisors below it. */
  remove(name: string): void {
    const { registry } = this.#partition
    for (const [below, above] of this.#above) if (above === name) this.remove(below)
    const pool = registry.pool(name)
    if (pool) registry.removePool(pool)
    this.#forget(name)
  }

  #forget(name: string): void {
    // Observers know only supervisors that have run.
    if (this.#supervisors.get(name)) this.#partition.system.observers?.supervisesNoMore(this.#partition, name)
    this.#supervisors.delete(name)
    this.#trees.delete(name)
    this.#above.delete(name)
  }

  /** Removes all supervisors. The names of pools stay known, like those of agents that have stopped. */
  clear(): void {
    const { registry } = this.#partition
    for (const name of [...this.#trees.keys()].toReversed()) {
      const pool = registry.pool(name)
      if (pool) registry.retirePool(pool)
      this.#forget(name)
    }
    this.#partition.system.observers?.supervisesNoMore(this.#partition, root)
  }

  find(name: string): Actor | undefined {
    return this.#partition.registry.named(name)
  }

  named(name: string): Actor {
    const actor = this.find(name)
    if (!actor) throw new Error(`no child ${name}`)
    return actor
  }

  isTree(name: string): boolean {
    return this.#trees.has(name)
  }

  /** Whether it is a supervisor that is never started again. */
  isTemporary(name: string): boolean {
    return this.#trees.get(name)?.restart === 'temporary'
  }

  /** The agents under a supervisor, directly or not, that have not stopped, in the order in which they were added. */
  under(name: string): readonly Actor[] {
    return [...this.#partition.registry].filter(
      ({ status, under }) => status !== 'stopped' && this.#isUnder(under, name),
    )
  }

  #isUnder(supervisor: string | undefined, name: string): boolean {
    if (supervisor === undefined || supervisor === name) return supervisor === name
    return this.#isUnder(this.#above.get(supervisor), name)
  }

  aboveOf(name: string): string | undefined {
    return this.#above.get(name)
  }

  supervisor(name: string): AnyActorRef | undefined {
    return this.#supervisors.get(name)
  }

  /** Sends an event to the supervisor of an agent. A supervisor that is down gets nothing: it starts its agents anew, or never. */
  sendAbove({ under }: Actor, event: SupervisorEvent): void {
    const supervisor = this.#supervisors.get(under)
    if (supervisor?.getSnapshot().status === 'active') supervisor.send(event)
  }

  runs(name: string, supervisor: AnyActorRef): void {
    const how = this.#supervisors.get(name) ? 'restarted' : 'started'
    this.#supervisors.set(name, supervisor)
    this.#partition.system.observers?.supervises(this.#partition, name, how)
  }

  supervising(name: string): Supervising | undefined {
    const ref = this.#supervisors.get(name)
    const { strategy = 'one_for_one' } = this.#trees.get(name) ?? {}
    return ref && { name, above: this.#above.get(name), strategy, snapshot: ref.getSnapshot() }
  }

  /** The running supervisors, each after the supervisor above it. */
  *[Symbol.iterator](): Generator<Supervising> {
    for (const name of this.#supervisors.keys()) {
      const supervising = this.supervising(name)
      if (supervising) yield supervising
    }
  }

  /** Notes that the owner of an agent has stopped it for good. */
  retire(name: string): void {
    this.#retired.add(name)
  }

  /** An agent has stopped. Of the agents that no supervisor starts again, only the newest names are remembered. */
  stopped({ name }: Actor): void {
    if (this.#defined.has(name)) return
    this.#gone.add(name)
    if (this.#gone.size <= mostRemembered) return
    const { value: oldest } = this.#oldestGone.next()
    if (oldest === undefined) return
    this.#gone.delete(oldest)
    this.#retired.delete(oldest)
    this.#partition.registry.forget(oldest)
  }

  isRetired(name: string): boolean {
    return this.#retired.has(name)
  }

  #checkFree(name: string): void {
    const address = addressOf(this.#partition.address, name)
    const isLive = (this.find(name)?.status ?? 'stopped') !== 'stopped'
    const isHandled = this.#partition.system.handlers.at(address) !== undefined
    if (isLive || isHandled || this.#supervisors.has(name)) throw new AddressTakenError(address)
  }

  #checkUnder(under: string): void {
    const status: unknown = this.#supervisors.get(under)?.getSnapshot().status ?? 'active'
    if (!this.#supervisors.has(under) || status !== 'active')
      throw new NoSupervisorError(this.#partition.address, under)
  }

  #checkLimits(): void {
    const { address, registry, system } = this.#partition
    const { agents, partyAgents } = system.limits
    if (registry.size >= partyAgents) throw new AgentLimitError(address, partyAgents)
    if (system.population >= agents) throw new AgentLimitError('the runtime', agents)
  }
}

/** The names of a pool's first members, in the order of their start. */
export function memberNames({ name, size }: PoolDefinition): readonly string[] {
  return Array.from({ length: size }, (_, place) => `${name}/${place + 1}`)
}

/** The limit of agents is reached. */
export class AgentLimitError extends TroupeError {
  readonly code = 'AGENT_LIMIT'
  /** A partition, or `the runtime`. */
  readonly where: string
  readonly limit: number
  constructor(where: string, limit: number) {
    super(
      `There are ${limit} agents in ${where}, and there may not be more. Stop some, or raise createRuntime({ limits }).`,
    )
    this.where = where
    this.limit = limit
  }
}
