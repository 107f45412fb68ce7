import type { Actor } from '../actor/actor.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import { CheckedEvent, checkPriority, checkTtl, type EventOf } from '../events/event.ts'
import { checkName } from '../ids.ts'
import { checkId } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import { checkNotAborted } from '../mail/patience.ts'
import { accept, reject } from '../mail/tally.ts'
import {
  factsOf,
  isCrowded,
  noOptions,
  type OfferOptions,
  passageOf,
  patienceOf,
  reserve,
  withOrigin,
} from './offer.ts'
import type { Partition } from './partition.ts'
import { publishTransformed } from './publish-together.ts'

// Nearly all events take the shortest way through this file, millions of times. What few of them need is in functions of its
// own, because engines inline only so much.

/**
 * Appends and delivers an event from outside, once there is room for it; resolves when it is durable.
 *
 * @throws UnknownEventError, EventPayloadError, EventVersionError, RateLimitError, TransformError, MailboxFullError, BusFullError,
 *   PublishCancelledError, JournalAppendError
 */
export function publish(
  partition: Partition,
  offered: UncheckedEvent,
  options: OfferOptions = noOptions,
): Promise<Envelope> {
  const { loopTurns, bus, catalog, clock, rateLimits, tally } = partition.system
  try {
    if (options !== noOptions) checkOptions(offered.type, options)
    bus.checkRoom(offered.type)
    const event = catalog.check(offered)
    const turn = bus.handling ? bus.turnDue() : undefined
    const inTurn = rateLimits.isOn ? rateLimits.admit(event.type, options.source) : undefined
    if (turn || inTurn) return publishLater(partition, event, options, { turn, inTurn })
    return publishAdmitted(partition, event, options)
  } catch (error) {
    reject(tally)
    return loopTurns.refuse(error, clock)
  }
}

function checkOptions(type: string, options: OfferOptions): void {
  const { priority, ttl, source, correlationId, tags, signal } = options
  if (priority !== undefined) checkPriority(priority)
  if (ttl !== undefined) checkTtl(ttl)
  if (source !== undefined) checkId('source', source)
  if (correlationId !== undefined) checkName('correlation', correlationId)
  if (tags !== undefined) for (const tag of tags) checkName('tag', tag)
  checkNotAborted(type, signal)
}

interface Wait {
  /** A turn of the event loop that a subscriber which publishes waits for. */
  readonly turn: Promise<void> | undefined
  readonly inTurn: ReturnType<Partition['system']['rateLimits']['admit']>
}

/** Says it in its turn, as it is now. */
function publishLater(
  partition: Partition,
  offered: EventOf,
  options: OfferOptions,
  { turn, inTurn }: Wait,
): Promise<Envelope> {
  const event = CheckedEvent.copyOf(offered)
  const known = withOrigin(partition, options)
  return new Promise((resolve, fail) => {
    const giveUp = (error: unknown) => {
      reject(partition.system.tally)
      fail(error)
    }
    const guarded = (call: () => void) => () => {
      try {
        call()
      } catch (error) {
        giveUp(error)
      }
    }
    const go = guarded(() => resolve(publishAdmitted(partition, event, known)))
    const wait = guarded(() => {
      checkNotAborted(event.type, known.signal)
      if (inTurn) inTurn(patienceOf(partition, event, known), { go, giveUp })
      else go()
    })
    if (turn) void turn.then(wait)
    else wait()
  })
}

function publishAdmitted(partition: Partition, event: EventOf, options: OfferOptions): Promise<Envelope> {
  const passage = passageOf(partition, event, options)
  if (passage) return publishTransformed(partition, event, passage, options)
  const admit = options.admit ?? partition.admit
  admit?.([event])
  if (isCrowded(partition, event, options.to))
    return publishWhenRoom(partition, CheckedEvent.copyOf(event), withOrigin(partition, options))
  return say(partition, event, options)
}

async function publishWhenRoom(partition: Partition, event: EventOf, options: OfferOptions): Promise<Envelope> {
  const reserved: Actor[] = []
  let said: Promise<Envelope>
  try {
    await reserve(partition, event, options, reserved)
    const admit = options.admit ?? partition.admit
    admit?.([event])
    said = say(partition, event, options, reserved)
  } catch (error) {
    reject(partition.system.tally)
    for (const actor of reserved) actor.giveUpPlace()
    throw error
  }
  return said
}

/** @throws StateApplyError if the party's state cannot take it: then it did not happen */
function say(
  partition: Partition,
  event: EventOf,
  options: OfferOptions,
  reserved?: readonly Actor[],
): Promise<Envelope> {
  const { delivery, system, watermark } = partition
  const { to } = options
  const envelope = partition.seal(event, factsOf(partition, options))
  const persists = partition.persists(envelope)
  if (persists) partition.append({ kind: 'outside' }, [{ kind: 'event', envelope }], [envelope])
  if (reserved) usePlaces(reserved)
  accept(system.tally)
  if (to) delivery.deliverTo(to, envelope)
  else delivery.deliver(envelope)
  if (!persists) partition.tell(envelope)
  return system.loopTurns.after(envelope, persists ? watermark.reached() : undefined, envelope.time)
}

function usePlaces(reserved: readonly Actor[]): void {
  for (const { room } of reserved) room.use()
}
