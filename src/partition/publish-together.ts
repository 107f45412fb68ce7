import type { Actor } from '../actor/actor.ts'
import type { EventOf } from '../events/event.ts'
import { type Passage, TransformError, type Transformed } from '../events/transform.ts'
import type { Entry } from '../journal/frame.ts'
import { NoAddressError, partitionOf } from '../mail/address.ts'
import { type Envelope, isJournalled } from '../mail/envelope.ts'
import { accept, reject } from '../mail/tally.ts'
import { admit, checkWay, factsOf, isCrowded, noOptions, type OfferOptions, passageOf, withOrigin } from './offer.ts'
import type { Partition } from './partition.ts'
import { publishFollowed } from './publish-followed.ts'
import { type Part, patienceOf, whenRoom } from './room.ts'
import { fromOutside, sayTogether } from './say.ts'

/** Events that are published together, and the records of the transformations that made them. */
interface Together {
  readonly parts: readonly Part[]
  readonly records: readonly Entry[]
}

/**
 * Appends several events from outside as one frame and delivers them in order: all of them, or none if one is refused; resolves
 * with the resulting envelopes when they are durable. It waits until every full mailbox has one place. It does not wait for more,
 * because a small mailbox would never have as many; events without a place then wait in the journal, as for agents.
 *
 * @param events made by their definitions
 * @param admits called when the events are about to get their positions; throws if they must not happen then
 * @param first what the frame begins with
 * @throws RateLimitError, TransformError, MailboxFullError, BusFullError, StateApplyError, JournalAppendError
 */
export function publishTogether(
  partition: Partition,
  events: readonly EventOf[],
  admits: (events: readonly EventOf[]) => void,
  first: readonly Entry[] = [],
): Promise<readonly Envelope[]> {
  const options = withOrigin(partition, { admit: admits })
  return publishFollowed(partition, options, events, trace =>
    publishUnfollowed(partition, events, { ...options, trace }, first),
  )
}

function publishUnfollowed(
  partition: Partition,
  events: readonly EventOf[],
  options: OfferOptions,
  first: readonly Entry[],
): Promise<readonly Envelope[]> {
  const { loopTurns, bus, clock, rateLimits, tally } = partition.system
  const refused = (error: unknown) => {
    reject(tally, events.length)
    return loopTurns.refuse(error, clock)
  }
  const go = () => {
    try {
      return publishParts(partition, togetherOf(partition, events, first), options)
    } catch (error) {
      return refused(error)
    }
  }
  try {
    for (const { type } of events) bus.checkRoom(type)
    const turns = rateLimits.isOn ? events.map(event => ({ event, turn: rateLimits.admit(event.type, undefined) })) : []
    // At once if possible, so that changes happen in the order of the calls.
    if (turns.every(({ turn }) => turn === undefined)) return go()
    const waits = turns.map(
      ({ turn, event }) =>
        turn && new Promise<void>((go, giveUp) => turn(patienceOf(partition, event, options), { go, giveUp })),
    )
    return Promise.all(waits).then(go, refused)
  } catch (error) {
    return refused(error)
  }
}

/**
 * Says the events that transformations made, each in the party that it goes to. Resolves with the first of them when all are
 * durable, or with the offered event if they made none.
 */
export async function publishTransformed(
  partition: Partition,
  event: EventOf,
  { by, into }: Passage,
  options: OfferOptions,
): Promise<Envelope> {
  const groups = new Map<Partition, Part[]>()
  const { tally } = partition.system
  try {
    for (const one of into) {
      const at = one.party === undefined ? partition : partition.system.partition(partitionOf(one.party))
      if (!at) throw new TransformError(by.join(', '), event.type, new NoAddressError(partitionOf(`${one.party}`)))
      const to = checkWay(at, one, by) ?? (at === partition ? options.to : undefined)
      groups.set(at, [...(groups.get(at) ?? []), { event: one.event, to }])
    }
  } catch (error) {
    reject(tally)
    throw error
  }
  const offered = partition.seal(event, factsOf(partition, options))
  const { id, correlationid } = offered
  const caused = { ...options, origin: null, correlationId: correlationid, causationId: id }
  const records = recordsOf(partition, offered, { by, into })
  // If nothing is said in this partition, it records only that the transformations took the event.
  if (into.length === 0) accept(tally)
  if (!groups.has(partition)) partition.frames.record(records)
  const said = await Promise.all(
    Array.from(groups, ([at, parts]) =>
      at === partition
        ? publishParts(at, { parts, records }, caused)
        : publishParts(at, { parts, records: [] }, { ...caused, ...(at.admit && { admit: at.admit }) }),
    ),
  )
  return said.flat()[0] ?? offered
}

/** @throws TransformError */
function togetherOf(partition: Partition, events: readonly EventOf[], first: readonly Entry[]): Together {
  const parts: Part[] = []
  const records = [...first]
  for (const event of events) {
    const passage = passageOf(partition, event, noOptions)
    if (passage) records.push(...recordsOf(partition, partition.seal(event), passage))
    const into: readonly Transformed[] = passage?.into ?? [{ event }]
    for (const one of into) parts.push({ event: one.event, to: checkWay(partition, one, passage?.by ?? []) })
  }
  return { parts, records }
}

/** Says the parts now, or when there is room for them. */
function publishParts(partition: Partition, together: Together, options: OfferOptions): Promise<readonly Envelope[]> {
  const { parts } = together
  try {
    const all = parts.map(({ event }) => event)
    admit(partition, all, options)
    const crowded = parts.filter(({ event, to }) => isCrowded(partition, event, to))
    if (crowded.length === 0) return sayParts(partition, together, options)
    return whenRoom(partition, { all, crowded }, options, reserved => sayParts(partition, together, options, reserved))
  } catch (error) {
    reject(partition.system.tally, parts.length)
    return Promise.reject(error)
  }
}

/** @throws StateApplyError if the state of the party cannot apply one of the events: then none of them happened */
function sayParts(
  partition: Partition,
  { parts, records }: Together,
  options: OfferOptions,
  reserved?: readonly Actor[],
): Promise<readonly Envelope[]> {
  const envelopes = parts.map(({ event, to }) =>
    partition.seal(event, { ...factsOf(partition, options), to: to?.address }),
  )
  sayTogether(partition, envelopes, { ...fromOutside, before: records, ...(reserved && { reserved }) })
  return partition.system.loopTurns.after(envelopes, partition.watermark.reached(), partition.frames.now())
}

/** Records what transformations made of an event, if the event is journalled. */
function recordsOf(partition: Partition, offered: Envelope, { by, into }: Passage): readonly Entry[] {
  if (!isJournalled(offered)) return []
  const { id, type } = offered
  return [{ kind: 'transformed', seq: partition.nextSeq(), id, type, by, into: into.length }]
}
