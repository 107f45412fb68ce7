import type { Actor } from '../actor/actor.ts'
import type { TraceContext } from '../around.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import type { EventOf } from '../events/event.ts'
import { checkDeclared } from '../events/missing.ts'
import { type Passage, TransformError, type Transformed } from '../events/transform.ts'
import { addressOf, NoAddressError } from '../mail/address.ts'
import type { Origin } from '../mail/handled.ts'
import { MailboxFullError } from '../mail/mailbox.ts'
import type { Facts } from '../mail/seal.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Partition } from './partition.ts'

/** How an event is published from outside. */
export interface PublishOptions {
  /** 1 is most urgent, 10 least; the priority of its definition by default. */
  readonly priority?: number
  /** Tags in addition to the tags of its definition; subscriptions can choose events by them. */
  readonly tags?: readonly string[]
  /** Who says it: letters a-z, digits and "-", 200 at most. Rate limits count by it. */
  readonly source?: string
  /**
   * Joins all events that one first event led to. By default, a subscriber or effect publishes with the correlation id of the
   * event that it is called for; all other events get their own id. 1,000 characters at most.
   */
  readonly correlationId?: string
  /** Milliseconds after which no agent and no subscriber gets it any more; the `ttl` of its definition by default. */
  readonly ttl?: number
  /** Milliseconds to wait for room in full mailboxes, or for the rate limits; 60,000 by default. */
  readonly timeout?: number
  /** Gives up waiting; if it is aborted already, nothing is published. */
  readonly signal?: AbortSignal
}

export const publishOptions: OptionNames<PublishOptions> = {
  priority: true,
  tags: true,
  source: true,
  correlationId: true,
  ttl: true,
  timeout: true,
  signal: true,
}

/** @throws MissingDefinitionError, UnknownOptionError */
export function checkPublished(
  at: string,
  event: UncheckedEvent,
  options: PublishOptions | undefined,
  known: Readonly<Record<string, true>> = publishOptions,
): void {
  checkDeclared(at, 'an event', event)
  if (options !== undefined) checkOptionNames(at, options, known)
}

/** More options, for parts of the runtime that publish. */
export interface OfferOptions extends PublishOptions {
  /** The only agent that it is meant for. */
  readonly to?: Actor
  /** Throws if these events must not happen one after the other, as things are at the moment of their positions. */
  readonly admit?: (events: readonly EventOf[]) => void
  /** What led to the event; `null` for nothing, left out for the origin of the caller. */
  readonly origin?: Origin | null
  /** The id of the event that a transformation made it of. */
  readonly causationId?: string
  /** What `around` sends along; left out for that of the origin. */
  readonly trace?: TraceContext | undefined
}

/** The options of nearly all events. They are compared by identity, so that their fields need not be read. */
export const noOptions: OfferOptions = {}
const noFacts: Facts = {}

/** The same options with the origin of the caller, for publishing later. */
export function withOrigin(partition: Partition, options: OfferOptions): OfferOptions {
  return options.origin === undefined ? { ...options, origin: partition.origin ?? null } : options
}

/** The facts for the envelope of an event: the publisher's options, and the origin. */
export function factsOf(partition: Partition, options: OfferOptions): Facts {
  const origin = options.origin === undefined ? partition.origin : options.origin
  return options === noOptions && !origin ? noFacts : factsFrom(options, origin)
}

function factsFrom(options: OfferOptions, origin: Origin | null | undefined): Facts {
  const { priority, tags, source, ttl, to, correlationId, causationId, trace } = options
  return {
    priority,
    tags,
    ttl,
    source,
    correlationid: correlationId ?? origin?.correlationid,
    causationid: causationId ?? origin?.causationid,
    to: to?.address,
    trace: trace ?? origin?.trace,
  }
}

/** The result of the runtime's transformations for an event; `undefined` if none of them applies. @throws TransformError */
export function passageOf(partition: Partition, event: EventOf, options: OfferOptions): Passage | undefined {
  return partition.system.transforms.isEmpty ? undefined : transformed(partition, event, options)
}

function transformed(
  partition: Partition,
  event: EventOf,
  { source = partition.address }: OfferOptions,
): Passage | undefined {
  const { system, party } = partition
  return system.transforms.apply(event, { source, party, now: partition.frames.now() }, one =>
    system.catalog.check(one),
  )
}

/** The only agent that transformations (`by`) send an event to, if they name one. @throws TransformError if it cannot be reached */
export function checkWay(
  partition: Partition,
  { event, to, party }: Transformed,
  by: readonly string[],
): Actor | undefined {
  const { registry, address } = partition
  const { type } = event
  if (party !== undefined && party !== partition.party)
    throw new TransformError(by.join(', '), type, new Error(`it cannot leave for party "${party}" here`))
  if (to === undefined) return undefined
  const actor = registry.meant(to, event)
  if (actor && actor.status !== 'stopped') return actor
  throw new TransformError(by.join(', '), type, new NoAddressError(addressOf(address, to)))
}

/**
 * Whether an event has to wait for room. @throws MailboxFullError if it is addressed to one agent, whose full mailbox rejects it
 */
export function isCrowded({ registry }: Partition, event: EventOf, to: Actor | undefined): boolean {
  const { type } = event
  if (to?.inbox.isRejecting(type)) throw new MailboxFullError(to.address, type, 'rejected')
  if (to) return to.inbox.isCrowded(type)
  return registry.hears(type) && isAnyCrowded(registry, event)
}

function isAnyCrowded(registry: Partition['registry'], event: EventOf): boolean {
  const { type } = event
  for (const actor of registry.hearers(type)) if (actor.inbox.isCrowded(type)) return true
  return registry.pools(type).some(pool => pool.next(event)?.inbox.isCrowded(type))
}

/** Throws if these events must not happen one after the other, as things are now. */
export function admit(partition: Partition, events: readonly EventOf[], options: OfferOptions): void {
  const check = options.admit ?? partition.admit
  check?.(events)
}
