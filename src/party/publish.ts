import type { Actor } from '../actor/actor.ts'
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
  /** Joins the event to others that one first event led to; its own id by default. */
  readonly correlationId?: string
  /** Milliseconds after which nobody is handed it any more; that of its definition by default. */
  readonly ttl?: number
  /** Milliseconds to wait for room in full mailboxes; 60,000 by default. */
  readonly timeout?: number
  /** Gives up waiting for room. */
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
 * @throws UnknownEventError, EventPayloadError, EventVersionError, MailboxFullError, JournalAppendError
 */
export async function publish(
  partition: Partition,
  offered: UncheckedEvent,
  options: OfferOptions = {},
): Promise<Envelope> {
  const { priority, ttl, correlationId: correlationid, to, admit } = options
  const { tally, catalog } = partition.shared
  const reserved: Actor[] = []
  let event: EventOf
  try {
    if (priority !== undefined) checkPriority(priority)
    if (ttl !== undefined) checkTtl(ttl)
    event = catalog.check(offered)
    admit?.(event)
    if (isCrowded(partition, event, to)) {
      await reserve(partition, event, options, reserved)
      admit?.(event)
    }
  } catch (error) {
    reject(tally)
    for (const actor of reserved) actor.giveUpPlace()
    throw error
  }
  for (const { room } of reserved) room.use()
  accept(tally)
  const envelope = partition.seal(event, { priority, ttl, correlationid, to: to?.address })
  const persists = partition.persists(event.type)
  if (persists) partition.append({ kind: 'outside' }, [{ kind: 'event', envelope }], [envelope])
  if (to) partition.delivery.deliverTo(to, envelope)
  else partition.delivery.deliver(envelope)
  if (persists) await partition.watermark.reached()
  else partition.tell(envelope)
  return envelope
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
  { to, timeout = 60_000, signal }: OfferOptions,
  reserved: Actor[],
): Promise<void> {
  const { type } = event
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
