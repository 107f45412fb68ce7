import type { EventDefinition, EventOf } from '../events/event.ts'
import type { Address } from './address.ts'
import type { Envelope } from './envelope.ts'

/** What is known of an event that is about to be said; the rest is derived. */
export interface Facts {
  readonly source?: Address | undefined
  readonly id?: string
  /** Where it is said, if it takes no position of its own. */
  readonly at?: number
  readonly priority?: number | undefined
  /** Milliseconds until nobody may be handed it any more. */
  readonly ttl?: number | undefined
  readonly correlationid?: string | undefined
  readonly causationid?: string | undefined
  readonly to?: Address | undefined
  readonly ask?: string
  readonly tags?: readonly string[] | undefined
}

/** Where it is said. */
export interface Place {
  readonly address: Address
  readonly party: string | undefined
  nextId(): string
  nextSeq(): number
  now(): number
  /** What the clock shows, epoch milliseconds; `now` may be ahead of it. */
  date(): number
  definitionOf(event: EventOf): EventDefinition
  /** Whether a request or reply of this type is journalled. */
  persistsAsk(type: string): boolean
}

/** Requests and replies have no version and no priority of their own. */
const plainly = { version: 1, priority: 5, ttl: undefined, tags: [], persist: true }
const inPassing = { ...plainly, persist: false }

/** Makes the envelope of an event: what is not known of it comes from its definition, and from where it is said. */
export function sealed(event: EventOf, facts: Facts, place: Place): Envelope {
  const { type, data } = event
  const id = facts.id ?? place.nextId()
  const definition = facts.ask === undefined ? place.definitionOf(event) : place.persistsAsk(type) ? plainly : inPassing
  const ttl = facts.ttl ?? definition.ttl
  const expirytime = ttl === undefined ? undefined : place.date() + ttl
  // Every field each time, so that all envelopes have one shape: engines read those far faster than many. Frozen, because all
  // receivers share it, and the journal too.
  return Object.freeze({
    id,
    seq: facts.at ?? place.nextSeq(),
    source: facts.source ?? place.address,
    type,
    data,
    time: place.now(),
    expirytime,
    version: definition.version,
    priority: facts.priority ?? definition.priority,
    tags: facts.tags === undefined && definition.tags.length === 0 ? undefined : tagsOf(definition.tags, facts.tags),
    persist: definition.persist === true ? undefined : false,
    correlationid: facts.correlationid ?? id,
    causationid: facts.causationid,
    party: place.party,
    to: facts.to,
    ask: facts.ask,
  })
}

function tagsOf(declared: readonly string[], more: readonly string[] | undefined): readonly string[] | undefined {
  const all = new Set([...declared, ...(more ?? [])])
  return all.size === 0 ? undefined : Object.freeze([...all])
}
