import type { Agent } from '../agent/agent.ts'
import { checkDeclared } from '../events/missing.ts'
import { checkAsks } from '../invoke/check-asks.ts'
import { withChildren } from '../invoke/child.ts'
import { AgentRef } from '../lifecycle/agent-ref.ts'
import type { Whereabouts } from '../lifecycle/found.ts'
import { type PoolRef, poolRefAt } from '../lifecycle/pool-ref.ts'
import { checkId } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { Recovery } from '../recovery/recovery.ts'
import { agentsOf, isPool, type PoolDefinition } from '../supervision/definition.ts'
import type { Definitions } from './definitions.ts'

/** Where an agent is spawned. */
export interface SpawnOptions<I = unknown> {
  /** The input of its machine, in each incarnation and in each process; by default the input of its definition. */
  readonly input?: I
  /** The last part of its address; the agent's own name by default. */
  readonly name?: string
  /** The party that it joins; outside all parties by default. */
  readonly party?: string
  /** The supervisor that it joins, by name; the top supervisor by default. */
  readonly supervisor?: string
}

const spawnOptions: OptionNames<SpawnOptions> = { input: true, name: true, party: true, supervisor: true }

interface SpawnParts {
  readonly system: System<Partition>
  readonly outside: Whereabouts
  readonly parties: { get(id: string): { readonly life: Whereabouts } }
  readonly recovery: Recovery
  readonly definitions: Definitions
}

/** Starts an agent or a pool; resolves when its start is durable. */
export async function spawn(
  parts: SpawnParts,
  agent: Agent | PoolDefinition,
  options: SpawnOptions,
): Promise<AgentRef | PoolRef> {
  checkDeclared('runtime.spawn', 'an agent', agent, 'name')
  checkOptionNames('runtime.spawn', options, spawnOptions)
  const { name, party, supervisor, input } = options
  // Before the catalogue takes the events of the agent.
  checkId(isPool(agent) ? 'pool' : 'agent', name ?? agent.name)
  const joined = party === undefined ? undefined : parts.parties.get(party).life
  const place = joined ?? parts.outside
  if (!isKnown(agent, name, place)) declare(parts, agentsOf([agent]), joined)
  if (isPool(agent)) return await spawnPool(parts, place, name === undefined ? agent : { ...agent, name }, supervisor)
  const actor = await whenRecalled(parts, place, name ?? agent.name, () =>
    place.crew.spawn(agent, name, supervisor, input),
  )
  findCallee(parts)
  await place.crew.begun([actor])
  return new AgentRef(place, actor)
}

/** Whether the agent was restored, or several of its kind run already: then it has been declared. */
function isKnown(agent: Agent | PoolDefinition, name: string | undefined, { crew, partition }: Whereabouts): boolean {
  return !isPool(agent) && (crew.restoring.unclaimed(agent, name) !== undefined || partition.registry.hasSeveral(agent))
}

/** Asks of an earlier process may wait for what was spawned. */
function findCallee({ system }: SpawnParts): void {
  for (const retry of [...system.awaitingCallee]) retry()
}

async function spawnPool(
  parts: SpawnParts,
  place: Whereabouts,
  named: PoolDefinition,
  supervisor: string | undefined,
): Promise<PoolRef> {
  const members = await whenRecalled(parts, place, named.name, () => place.crew.begin([named], supervisor))
  findCallee(parts)
  const pool = poolRefAt(place, named.name)
  try {
    await place.crew.begun(members)
  } catch (error) {
    // Its party may have failed meanwhile, which is why it did not begin.
    await pool.stop().catch(() => {})
    throw error
  }
  return pool
}

/** Starts something. Work that has waited under its name since the last process is brought up to date first. */
function whenRecalled<T>({ recovery }: SpawnParts, place: Whereabouts, name: string, start: () => T): T | Promise<T> {
  const { partition, crew } = place
  const startIfOpen = () => {
    place.checkOpen()
    return start()
  }
  return crew.restoring.hasSaved(name) ? recovery.late(partition, crew, startIfOpen) : startIfOpen()
}

/** Checks new agents against the present agents, and adds the events that they hear and say to the catalogue. */
function declare(parts: SpawnParts, added: readonly Agent[], joined: Whereabouts | undefined): void {
  const { system, outside, definitions } = parts
  const catalog = system.catalog.with(withChildren(added).flatMap(({ hears, says }) => [...hears, ...says]))
  system.strays.checkAgents(withChildren(added))
  const outsiders = outside.partition.registry.agents()
  if (joined) checkAsks([...joined.partition.registry.agents(), ...added], outsiders)
  else checkAsks(definitions.insiders, [...outsiders, ...added])
  system.catalog = catalog
}
