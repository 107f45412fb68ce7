import type { Actor } from '../actor/actor.ts'
import { NoAddressError, partitionOf } from '../actor/address.ts'
import type { Envelope } from '../actor/envelope.ts'
import { accept, reject } from '../actor/tally.ts'
import type { EventOf } from '../events/event.ts'
import { type Passage, TransformError } from '../events/transform.ts'
import type { Entry } from '../journal/frame.ts'
import { checkWay, factsOf, isCrowded, type OfferOptions, passageOf, patienceOf, reserve } from './offer.ts'
import type { Partition } from './partition.ts'

type Admit = (events: readonly EventOf[]) => void

/** An event that is said together with others, and to whom alone. */
interface Part {
  readonly event: EventOf
  readonly to?: Actor | undefined
}

/**
 * Appends several events from outside as one frame and delivers them in order: all of them, or none if one is refused;
 * resolves when they are durable. It waits until every full mailbox has one place: to wait for more would be to wait for
 * ever where a mailbox holds less. What is over then waits in the journal, like what an agent says.
 *
 * @param events made by their definitions
 * @param admit throws if they must not happen, as things are at the moment of their positions
 * @throws RateLimitError, TransformError, MailboxFullError, StateApplyError, JournalAppendError
 */
export async function publishTogether(
  partition: Partition,
  events: readonly EventOf[],
  admit: Admit,
): Promise<readonly Envelope[]> {
  const { tally, rateLimits } = partition.shared
  const parts: Part[] = []
  const records: Entry[] = []
  try {
    for (const event of events) {
      await rateLimits.admit(event.type, undefined, patienceOf({}))
      const passage = passageOf(partition, event, {})
      if (passage) records.push(recordOf(partition, partition.seal(event), passage))
      for (const one of passage?.into ?? [{ event }]) parts.push({ event: one.event, to: checkWay(partition, one) })
    }
  } catch (error) {
    reject(tally, events.length)
    throw error
  }
  return sayTogether(partition, parts, { records, admit })
}

/**
 * Says what came out of transformations, each in the party where it goes; resolves with the first of it when all is durable,
 * or with the event as it was offered if nothing came out.
 */
export async function publishTransformed(
  partition: Partition,
  event: EventOf,
  { by, into }: Passage,
  options: OfferOptions,
): Promise<Envelope> {
  const groups = new Map<Partition, Part[]>([[partition, []]])
  try {
    for (const one of into) {
      const at = one.party === undefined ? partition : partition.shared.partition(partitionOf(one.party))
      if (!at) throw new TransformError(by.join(', '), event.type, new NoAddressError(partitionOf(`${one.party}`)))
      const parts = groups.get(at) ?? []
      groups.set(at, parts)
      const to = checkWay(at, { event: one.event, ...(one.to !== undefined && { to: one.to }) })
      parts.push({ event: one.event, to: to ?? (at === partition ? options.to : undefined) })
    }
  } catch (error) {
    reject(partition.shared.tally)
    throw error
  }
  const offered = partition.seal(event, factsOf(partition, options))
  const { correlationid } = offered
  const said = await Promise.all(
    Array.from(groups, ([at, parts]) => {
      const records = at === partition ? [recordOf(partition, offered, { by, into })] : []
      const admitOne = at === partition ? options.admit : at.admit
      const admit: Admit = events => events.forEach(one => admitOne?.(one))
      const causation = { correlationId: correlationid, causationId: offered.id }
      return sayTogether(at, parts, { records, admit, options: { ...options, ...causation } })
    }),
  )
  return said.flat()[0] ?? offered
}

interface Together {
  readonly records: readonly Entry[]
  readonly admit: Admit
  readonly options?: OfferOptions
}

async function sayTogether(
  partition: Partition,
  parts: readonly Part[],
  { records, admit, options = {} }: Together,
): Promise<readonly Envelope[]> {
  if (parts.length === 0 && records.length === 0) return []
  const { tally } = partition.shared
  const reserved: Actor[] = []
  const events = parts.map(({ event }) => event)
  let envelopes: readonly Envelope[]
  try {
    admit(events)
    if (await hadToWait(partition, parts, options, reserved)) admit(events)
    envelopes = appended(partition, parts, records, options)
  } catch (error) {
    reject(tally, Math.max(parts.length, 1))
    for (const actor of reserved) actor.giveUpPlace()
    throw error
  }
  for (const { room } of reserved) room.use()
  accept(tally, Math.max(parts.length, 1))
  for (const envelope of envelopes) partition.delivery.deliver(envelope)
  for (const envelope of envelopes) if (!partition.persists(envelope.type)) partition.tell(envelope)
  await partition.watermark.reached()
  return envelopes
}

async function hadToWait(
  partition: Partition,
  parts: readonly Part[],
  options: OfferOptions,
  reserved: Actor[],
): Promise<boolean> {
  const crowded = parts.filter(({ event, to }) => isCrowded(partition, event, to))
  const { timeout, signal } = patienceOf(options)
  const end = partition.now() + timeout
  for (const { event, to } of crowded)
    await reserve(
      partition,
      event,
      { timeout: end - partition.now(), ...(signal && { signal }), ...(to && { to }) },
      reserved,
    )
  return crowded.length > 0
}

function appended(
  partition: Partition,
  parts: readonly Part[],
  records: readonly Entry[],
  options: OfferOptions,
): readonly Envelope[] {
  const envelopes = parts.map(({ event, to }) =>
    partition.seal(event, { ...factsOf(partition, options), to: to?.address }),
  )
  const kept = envelopes.filter(({ type }) => partition.persists(type))
  const entries = [...records, ...kept.map(envelope => ({ kind: 'event' as const, envelope }))]
  if (entries.length > 0) partition.append({ kind: 'outside' }, entries, kept)
  return envelopes
}

function recordOf(partition: Partition, { id, type }: Envelope, { by, into }: Passage): Entry {
  return { kind: 'transformed', seq: partition.nextSeq(), id, type, by, into: into.length }
}
