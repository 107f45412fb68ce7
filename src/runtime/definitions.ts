import type { Agent } from '../agent/agent.ts'
import { type Catalog, defineCatalog } from '../events/catalog.ts'
import { checkDeclared } from '../events/missing.ts'
import { runtimeEvents } from '../events/runtime-events.ts'
import { checkAsks } from '../invoke/check-asks.ts'
import { withChildren } from '../invoke/child.ts'
import { partyPrefix } from '../mail/address.ts'
import type { AddedEvent, RemovedEvent } from '../state/definition.ts'
import { type PartitionKind, PartitionKindNameError } from '../state/kind.ts'
import { agentsOf, checkNames, type Supervised } from '../supervision/definition.ts'
import type { RuntimeOptions } from './runtime-options.ts'

/** What the options of a runtime define. */
export interface Definitions {
  /** What is started outside the parties: the shared agents of the parties first. */
  readonly tree: readonly Supervised[]
  /** The agents in that tree. */
  readonly outsiders: readonly Agent[]
  /** The agents of each party, and of each partition of another kind. */
  readonly insiders: readonly Agent[]
  /** Agents that may be spawned later, and older versions of agents. */
  readonly registered: readonly Agent[]
  /** The types of the events that change the state of a party or of a partition of another kind. */
  readonly changes: ReadonlySet<string>
  /** Every event and request that the agents, the party, the user and the runtime know. */
  readonly catalog: Catalog
}

/** @throws DuplicateEventError, DuplicateNameError, AmbiguousAskError, MissingDefinitionError */
export function definitionsOf<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  options: RuntimeOptions<S, A, R>,
): Definitions {
  const { party, kinds = [], agents = [], registered = [], events = [] } = options
  for (const agent of registered) checkDeclared('registered', 'an agent', agent, 'name')
  const tree = [...(party?.shared ?? []), ...agents]
  const outsiders = agentsOf(tree)
  const insiders = [...(party?.agents ?? []), ...kinds.flatMap(kind => kind.agents)]
  checkPrefixes(kinds)
  checkNames('the runtime', tree)
  for (const kind of [party, ...kinds]) checkAsks(kind?.agents ?? [], outsiders)
  const listed = withChildren([...insiders, ...outsiders, ...registered]).flatMap(({ hears, says }) => [
    ...hears,
    ...says,
  ])
  const ofParty = party ? [...party.events, party.inputs.added, party.inputs.removed] : []
  const ofKinds = kinds.flatMap(kind => kind.events)
  const catalog = defineCatalog([...runtimeEvents, ...listed, ...ofParty, ...ofKinds, ...events])
  const changes = new Set([party, ...kinds].flatMap(kind => [...(kind?.changes ?? [])]))
  return { tree, outsiders, insiders, registered, changes, catalog }
}

/** @throws PartitionKindNameError if two kinds have one name */
function checkPrefixes(kinds: readonly PartitionKind[]): void {
  const known = new Set<string>()
  for (const { prefix } of kinds) {
    if (known.has(prefix) || prefix === partyPrefix) throw new PartitionKindNameError(prefix)
    known.add(prefix)
  }
}
