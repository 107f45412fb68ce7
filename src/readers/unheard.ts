import type { Agent } from '../agent/agent.ts'
import { TroupeError } from '../errors.ts'
import type { Catalog } from '../events/catalog.ts'
import { runtimeEvents } from '../events/runtime-events.ts'
import { withChildren } from '../invoke/child.ts'
import type { Partition } from '../partition/partition.ts'
import type { PartyDefinition } from '../state/definition.ts'

interface UnheardHost {
  readonly outside: Partition
  /** Whether whoever hears nothing is warned of, or only who forgot a party. */
  readonly development: boolean
  /** Whether a function listens to a type or its group in particular. */
  isWanted(type: string): boolean
  /** Whether any function would be told of a type, in this party or outside all of them. */
  isTold(type: string, party: string | undefined): boolean
  warn(warning: PartyNeededError | EventUnheardError): void
}

/** Looks for events that are said from outside where nobody hears them, when the first one of a type is said. */
export class Unheard {
  readonly #host: UnheardHost
  /** The types that were looked at. */
  readonly #outside = new Set<string>(runtimeEvents.map(({ type }) => type))
  readonly #inside = new Set(this.#outside)
  /** What agents of a party hear, and what changes its state. */
  readonly #heardInParties: ReadonlySet<string>
  readonly #changes: ReadonlySet<string>

  constructor(party: Pick<PartyDefinition, 'agents' | 'changes'> | undefined, host: UnheardHost) {
    this.#host = host
    this.#changes = party?.changes ?? new Set()
    this.#heardInParties = new Set(withChildren(party?.agents ?? []).flatMap(({ hears }) => hears.map(one => one.type)))
  }

  /** An event of this type is said in a partition. */
  said(type: string, partition: Partition): void {
    const looked = partition.party === undefined ? this.#outside : this.#inside
    if (!looked.has(type)) this.#look(type, partition, looked)
  }

  #look(type: string, partition: Partition, looked: Set<string>): void {
    if (!this.#isDeclared(type)) return
    looked.add(type)
    if (partition.registry.hears(type)) return
    const warning = partition.party === undefined ? this.#saidOutside(type) : this.#saidInside(type, partition.party)
    if (warning) this.#host.warn(warning)
  }

  /** Of what nobody declared, whoever says it is told otherwise. */
  #isDeclared(type: string): boolean {
    return this.#host.outside.system.catalog.definitions.some(one => one.type === type)
  }

  #saidOutside(type: string): PartyNeededError | EventUnheardError | undefined {
    const { development, isWanted, isTold } = this.#host
    if (isWanted(type)) return undefined
    if (this.#changes.has(type) || this.#heardInParties.has(type)) return new PartyNeededError(type)
    return development && !isTold(type, undefined) ? new EventUnheardError(type) : undefined
  }

  #saidInside(type: string, party: string): EventUnheardError | undefined {
    const { development, outside, isTold } = this.#host
    const isHeard = !development || this.#changes.has(type) || outside.registry.hears(type) || isTold(type, party)
    return isHeard ? undefined : new EventUnheardError(type, party)
  }
}

/** The declared events and requests that machines take and that their agents do not hear. */
export function* unlisted(agents: readonly Agent[], { definitions }: Catalog): Iterable<HearsMissingError> {
  const declared = new Set(definitions.map(({ type }) => type))
  for (const { name, machine, hears } of withChildren(agents)) {
    const heard = new Set(hears.map(({ type }) => type))
    for (const type of machine.events)
      if (declared.has(type) && !heard.has(type)) yield new HearsMissingError(name, type)
  }
}

/** An event that only parties hear was said outside all of them. */
export class PartyNeededError extends TroupeError {
  readonly code = 'PARTY_NEEDED'
  readonly type: string
  constructor(type: string) {
    super(
      `"${type}" is for parties, and it was said outside all of them, where nobody hears it. Say in which party it happens, as in bus.publish(event, { party: id }).`,
    )
    this.type = type
  }
}

/** Nobody hears an event that was said. */
export class EventUnheardError extends TroupeError {
  readonly code = 'EVENT_UNHEARD'
  readonly type: string
  readonly party: string | undefined
  constructor(type: string, party?: string) {
    const where = party === undefined ? 'outside all parties' : `in party "${party}"`
    super(
      `"${type}" was said ${where}, and nobody there hears it: no agent, no state and no subscriber. Spawn the agent that is to hear it, or list the event in its hears.`,
    )
    this.type = type
    this.party = party
  }
}

/** A machine takes an event that its agent does not hear. */
export class HearsMissingError extends TroupeError {
  readonly code = 'HEARS_MISSING'
  readonly agent: string
  readonly type: string
  constructor(agent: string, type: string) {
    super(
      `The machine of agent "${agent}" takes "${type}", and the agent does not hear it, so it takes only what is sent to it alone. List "${type}" in its hears.`,
    )
    this.agent = agent
    this.type = type
  }
}
