import type { TraceContext } from '../around.ts'
import type { EventOf } from '../events/event.ts'
import { deepFrozen } from '../events/json.ts'
import type { EventFor } from '../events/topic.ts'
import { type Address, partitionAt, runtimePartition } from './address.ts'

/**
 * An event on its way: what happened, plus the facts of its delivery under CloudEvents attribute names. In memory `time`
 * is epoch milliseconds; ISO 8601 is for the wire.
 */
export interface Envelope<T extends string = string, D = unknown> extends EventOf<T, D> {
  readonly id: string
  /** Its place in its partition's journal, counted from 1. */
  readonly seq: number
  /** The address that said it, or the partition for what came from outside. */
  readonly source: Address
  readonly time: number
  /**
   * Epoch milliseconds by the clock. After this moment, no agent gets the event. If the clock jumps, the event still waits as
   * long as before.
   */
  readonly expirytime?: number
  /** Version of the payload's schema. */
  readonly version: number
  /** 1 is most urgent, 10 least. */
  readonly priority: number
  /** Words that subscriptions can choose by. */
  readonly tags?: readonly string[]
  /** `false` if it is not journalled: it is delivered once and not kept. Decided when it is published. */
  readonly persist?: false
  /** The correlation id: all events that one first event led to share it. */
  readonly correlationid: string
  /** The id of the event that was being handled when this event was said. */
  readonly causationid?: string
  readonly party?: string
  /** The partition that it was said in, if that is of a kind of your own; left out in parties and outside them. */
  readonly partition?: Address
  /** Set if it is addressed to one agent, and not to all agents that hear its type. */
  readonly to?: Address
  /** The key that a reply carries back, when it is a request. */
  readonly ask?: string
  /** Set when it was a dead letter and is on its way again. */
  readonly redriven?: Redriven
  /** What `around` sends along: the context of the step or publish that said it. */
  readonly trace?: TraceContext
}

/** The envelopes of the events that a topic covers. */
export type EnvelopeOf<W> =
  EventFor<W> extends infer E ? (E extends EventOf<infer T, infer D> ? Envelope<T, D> : never) : never

/** The history of a redriven dead letter. */
export interface Redriven {
  /** How often it was handed over, or tried to be, before. */
  readonly attempts: number
  /** When it first became a dead letter, epoch milliseconds. */
  readonly first: number
}

/** An envelope that a journal gave back, which its receivers share. */
export function frozenEnvelope<E extends Envelope>(envelope: E): E {
  return Object.isFrozen(envelope) ? envelope : deepFrozen(envelope)
}

/** Whether it is in the journal of its partition, or on its way there. */
export function isJournalled({ persist }: Envelope): boolean {
  return persist !== false
}

/** The key of the partition that it was said in; none for `runtime`. */
export function keyIn({ party, partition }: Envelope): string | undefined {
  return party ?? partition
}

/** The partition that it was said in. */
export function partitionIn(envelope: Envelope): Address {
  const key = keyIn(envelope)
  return key === undefined ? runtimePartition : partitionAt(key)
}

/** The event for a machine: type, data, and the key of the ask to reply to. */
export function eventOf({ type, data, ask }: Envelope): EventOf & { readonly ask?: string } {
  return ask === undefined ? { type, data } : { type, data, ask }
}
