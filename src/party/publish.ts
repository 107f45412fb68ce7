import type { Actor } from '../actor/actor.ts'
import { checkId } from '../actor/address.ts'
import type { Envelope } from '../actor/envelope.ts'
import { MailboxFullError } from '../actor/mailbox.ts'
import type { RoomOptions } from '../actor/room.ts'
import { accept, reject } from '../actor/tally.ts'
import type { Timers } from '../actor/timers.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import { checkPriority, checkTtl, type EventOf } from '../events/event.ts'
import type { Partition } from './partition.ts'

/** How an event from outside travels. */
export interface PublishOptions {
  /** 1 is most urgent, 10 least; that of its definition by default. */
  readonly priority?: number
  /** Words that subscriptions can choose by, besides those of its definition. */
  readonly tags?: readonly string[]
  /** Who says it: letters a-z, digits and "-". Rate limits count by it. */
  readonly source?: string
  /**
   * Joins the event to others that one first event led to; by default to those of the event that a subscriber or effect is
   * called for in which it is published, else its own id.
   */
  readonly correlationId?: string
  /** Milliseconds after which nobody is handed it any more; that of its definition by default. */
  readonly ttl?: number
  /** Milliseconds to wait for room in full mailboxes, or for the rate limits; 60,000 by default. */
  readonly timeout?: number
  /** Gives up waiting. */
  readonly signal?: AbortSignal
}

/** What is said about an event that only some part of the runtime publishes. */
interface OfferOptions extends PublishOptions {
  /** The only agent that it is meant for. */
  readonly to?: Actor
  /** Throws if the event must not happen, as things are at the moment of its position. */
  readonly admit?: (event: EventOf) => void
}

/**
 * Appends and delivers an event from outside, once there is room for it; resolves when it is durable.
 *
 * @throws UnknownEventError, EventPayloadError, EventVersionError, RateLimitError, MailboxFullError, BusFullError,
 *   JournalAppendError
 */
export function publish(
  partition: Partition,
  offered: UncheckedEvent,
  options: OfferOptions = noOptions,
): Promise<Envelope> {
  try {
    const { shared } = partition
    checkOptions(options)
    shared.bus.checkRoom(offered.type)
    const event = shared.catalog.check(offered)
    options.admit?.(event)
    const turn = shared.rateLimits.admit(event.type, options.source, patienceOf(options))
    if (turn || isCrowded(partition, event, options.to)) return publishWhenRoom(partition, event, options, turn)
    return say(partition, event, options)
  } catch (error) {
    reject(partition.shared.tally)
    return Promise.reject(error)
  }
}

const noOptions: OfferOptions = {}

function patienceOf({ timeout = 60_000, signal }: OfferOptions): RoomOptions {
  return { timeout, signal }
}

function checkOptions({ priority, ttl, source }: OfferOptions): void {
  if (priority !== undefined) checkPriority(priority)
  if (ttl !== undefined) checkTtl(ttl)
  if (source !== undefined) checkId('source', source)
}

async function publishWhenRoom(
  partition: Partition,
  event: EventOf,
  options: OfferOptions,
  turn: Promise<void> | undefined,
): Promise<Envelope> {
  const reserved: Actor[] = []
  try {
    await turn
    await reserve(partition, event, options, reserved)
    options.admit?.(event)
  } catch (error) {
    reject(partition.shared.tally)
    for (const actor of reserved) actor.giveUpPlace()
    throw error
  }
  for (const { room } of reserved) room.use()
  return say(partition, event, options)
}

function say(partition: Partition, event: EventOf, options: OfferOptions): Promise<Envelope> {
  const { to, priority, tags, source, correlationId, ttl } = options
  const { tally } = partition.shared
  accept(tally)
  const origin = partition.origin
  const envelope = partition.seal(event, {
    priority,
    tags,
    ttl,
    source,
    correlationid: correlationId ?? origin?.correlationid,
    causationid: origin?.causationid,
    to: to?.address,
  })
  if (!partition.persists(event.type)) {
    deliver(partition, envelope, to)
    partition.tell(envelope)
    return Promise.resolve(envelope)
  }
  partition.append({ kind: 'outside' }, [{ kind: 'event', envelope }], [envelope])
  deliver(partition, envelope, to)
  return partition.watermark.reached().then(() => envelope)
}

function deliver({ delivery }: Partition, envelope: Envelope, to: Actor | undefined): void {
  if (to) delivery.deliverTo(to, envelope)
  else delivery.deliver(envelope)
}

/** Whether it has to wait for room. @throws MailboxFullError if the only agent that is meant rejects what it has no room for */
export function isCrowded({ registry }: Partition, event: EventOf, to: Actor | undefined): boolean {
  const { type } = event
  if (to?.isRejecting(type)) throw new MailboxFullError(to.address, type, 'rejected')
  if (to) return to.isCrowded(type)
  for (const actor of registry.hearers(type)) if (actor.isCrowded(type)) return true
  return registry.pools(type).some(pool => pool.next(event)?.isCrowded(type))
}

/**
 * Waits for a place in every full mailbox, and in one of every full pool, one after the other.
 *
 * @param reserved the agents in whose mailboxes a place is kept; one is enough in each
 */
export async function reserve(
  { registry, shared }: Partition,
  event: EventOf,
  options: OfferOptions,
  reserved: Actor[],
): Promise<void> {
  const { type } = event
  const { to } = options
  const { timeout, signal } = patienceOf(options)
  const { clock, timers } = shared
  const end = clock.now() + timeout
  const alone = to ? [to] : [...registry.hearers(type)]
  const pools = to ? [] : registry.pools(type).map(pool => pool.candidates(event))
  for (const actors of [...alone.map(actor => [actor]), ...pools]) {
    if (actors.length === 0 || actors.some(actor => reserved.includes(actor) || !actor.isCrowded(type))) continue
    reserved.push(await placeInOne(actors, type, timers, { timeout: end - clock.now(), signal }))
  }
}

/** Waits for a place in one of several full mailboxes. */
async function placeInOne(
  actors: readonly Actor[],
  type: string,
  timers: Timers,
  { timeout, signal }: RoomOptions,
): Promise<Actor> {
  const found = new AbortController()
  const either = signal ? AbortSignal.any([signal, found.signal]) : found.signal
  const places = actors.map(async actor => {
    await actor.room.reserve(type, timers, { timeout, signal: either })
    return actor
  })
  let winner: Actor | undefined
  try {
    winner = await Promise.race(places)
    return winner
  } finally {
    found.abort()
    // Another place may have become free at the same time, also when the wait was over.
    for (const place of places) place.then(actor => actor === winner || actor.giveUpPlace()).catch(() => {})
  }
}
