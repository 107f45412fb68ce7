import { TroupeError } from '../errors.ts'
import { Fifo } from '../fifo.ts'
import type { Address } from './address.ts'
import type { Envelope } from './envelope.ts'
import { type Accepts, everything, type Lane } from './lane.ts'
import { type Lanes, laneOf, leastUrgent, nextLane, onlyLane } from './lanes.ts'
import { coalesceKeyOf, type MailboxRules } from './mailbox-options.ts'
import type { Spilled } from './spill.ts'

/** An event that a mailbox removed: it made room for another one, or its time was over. */
export interface Loss {
  readonly envelope: Envelope
  readonly why: 'overflow' | 'expired' | 'stale' | 'coalesced'
}

/** Says why an event must not be delivered any more; `undefined` if it may be. */
export type WhyOver = (envelope: Envelope) => 'expired' | 'stale' | undefined

/** Which events to read back from the journal: the priority of their lane, and their places in it. */
export interface ReadBack {
  readonly priority: number
  readonly places: readonly Spilled[]
}

/** From so many waiting events on, the mailbox counts them by type, so that a busy agent need not search all of them. */
const countedFrom = 16

/**
 * An actor's waiting events: the most urgent first, and of equally urgent ones the oldest. An event becomes more urgent while it
 * waits. The number of events in memory is bounded. A mailbox knows nothing of machines. Signals (replies, outcomes, timers,
 * supervision) wait in a queue of their own, which has no bound.
 */
export class Mailbox {
  readonly #rules: MailboxRules
  readonly #aging: number
  // Places up to the usual priority: an array that grows by `push` reserves room for seventeen.
  readonly #lanes: Lanes = [undefined, undefined, undefined, undefined, undefined, undefined]
  #size = 0
  #spilled = 0
  #expiring = 0
  #signals: Fifo<() => void> | undefined
  #latest: Map<string, Envelope> | undefined
  #types: Map<string, number> | undefined

  /** @param aging milliseconds of waiting that make an event more urgent by one */
  constructor(rules: MailboxRules, aging: number) {
    this.#rules = rules
    this.#aging = aging
  }

  /** How many events wait, in memory or in the journal. */
  get size(): number {
    return this.#size + this.#spilled
  }

  /** How many of these events only the journal holds. */
  get spilled(): number {
    return this.#spilled
  }

  get signals(): number {
    return this.#signals?.size ?? 0
  }

  /** How many events are read back from the journal at once, at most. Reading costs whole frames each time. */
  get #mostReadBack(): number {
    return Math.max(64, this.#rules.capacity)
  }

  /** Whether the memory of the mailbox has no room for one more event. */
  get full(): boolean {
    return this.#size >= this.#rules.capacity || this.#spilled > 0
  }

