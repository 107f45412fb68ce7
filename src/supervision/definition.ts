import type { Routing } from '../actor/routing.ts'
import { type Agent, type RestartType, restartTypes } from '../agent/agent.ts'
import { type Backoff, backoffNames } from '../backoff.ts'
import { TroupeError } from '../errors.ts'
import { checkDeclared } from '../events/missing.ts'
import { type Address, checkId } from '../mail/address.ts'
import { checkChoice, checkOptionNames, type OptionNames } from '../options.ts'
import type { RestartIntensity } from './restart-intensity.ts'
import { type Strategy, strategies } from './strategy.ts'

/** The rules by which a supervisor restarts its children. */
export interface SupervisionOptions {
  /** Which children are restarted with a child that failed; `one_for_one` (no others) by default. */
  readonly strategy?: Strategy
  /** How often children may restart before it gives up; by default the intensity of the runtime. */
  readonly intensity?: RestartIntensity
  /** How long it waits before a restart; not at all by default. */
  readonly backoff?: Backoff
}

/** An agent, a pool of equal agents, or a supervisor with children of its own. */
export type Supervised = Agent | PoolDefinition | SupervisorDefinition

/** What `defineSupervisor` takes. */
export interface SupervisorOptions extends SupervisionOptions {
  /** Letters a-z, digits and "-", 200 at most; no agent of the same party may have it. */
  readonly name: string
  /** Its children, in the order in which they start. They stop in the reverse order. */
  readonly agents: readonly Supervised[]
  /** When the supervisor above starts it again after it gave up: always (`permanent`, the default), `transient` likewise, or never. */
  readonly restart?: RestartType
}

/** A supervisor and its children: an inert value. */
export interface SupervisorDefinition extends SupervisionOptions {
  readonly name: string
  readonly agents: readonly Supervised[]
  readonly restart: RestartType
}

const supervisorNames: OptionNames<SupervisorOptions> = {
  name: true,
  agents: true,
  restart: true,
  strategy: true,
  intensity: true,
  backoff: true,
}

/**
 * Declares a group of agents that fail and restart by rules of their own. Use it wherever an agent may be used.
 *
 * @example
 * const searchers = defineSupervisor({ name: 'searchers', strategy: 'one_for_all', agents: [venue, catering] })
 * const party = defineParty({ name: 'planner', agents: [inputAnalyzer, searchers], ... })
 *
 * @throws IllegalIdError if the name could not be an id; UnknownOptionError, OptionValueError
 */
export function defineSupervisor({ restart = 'permanent', ...options }: SupervisorOptions): SupervisorDefinition {
  checkId('supervisor', options.name)
  checkOptionNames('defineSupervisor', options, supervisorNames)
  checkOptionNames('backoff', options.backoff ?? {}, backoffNames)
  checkChoice(`supervisor "${options.name}"`, 'restart', restart, restartTypes)
  checkChoice(`supervisor "${options.name}"`, 'strategy', options.strategy ?? 'one_for_one', strategies)
  return { ...options, restart }
}

/** What `definePool` takes. */
export interface PoolOptions extends Omit<SupervisionOptions, 'strategy'> {
  /** Letters a-z, digits and "-", 200 at most; its members are `<name>/1`, `<name>/2` and so on. */
  readonly name: string
  readonly agent: Agent
  /** How many members it begins with. */
  readonly size: number
  /** Which member gets an event; each in turn by default. */
  readonly routing?: Routing
  /** When the supervisor above starts it again after it gave up: always (`permanent`, the default), `transient` likewise, or never. */
  readonly restart?: RestartType
}

const poolNames: OptionNames<PoolOptions> = {
  name: true,
  agent: true,
  size: true,
  routing: true,
  restart: true,
  intensity: true,
  backoff: true,
}

/** A pool of equal agents: an inert value. */
export interface PoolDefinition extends SupervisorDefinition {
  readonly size: number
  readonly routing: Routing
}

/**
 * Declares equal agents behind one address: one of them gets each event that the agent hears. Use it wherever an agent may be used.
 *
 * @example
 * const bakers = definePool({ name: 'bakers', agent: baker, size: 4, routing: 'least-mail' })
 * const pool = await runtime.spawn(bakers) // reached at runtime/bakers
 * await pool.scale(8)
 *
 * @param given `routing`: `round-robin`, `least-mail`, or `{ hash: event => key }`, where events with one key go to one member
 * @throws IllegalIdError if the name could not be an id; PoolSizeError if the size is no whole number from 1
 */
export function definePool(given: PoolOptions): PoolDefinition {
  const { agent, size, routing = 'round-robin', ...options } = given
  checkOptionNames('definePool', given, poolNames)
  return { ...defineSupervisor({ ...options, agents: [agent] }), size: checkSize(options.name, size), routing }
}

/** @throws PoolSizeError unless it is a whole number from 1 */
export function checkSize(pool: string, size: number): number {
  if (!Number.isInteger(size) || size < 1) throw new PoolSizeError(pool, size)
  return size
}

export function isPool(supervised: Supervised): supervised is PoolDefinition {
  return 'size' in supervised
}

export function isSupervisor(supervised: Supervised): supervised is SupervisorDefinition {
  return 'agents' in supervised
}

/** All agents of a tree, in the order of their start; the agent of a pool once. */
export function agentsOf(supervised: readonly Supervised[]): readonly Agent[] {
  checkAgents(supervised)
  return supervised.flatMap(one => (isSupervisor(one) ? agentsOf(one.agents) : [one]))
}

/** @throws DuplicateNameError where two parts of a tree have one name: they would have one address */
export function checkNames(where: string, tree: readonly Supervised[]): void {
  checkAgents(tree)
  const names = namesOf(tree)
  for (const [place, name] of names.entries())
    if (names.indexOf(name) !== place) throw new DuplicateNameError(where, name)
}

/** @throws MissingDefinitionError */
function checkAgents(supervised: readonly Supervised[]): void {
  for (const one of supervised) checkDeclared('agents', 'an agent', one, 'name')
}

/** The names of all agents, pools and supervisors of a tree, without the members of pools. */
function namesOf(tree: readonly Supervised[]): readonly string[] {
  return tree.flatMap(one => (isSupervisor(one) && !isPool(one) ? [one.name, ...namesOf(one.agents)] : [one.name]))
}

/** Two agents, pools or supervisors of one tree have the same name. */
export class DuplicateNameError extends TroupeError {
  readonly code = 'NAME_DUPLICATE'
  /** What was being declared. */
  readonly where: string
  readonly duplicate: string
  constructor(where: string, duplicate: string) {
    super(
      `Two agents, pools or supervisors of ${where} are called "${duplicate}", and would have one address. Give each a name of its own, or make equal agents a pool with definePool.`,
    )
    this.where = where
    this.duplicate = duplicate
  }
}

/** There is no supervisor with this name, or it has given up. */
export class NoSupervisorError extends TroupeError {
  readonly code = 'NO_SUPERVISOR'
  readonly partition: Address
  readonly supervisor: string
  constructor(partition: Address, supervisor: string) {
    super(
      `"${partition}" has no supervisor "${supervisor}" that runs. Leave it out, or name one that defineSupervisor declares.`,
    )
    this.partition = partition
    this.supervisor = supervisor
  }
}

/** A pool cannot have this number of members. */
export class PoolSizeError extends TroupeError {
  readonly code = 'POOL_SIZE'
  readonly pool: string
  readonly size: number
  constructor(pool: string, size: number) {
    super(`Pool "${pool}" cannot have ${size} members: use a whole number from 1, or stop it.`)
    this.pool = pool
    this.size = size
  }
}
