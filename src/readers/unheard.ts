import { TroupeError } from '../errors.ts'
import { runtimeEvents } from '../events/runtime-events.ts'
import { withChildren } from '../invoke/child.ts'
import type { Partition } from '../partition/partition.ts'
import type { PartyDefinition } from '../state/definition.ts'

interface UnheardHost {
  readonly outside: Partition
  /** Whether to warn of every event without a receiver, or only of events that lack their party. */
  readonly development: boolean
  /** Whether a subscriber listens to this type or its group, rather than to all events. */
  isWanted(type: string): boolean
  /** Whether any subscriber would get this type, in this party or outside all parties. */
  isHeard(type: string, party: string | undefined): boolean
  warn(warning: PartyNeededError | EventUnheardError): void
}

/** Warns of events that are published from outside where nothing hears them. It checks the first event of each type. */
export class Unheard {
  readonly #host: UnheardHost
  /** The types that were checked outside the parties. */
  readonly #outside = new Set<string>(runtimeEvents.map(({ type }) => type))
  readonly #inside = new Set(this.#outside)
  /** The type of the last event, and the set that it was looked up in. */
  #last: string | undefined
  #lastLooked: Set<string> | undefined
  /** The types that agents of parties hear. */
  readonly #heardInParties: ReadonlySet<string>
  /** The types that change the state of parties. */
  readonly #changes: ReadonlySet<string>

  constructor(party: Pick<PartyDefinition, 'agents' | 'changes'> | undefined, host: UnheardHost) {
    this.#host = host
    this.#changes = party?.changes ?? new Set()
    this.#heardInParties = new Set(withChildren(party?.agents ?? []).flatMap(({ hears }) => hears.map(one => one.type)))
  }

  /** An event of this type is published in a partition. */
  said(type: string, partition: Partition): void {
    const looked = partition.party === undefined ? this.#outside : this.#inside
    // Nearly all events have the type of the event before. To look each type up would be slower.
    if (type === this.#last && looked === this.#lastLooked) return
    if (!looked.has(type)) return this.#look(type, partition, looked)
    this.#last = type
    this.#lastLooked = looked
  }

  #look(type: string, partition: Partition, looked: Set<string>): void {
    if (!this.#isDeclared(type)) return
    looked.add(type)
    if (partition.registry.hears(type)) return
    const warning =
      partition.party === undefined ? this.#outsideWarning(type) : this.#insideWarning(type, partition.party)
    if (warning) this.#host.warn(warning)
  }

  /** An undeclared event is refused with an error of its own. */
  #isDeclared(type: string): boolean {
    return this.#host.outside.system.catalog.definitions.some(one => one.type === type)
  }

  #outsideWarning(type: string): PartyNeededError | EventUnheardError | undefined {
    const { development, isWanted, isHeard } = this.#host
    if (isWanted(type)) return undefined
    if (this.#changes.has(type) || this.#heardInParties.has(type)) return new PartyNeededError(type)
    return development && !isHeard(type, undefined) ? new EventUnheardError(type) : undefined
  }

  #insideWarning(type: string, party: string): EventUnheardError | undefined {
    const { development, outside, isHeard } = this.#host
    if (!development || this.#changes.has(type) || outside.registry.hears(type) || isHeard(type, party))
      return undefined
    return new EventUnheardError(type, party)
  }
}

/** An event that only parties hear was published outside all parties. */
export class PartyNeededError extends TroupeError {
  readonly code = 'PARTY_NEEDED'
  readonly type: string
  constructor(type: string) {
    super(
      `"${type}" was published outside all parties, but only parties hear it. Name the party, as in bus.publish(event, { party: id }).`,
    )
    this.type = type
  }
}

/** A published event has no receiver. */
export class EventUnheardError extends TroupeError {
  readonly code = 'EVENT_UNHEARD'
  readonly type: string
  readonly party: string | undefined
  constructor(type: string, party?: string) {
    const where = party === undefined ? 'outside all parties' : `in party "${party}"`
    super(
      `"${type}" was published ${where}, and nothing there hears it: no agent, no state and no subscriber. Spawn the agent that should hear it, or list the event in its hears.`,
    )
    this.type = type
    this.party = party
  }
}
