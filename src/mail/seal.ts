import type { TraceContext } from '../around.ts'
import type { EventDefinition, EventOf } from '../events/event.ts'
import type { Address } from './address.ts'
import type { Envelope } from './envelope.ts'

/** The facts that the publisher gives about an event; the rest of its envelope is derived. */
export interface Facts {
  readonly source?: Address | undefined
  readonly id?: string
  /** The position at which it is published, if it gets no position of its own. */
  readonly at?: number
  readonly priority?: number | undefined
  /** Milliseconds until its time is over: after that it is delivered to no agent and no subscriber. */
  readonly ttl?: number | undefined
  readonly correlationid?: string | undefined
  readonly causationid?: string | undefined
  readonly to?: Address | undefined
  readonly ask?: string
  readonly tags?: readonly string[] | undefined
  readonly trace?: TraceContext | undefined
}

/** The facts about the partition that an envelope needs. */
export interface Place {
  readonly address: Address
  readonly party: string | undefined
  /** Its address, if it is of a kind of the user's own. */
  readonly partition: Address | undefined
  nextId(): string
  nextSeq(): number
  now(): number
  /** The date of the clock, epoch milliseconds; `now` may be ahead of it. */
  date(): number
  definitionOf(event: EventOf): EventDefinition
  /** Whether a request or reply of this type is journalled. */
  persistsAsk(type: string): boolean
}

/** Requests and replies have no version and no priority of their own. */
const plainly = { version: 1, priority: 5, ttl: undefined, tags: [], persist: true }
const inPassing = { ...plainly, persist: false }

/** Makes the envelope of an event. What its publisher does not say comes from its definition and its partition. */
export function sealed(event: EventOf, facts: Facts, place: Place): Envelope {
  const { type, data } = event
  const id = facts.id ?? place.nextId()
  const definition = facts.ask === undefined ? place.definitionOf(event) : place.persistsAsk(type) ? plainly : inPassing
  const ttl = facts.ttl ?? definition.ttl
  const expirytime = ttl === undefined ? undefined : place.date() + ttl
  // All fields are there each time, so that all envelopes have one shape, which engines read far faster than many shapes. The
  // envelope is frozen, because all receivers and the journal share it.
  const envelope: Envelope = {
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
    trace: facts.trace,
  }
  return Object.freeze(place.partition === undefined ? envelope : { ...envelope, partition: place.partition })
}

function tagsOf(declared: readonly string[], more: readonly string[] | undefined): readonly string[] | undefined {
  const all = new Set([...declared, ...(more ?? [])])
  return all.size === 0 ? undefined : Object.freeze([...all])
}
