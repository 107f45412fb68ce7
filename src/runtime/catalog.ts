import type { Agent } from '../agent/agent.ts'
import { type Catalog, isRequest } from '../events/catalog.ts'
import type { EventDefinition } from '../events/event.ts'
import type { JsonSchema } from '../events/json-schema.ts'
import { topicsOf } from '../events/pattern.ts'
import type { RequestDefinition } from '../events/request.ts'
import { runtimeEvents } from '../events/runtime-events.ts'
import { requestsAskedBy } from '../invoke/check-asks.ts'
import { withChildren } from '../invoke/child.ts'
import type { Address } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { Definitions } from './definitions.ts'

/** Everything that can be published or asked in a runtime, as plain data: it can be written as JSON. */
export interface RuntimeCatalog {
  readonly events: readonly CatalogEvent[]
  readonly requests: readonly CatalogRequest[]
}

/** An event that can be published. */
export interface CatalogEvent {
  readonly type: string
  readonly version: number
  readonly description: string
  /** The patterns that match it, the longest first: `party.agent.*` and `party.*` for `party.agent.started`; `*` matches all. */
  readonly topics: readonly string[]
  /** The schema of its data when it is delivered. */
  readonly schema: JsonSchema
  readonly persist: boolean | 'by-rule'
  readonly priority: number
  /** Milliseconds; left out if it never expires. */
  readonly ttl?: number
  readonly tags: readonly string[]
  /** Names of the agents that declare it in `says`. */
  readonly saidBy: readonly string[]
  /** Names of the agents that declare it in `hears`. */
  readonly heardBy: readonly string[]
  /** Whether the runtime itself publishes it. */
  readonly byRuntime: boolean
  /** Whether it changes the state of a party, or its inputs. */
  readonly changesState: boolean
}

/** A request that can be asked. */
export interface CatalogRequest {
  readonly type: string
  readonly description: string
  /** The patterns that match it, as of an event. */
  readonly topics: readonly string[]
  readonly input: JsonSchema
  readonly output: JsonSchema
  readonly refusal: JsonSchema
  readonly safe: boolean
  readonly persist: boolean
  /** Names of the agents that invoke an ask of it. */
  readonly askedBy: readonly string[]
  /** Names of the agents that declare it in `hears`. */
  readonly answeredBy: readonly string[]
  /** Addresses of the handlers that answer it now. */
  readonly handledAt: readonly Address[]
}

/** Describes what can be published and asked now, with the agents that were defined or spawned. */
export function describedCatalog(system: System<Partition>, definitions: Definitions): RuntimeCatalog {
  const { catalog } = system
  const agents = agentsKnown(system, definitions)
  const schemas = catalog.jsonSchemas()
  const events: CatalogEvent[] = []
  const requests: CatalogRequest[] = []
  for (const definition of catalog.definitions) {
    if (isRequest(definition)) requests.push(requestOf(definition, schemas, agents, system))
    else events.push(eventOf(definition, schemas, agents, definitions.changes))
  }
  return { events, requests }
}

type Schemas = ReturnType<Catalog['jsonSchemas']>

function eventOf(
  { type, version, description, persist, priority, ttl, tags }: EventDefinition,
  schemas: Schemas,
  agents: readonly Agent[],
  changes: ReadonlySet<string>,
): CatalogEvent {
  return {
    type,
    version,
    description,
    topics: topicsOf(type),
    schema: schemaOf(schemas, type),
    persist,
    priority,
    ...(ttl !== undefined && { ttl }),
    tags: [...tags],
    saidBy: namesOf(agents, ({ says }) => says.some(one => one.type === type)),
    heardBy: namesOf(agents, ({ hears }) => hears.some(one => one.type === type)),
    byRuntime: runtimeTypes.has(type),
    changesState: changes.has(type),
  }
}

const runtimeTypes = new Set<string>(runtimeEvents.map(({ type }) => type))

function requestOf(
  { type, description, safe, persist }: RequestDefinition,
  schemas: Schemas,
  agents: readonly Agent[],
  { handlers }: System<Partition>,
): CatalogRequest {
  return {
    type,
    description,
    topics: topicsOf(type),
    input: schemaOf(schemas, type),
    output: schemaOf(schemas, `${type}.reply`),
    refusal: schemaOf(schemas, `${type}.refusal`),
    safe,
    persist,
    askedBy: namesOf(agents, agent => requestsAskedBy(agent).has(type)),
    answeredBy: namesOf(agents, ({ hears }) => hears.some(one => one.type === type)),
    handledAt: Array.from(handlers)
      .filter(({ request }) => request.type === type)
      .map(({ address }) => address),
  }
}

function schemaOf(schemas: Schemas, type: string): JsonSchema {
  // Every type of the catalogue has a schema; the empty one allows everything.
  return schemas[type] ?? {}
}

/** The agents that the options define, and those that were spawned since. */
function agentsKnown(system: System<Partition>, { insiders, outsiders, registered }: Definitions): readonly Agent[] {
  const spawned = [...system.partitions()].flatMap(({ registry }) => registry.agents())
  return withChildren([...insiders, ...outsiders, ...registered, ...spawned])
}

/** Several versions of an agent have one name. */
function namesOf(agents: readonly Agent[], isWanted: (agent: Agent) => boolean): readonly string[] {
  return [...new Set(agents.filter(isWanted).map(({ name }) => name))]
}
