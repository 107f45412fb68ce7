import type { Actor } from '../actor/actor.ts'
import type { Envelope } from '../actor/envelope.ts'
import { accept, reject } from '../actor/tally.ts'
import type { EventOf } from '../events/event.ts'
import type { Partition } from './partition.ts'
import { isCrowded, reserve } from './publish.ts'

/** Milliseconds that a change waits for room. */
const limit = 60_000

/**
 * Appends several events from outside as one frame and delivers them in order: all of them, or none if one is refused;
 * resolves when they are durable. It waits until every full mailbox has one place: to wait for more would be to wait for
 * ever where a mailbox holds less. What is over then waits in the journal, like what an agent says.
 *
 * @param events made by their definitions
 * @param admit throws if they must not happen, as things are at the moment of their positions
 * @throws MailboxFullError, StateApplyError, JournalAppendError
 */
export async function publishTogether(
  partition: Partition,
  events: readonly EventOf[],
  admit: (events: readonly EventOf[]) => void,
): Promise<void> {
  if (events.length === 0) return
  const { tally } = partition.shared
  const reserved: Actor[] = []
  let envelopes: readonly Envelope[]
  try {
    admit(events)
    if (await hadToWait(partition, events, reserved)) admit(events)
    envelopes = appended(partition, events)
  } catch (error) {
    reject(tally, events.length)
    for (const actor of reserved) actor.giveUpPlace()
    throw error
  }
  for (const { room } of reserved) room.use()
  accept(tally, events.length)
  for (const envelope of envelopes) partition.delivery.deliver(envelope)
  for (const envelope of envelopes) if (!partition.persists(envelope.type)) partition.tell(envelope)
  await partition.watermark.reached()
}

async function hadToWait(partition: Partition, events: readonly EventOf[], reserved: Actor[]): Promise<boolean> {
  const crowded = events.filter(event => isCrowded(partition, event, undefined))
  const end = partition.now() + limit
  for (const event of crowded) await reserve(partition, event, { timeout: end - partition.now() }, reserved)
  return crowded.length > 0
}

function appended(partition: Partition, events: readonly EventOf[]): readonly Envelope[] {
  const envelopes = events.map(event => partition.seal(event))
  const kept = envelopes.filter(({ type }) => partition.persists(type))
  const entries = kept.map(envelope => ({ kind: 'event' as const, envelope }))
  if (kept.length > 0) partition.append({ kind: 'outside' }, entries, kept)
  return envelopes
}
