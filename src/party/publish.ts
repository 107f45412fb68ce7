import type { Actor } from '../actor/actor.ts'
import { checkId } from '../actor/address.ts'
import type { Envelope } from '../actor/envelope.ts'
import { accept, reject } from '../actor/tally.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import { checkPriority, checkTtl, type EventOf } from '../events/event.ts'
import { factsOf, isCrowded, type OfferOptions, passageOf, patienceOf, reserve } from './offer.ts'
import type { Partition } from './partition.ts'
import { publishTransformed } from './publish-together.ts'

/**
 * Appends and delivers an event from outside, once there is room for it; resolves when it is durable.
 *
 * @throws UnknownEventError, EventPayloadError, EventVersionError, RateLimitError, TransformError, MailboxFullError, BusFullError,
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
    if (turn) return publishInTurn(partition, event, options, turn)
    return publishAdmitted(partition, event, options)
  } catch (error) {
    reject(partition.shared.tally)
    return Promise.reject(error)
  }
}

const noOptions: OfferOptions = {}

function checkOptions({ priority, ttl, source }: OfferOptions): void {
  if (priority !== undefined) checkPriority(priority)
  if (ttl !== undefined) checkTtl(ttl)
  if (source !== undefined) checkId('source', source)
}

async function publishInTurn(
  partition: Partition,
  event: EventOf,
  options: OfferOptions,
  turn: Promise<void>,
): Promise<Envelope> {
  try {
    await turn
    options.admit?.(event)
  } catch (error) {
    reject(partition.shared.tally)
    throw error
  }
  return publishAdmitted(partition, event, options)
}

function publishAdmitted(partition: Partition, event: EventOf, options: OfferOptions): Promise<Envelope> {
  const passage = passageOf(partition, event, options)
  if (passage) return publishTransformed(partition, event, passage, options)
  if (isCrowded(partition, event, options.to)) return publishWhenRoom(partition, event, options)
  return say(partition, event, options)
}

async function publishWhenRoom(partition: Partition, event: EventOf, options: OfferOptions): Promise<Envelope> {
  const reserved: Actor[] = []
  try {
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
  const { to } = options
  accept(partition.shared.tally)
  const envelope = partition.seal(event, factsOf(partition, options))
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
