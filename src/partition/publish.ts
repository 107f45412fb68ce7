import type { Actor } from '../actor/actor.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import { CheckedEvent, checkPriority, checkTtl, type EventOf } from '../events/event.ts'
import { checkName } from '../ids.ts'
import { checkId } from '../mail/address.ts'
import { type Envelope, isJournalled } from '../mail/envelope.ts'
import { checkNotAborted } from '../mail/patience.ts'
import { reject } from '../mail/tally.ts'
import { factsOf, isCrowded, noOptions, type OfferOptions, passageOf, withOrigin } from './offer.ts'
import type { Partition } from './partition.ts'
import { publishFollowed } from './publish-followed.ts'
import { publishTransformed } from './publish-together.ts'
import { patienceOf, whenRoom } from './room.ts'
import { fromOutside, say } from './say.ts'

// Nearly all events take the shortest way through this file, millions of times. What few of them need is in separate functions,
// because engines inline only small functions, and allocate an object at each call of a function with a closure over its
// parameters or variables.

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
  if (partition.system.around) return publishInSpan(partition, offered, options)
  return publishUnfollowed(partition, offered, options)
}

function publishInSpan(partition: Partition, offered: UncheckedEvent, options: OfferOptions): Promise<Envelope> {
  return publishFollowed(partition, options, [offered], trace =>
    publishUnfollowed(partition, offered, { ...options, trace }),
  )
}

function publishUnfollowed(partition: Partition, offered: UncheckedEvent, options: OfferOptions): Promise<Envelope> {
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

/** Publishes an event in its turn. The event is copied now, because its maker may change it until then. */
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
  return sayPublished(partition, event, options)
}

function publishWhenRoom(partition: Partition, event: EventOf, options: OfferOptions): Promise<Envelope> {
  const { to } = options
  return whenRoom(partition, { all: [event], crowded: [{ event, to }] }, options, reserved =>
    sayPublished(partition, event, options, reserved),
  )
}

/** @throws StateApplyError if the state of the party cannot take the event: then it did not happen */
function sayPublished(
  partition: Partition,
  event: EventOf,
  options: OfferOptions,
  reserved?: readonly Actor[],
): Promise<Envelope> {
  const { frames, system, watermark } = partition
  const envelope = frames.seal(event, factsOf(partition, options))
  say(partition, envelope, reserved ? { ...fromOutside, reserved } : fromOutside, options.to)
  return system.loopTurns.after(envelope, isJournalled(envelope) ? watermark.reached() : undefined, envelope.time)
}
