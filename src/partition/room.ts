import type { Actor } from '../actor/actor.ts'
import type { EventOf } from '../events/event.ts'
import type { Patience } from '../mail/patience.ts'
import { reject } from '../mail/tally.ts'
import { admit, type OfferOptions } from './offer.ts'
import type { Partition } from './partition.ts'

/** Milliseconds that a publisher waits for room. */
const usualPatience = 60_000

/** How the publisher of an event waits for room. */
export function patienceOf(partition: Partition, event: EventOf, options: OfferOptions): Patience {
  const { timeout = usualPatience, signal, priority = partition.frames.definitionOf(event).priority } = options
  return { timeout, signal, priority }
}

/** An event that is published, and the only agent that it is for, if there is one. */
export interface Part {
  readonly event: EventOf
  readonly to?: Actor | undefined
}

/**
 * Calls `say` when every full mailbox that the events are for has a place, and a mailbox of every full pool.
 *
 * @param all the events that are said then, and that are refused if the wait ends without a place
 * @param crowded the events among them that have to wait for room
 * @param say gets the agents in whose mailboxes a place is kept; one is enough in each
 */
export async function whenRoom<T>(
  partition: Partition,
  { all, crowded }: { readonly all: readonly EventOf[]; readonly crowded: readonly Part[] },
  options: OfferOptions,
  say: (reserved: readonly Actor[]) => Promise<T>,
): Promise<T> {
  const reserved: Actor[] = []
  try {
    const end = partition.elapsed() + (options.timeout ?? usualPatience)
    for (const part of crowded) await reserve(partition, part, options, { end, reserved })
    admit(partition, all, options)
    return say(reserved)
  } catch (error) {
    reject(partition.system.tally, all.length)
    for (const actor of reserved) actor.inbox.giveUpPlace()
    throw error
  }
}

/** Waits for a place in every full mailbox, and in one of every full pool, one after the other. */
async function reserve(
  partition: Partition,
  { event, to }: Part,
  options: OfferOptions,
  { end, reserved }: { readonly end: number; readonly reserved: Actor[] },
): Promise<void> {
  const { registry } = partition
  const { type } = event
  const patience = patienceOf(partition, event, options)
  const alone = to ? [to] : [...registry.hearers(type)]
  const pools = to ? [] : registry.pools(type).map(pool => pool.candidates(event))
  for (const actors of [...alone.map(actor => [actor]), ...pools]) {
    if (actors.length === 0 || actors.some(actor => reserved.includes(actor) || !actor.inbox.isCrowded(type))) continue
    reserved.push(await placeInOne(partition, actors, type, { ...patience, timeout: end - partition.elapsed() }))
  }
}

/** Waits for a place in one of several full mailboxes. */
async function placeInOne(
  partition: Partition,
  actors: readonly Actor[],
  type: string,
  patience: Patience,
): Promise<Actor> {
  const found = new AbortController()
  const { signal } = patience
  const either = signal ? AbortSignal.any([signal, found.signal]) : found.signal
  const { timers } = partition.system
  const host = { timers, elapsed: () => partition.elapsed() }
  const places = actors.map(async actor => {
    await actor.inbox.room.reserve(type, host, { ...patience, signal: either })
    return actor
  })
  let winner: Actor | undefined
  try {
    winner = await Promise.race(places)
    return winner
  } finally {
    found.abort()
    // Another place may have become free at the same time, or after the wait was over.
    for (const place of places) place.then(actor => actor === winner || actor.inbox.giveUpPlace()).catch(() => {})
  }
}