  /**
   * Adds an event, and returns the events that were removed because of it, which may include the event itself.
   *
   * @param journalled whether the event could be read back from the journal
   * @param host is asked only when there is no room
   * @param wanted whether the agent is busy and takes this event nevertheless: a mailbox that is full of events that must wait
   *   takes as many again of these, because otherwise no event could let the busy agent go on
   */
  offer(
    envelope: Envelope,
    journalled: boolean,
    host: { isExpired(envelope: Envelope): boolean },
    wanted: boolean,
  ): readonly Loss[] | undefined {
    const key = coalesceKeyOf(envelope, this.#rules)
    const older = key === undefined ? undefined : this.#latest?.get(key)
    if (older) {
      this.#remove(older)
      this.#add(envelope, key)
      return [{ envelope: older, why: 'coalesced' }]
    }
    if (!this.full || (wanted && this.#size < 2 * this.#rules.capacity)) {
      this.#add(envelope, key)
      return undefined
    }
    return this.#offerFull(envelope, key, journalled, host)
  }

  #offerFull(
    envelope: Envelope,
    key: string | undefined,
    journalled: boolean,
    host: { isExpired(envelope: Envelope): boolean },
  ): readonly Loss[] {
    const losses = this.#expire(one => host.isExpired(one))
    if (!this.full) this.#add(envelope, key)
    else losses.push(...this.#overflow(envelope, key, journalled))
    return losses
  }

  /** Puts an event back that was taken: it gets its old place, and needs no room. */
  putBack(envelope: Envelope): void {
    this.#add(envelope, undefined)
  }

  signal(signal: () => void): void {
    this.#signals ??= new Fifo()
    this.#signals.push(signal)
  }

  takeSignal(): (() => void) | undefined {
    return this.#signals?.shift()
  }

  /** Takes the first event that the agent accepts now, or says which events to read back first. The others keep their places. */
  take(accepts: Accepts): Envelope | ReadBack | undefined {
    // Nearly always all waiting events have one priority.
    const lane = onlyLane(this.#lanes) ?? nextLane(this.#lanes, accepts, this.#aging)
    return lane && this.#takeFrom(lane, accepts)
  }

  #takeFrom(lane: Lane, accepts: Accepts): Envelope | ReadBack | undefined {
    // Of the events that a busy agent takes, the journal may hold older ones than memory does.
    if (lane.spilled > 0 && lane.isSpilledFirst(accepts ?? everything)) {
      const spilled = lane.takeSpilled(accepts ?? everything, this.#mostReadBack)
      if (!spilled) return undefined
      if ('length' in spilled) return { priority: this.#lanes.indexOf(lane), places: spilled }
      this.#spilled--
      return spilled
    }
    const envelope = accepts ? lane.take(accepts) : lane.shift()
    if (envelope) this.#forget(envelope)
    return envelope
  }

  /** Whether `take` would return an event. */
  has(accepts: Accepts): boolean {
    if (this.size === 0) return false
    if (!accepts) return true
    if (this.#size > 0 && this.#hasInMemory(accepts)) return true
    return this.#spilled > 0 && this.#lanes.some(lane => lane?.spill?.has(accepts))
  }

  /** How many events in memory have a time to live. */
  get expiring(): number {
    return this.#expiring
  }

  /** Removes the events from memory whose time is over, and returns them. */
  sweep(whyOver: WhyOver): Loss[] {
    const losses: Loss[] = []
    for (const envelope of [...this]) {
      const why = whyOver(envelope)
      if (!why) continue
      this.#remove(envelope)
      losses.push({ envelope, why })
    }
    return losses
  }

  /** Puts an event that was read back into its place. */
  load(priority: number, place: number, envelope: Envelope): void {
    this.#lanes[priority]?.spill?.load(place, envelope)
  }

  /** The events that wait in memory, by priority. */
  *[Symbol.iterator](): Iterator<Envelope> {
    for (const lane of this.#lanes) if (lane) yield* lane
  }

  /** Which of the events that only the journal holds to read back, whatever their types. */
  unread(): ReadBack | undefined {
    for (const [priority, lane] of this.#lanes.entries()) {
      const places = lane?.spill?.oldest(everything, this.#mostReadBack)
      if (places && places.length > 0) return { priority, places }
    }
    return undefined
  }

  /** Removes an event that only the journal holds; returns it if it was read back. */
  drop(priority: number, place: number): Envelope | undefined {
    const spill = this.#lanes[priority]?.spill
    const envelope = spill?.loadedAt(place)
    spill?.remove(place)
    this.#spilled--
    return envelope
  }

  /** Removes all events and signals from memory; returns the events. */
  clear(): readonly Envelope[] {
    const waited = [...this]
    for (const envelope of waited) this.#remove(envelope)
    this.#signals = undefined
    return waited
  }

  #add(envelope: Envelope, key: string | undefined): void {
    laneOf(this.#lanes, envelope).push(envelope)
    this.#size++
    if (envelope.expirytime !== undefined) this.#expiring++
    if (this.#types) this.#types.set(envelope.type, (this.#types.get(envelope.type) ?? 0) + 1)
    if (key === undefined) return
    this.#latest ??= new Map()
    this.#latest.set(key, envelope)
  }

  #remove(envelope: Envelope): void {
    this.#lanes[envelope.priority]?.remove(envelope)
    this.#forget(envelope)
  }

  #forget(envelope: Envelope): void {
    this.#size--
    if (envelope.expirytime !== undefined) this.#expiring--
    if (this.#size === 0) this.#types = undefined
    else if (this.#types) this.#types.set(envelope.type, (this.#types.get(envelope.type) ?? 1) - 1)
    if (!this.#latest) return
    const key = coalesceKeyOf(envelope, this.#rules)
    if (key !== undefined && this.#latest.get(key) === envelope) this.#latest.delete(key)
  }

  #overflow(envelope: Envelope, key: string | undefined, journalled: boolean): readonly Loss[] {
    const { overflow } = this.#rules
    if (overflow === 'backpressure' && journalled) {
      laneOf(this.#lanes, envelope).pushSpilled(envelope)
      this.#spilled++
      return []
    }
    const oldest = overflow === 'drop-oldest' ? leastUrgent(this.#lanes, envelope.priority) : undefined
    if (!oldest) return [{ envelope, why: 'overflow' }]
    this.#remove(oldest)
    this.#add(envelope, key)
    return [{ envelope: oldest, why: 'overflow' }]
  }

  #expire(isExpired: (envelope: Envelope) => boolean): Loss[] {
    return this.#expiring === 0 ? [] : this.sweep(envelope => (isExpired(envelope) ? 'expired' : undefined))
  }

  #hasInMemory(accepts: (type: string) => boolean): boolean {
    if (this.#size >= countedFrom) this.#types ??= countTypes(this)
    if (this.#types) {
      for (const [type, count] of this.#types) if (count > 0 && accepts(type)) return true
      return false
    }
    for (const { type } of this) if (accepts(type)) return true
    return false
  }
}

function countTypes(events: Iterable<Envelope>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1)
  return counts
}

/** The mailbox of the agent that an event is for is full. */
export class MailboxFullError extends TroupeError {
  readonly code = 'MAILBOX_FULL'
  readonly address: Address
  readonly type: string
  /** `rejected` by its policy, or waited for room until the `timeout`, or found too many `waiting` already. */
  readonly reason: 'rejected' | 'timeout' | 'waiting'
  constructor(address: Address, type: string, reason: 'rejected' | 'timeout' | 'waiting') {
    const why = {
      rejected: 'its mailbox is full and rejects',
      timeout: 'its mailbox stayed full until the timeout',
      waiting: 'its mailbox is full and too many publishers wait for room already',
    }[reason]
    super(`"${address}" did not take "${type}": ${why}. Send less at once, wait longer, or give it a larger mailbox.`)
    this.address = address
    this.type = type
    this.reason = reason
  }
}
