import type { Actor } from '../actor/actor.ts'
import type { Delivery } from '../actor/delivery.ts'
import type { Cause, Entry } from '../journal/frame.ts'
import { type Envelope, isJournalled } from '../mail/envelope.ts'
import { accept } from '../mail/tally.ts'
import type { Announcements } from './announcements.ts'
import type { Frames } from './frames.ts'
import type { System } from './system.ts'

// Everything that is said in a partition takes this road:
// 1. its frame is appended, and the state of the party changes
// 2. it is counted
// 3. the agents that hear it receive it
// 4. subscribers, observers and agents outside the parties hear it: when its frame is durable, or now if it is not journalled

/** The partition in which something is said. */
interface Here {
  readonly frames: Frames
  readonly delivery: Delivery
  readonly announcements: Announcements
  readonly system: Pick<System, 'tally'>
}

/** What differs between callers of `say`. */
export interface Saying {
  /** The cause of the frame. */
  readonly cause: Cause
  /** Entries before the event in its frame. If there are any, the event is announced when the frame is durable. */
  readonly before?: readonly Entry[]
  /** Agents in whose mailboxes a place is reserved for it. */
  readonly reserved?: readonly Actor[]
}

/** A caller outside the agents publishes it. */
export const fromOutside: Saying = { cause: { kind: 'outside' } }

/**
 * Says one event.
 *
 * @param to the only agent that it is meant for, where the caller knows the agent
 * @throws StateApplyError if the state of the party cannot take the event: then it did not happen
 */
export function say(here: Here, envelope: Envelope, { cause, before, reserved }: Saying, to?: Actor): void {
  const { frames, delivery, announcements, system } = here
  const isKept = isJournalled(envelope)
  if (before) frames.append(cause, isKept ? [...before, eventEntry(envelope)] : before, [envelope])
  else if (isKept) frames.append(cause, [eventEntry(envelope)], [envelope])
  if (reserved) usePlaces(reserved)
  accept(system.tally)
  if (to) delivery.deliverTo(to, envelope)
  else delivery.deliver(envelope)
  if (!before && !isKept) announcements.announce(envelope)
}

/**
 * Says several events in one frame.
 *
 * @throws StateApplyError if the state of the party cannot apply one of them: then none of them happened
 */
export function sayTogether(
  here: Here,
  envelopes: readonly Envelope[],
  { cause, before = [], reserved }: Saying,
): void {
  const kept = envelopes.filter(isJournalled)
  const entries = [...before, ...kept.map(eventEntry)]
  if (entries.length > 0) here.frames.append(cause, entries, kept)
  if (reserved) usePlaces(reserved)
  deliverAll(here, envelopes)
  for (const envelope of envelopes) if (!isJournalled(envelope)) here.announcements.announce(envelope)
}

/** Counts and delivers events whose frame is appended: those of `sayTogether`, or of an agent's step. */
export function deliverAll({ delivery, system }: Here, envelopes: readonly Envelope[]): void {
  accept(system.tally, envelopes.length)
  for (const envelope of envelopes) delivery.deliver(envelope)
}

/**
 * Delivers an event that was said and announced before: by a party, or before it became a dead letter. It gets a new position
 * here, and is not announced again.
 *
 * @param entry the entry for the frame, if the event is journalled
 */
export function passOn(
  { frames, delivery }: Pick<Here, 'frames' | 'delivery'>,
  envelope: Envelope,
  entry: Entry,
  to?: Actor,
): void {
  if (isJournalled(envelope)) frames.append({ kind: 'outside' }, [entry])
  if (to) delivery.deliverTo(to, envelope)
  else delivery.deliver(envelope)
}

function eventEntry(envelope: Envelope): Entry {
  return { kind: 'event', envelope }
}

function usePlaces(reserved: readonly Actor[]): void {
  for (const { inbox } of reserved) inbox.room.use()
}
