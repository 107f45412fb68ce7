import type { Address } from '../mail/address.ts'
import { type Envelope, partitionIn } from '../mail/envelope.ts'
import { Line, type Spot } from '../mail/line.ts'
import { type Pending, Progress } from './progress.ts'
import type { ReaderPositions } from './reader-positions.ts'

/** The events in memory that a durable subscription has yet to get, and how far it has read each partition. */
export class PendingEvents {
  readonly #line: Line<Pending>
  readonly #limit: number
  readonly #positions: ReaderPositions
  readonly #mayExpire: () => void
  readonly #progress = new Map<Address, Progress>()

  /**
   * @param aging milliseconds of waiting that make an event more urgent by one
   * @param mayExpire is called when an event with a time to live comes
   */
  constructor(limit: number, positions: ReaderPositions, aging: number, mayExpire: () => void) {
    this.#line = new Line(aging)
    this.#limit = limit
    this.#positions = positions
    this.#mayExpire = mayExpire
  }

  get size(): number {
    return this.#line.size
  }

  /** When the event came that has waited longest, epoch milliseconds; `undefined` when empty. */
  get since(): number | undefined {
    return this.#line.since
  }

  get isFull(): boolean {
    return this.#line.size >= this.#limit
  }

  /** Whether there is room for half of the limit, so that reading the journal is worth its beginning. */
  get isHalfEmpty(): boolean {
    return this.#line.size * 2 <= this.#limit
  }

  /** Whether any event has a time to live. */
  get mayExpire(): boolean {
    for (const { envelope } of this.#line) if (envelope.expirytime !== undefined) return true
    return false
  }

  progressIn(address: Address): Progress {
    const known = this.#progress.get(address)
    if (known) return known
    const progress = new Progress(address, this.#positions)
    this.#progress.set(address, progress)
    return progress
  }

  /** Whether this is the progress of the partition that has the address now. */
  isCurrent(address: Address, progress: Progress): boolean {
    return this.#progress.get(address) === progress
  }

  /** The position of the oldest pending event of a partition. */
  nextIn(address: Address): number | undefined {
    return this.#progress.get(address)?.next
  }

  /** Adds a journalled event, unless it was read back from the journal before. */
  add(envelope: Envelope): void {
    const progress = this.progressIn(partitionIn(envelope))
    if (envelope.seq > progress.taken) this.#push(progress.take(envelope))
  }

  /** Adds an event that is not journalled. If there is no room, the least urgent of these events is lost, which may be this one. */
  addInPassing(envelope: Envelope): void {
    const { priority, time } = envelope
    if (this.isFull) {
      const lessUrgent = this.#leastUrgentInPassing(priority)
      if (!lessUrgent) return
      this.#line.leave(lessUrgent)
    }
    this.#push({ priority, time, envelope, isDone: false })
  }

  #push(pending: Pending): void {
    this.#line.push(pending)
    if (pending.envelope.expirytime !== undefined) this.#mayExpire()
  }

  /**
   * Of the events that are not journalled, the oldest of the least urgent; `undefined` if none is less urgent than `priority`.
   */
  #leastUrgentInPassing(priority: number): Spot<Pending> | undefined {
    let least: Spot<Pending> | undefined
    for (const spot of this.#line.spots())
      if (!spot.item.progress && spot.item.priority > (least?.item.priority ?? priority)) least = spot
    return least
  }

  shift(): Pending | undefined {
    return this.#line.shift()
  }

  /** Removes the events whose time to live is over, and reports each. */
  sweep(isExpired: (envelope: Envelope) => boolean, expired: (pending: Pending) => void): void {
    for (const spot of [...this.#line.spots()])
      if (isExpired(spot.item.envelope) && this.#line.leave(spot)) expired(spot.item)
  }

  /** Forgets a partition that was deleted, and its events. */
  forget(address: Address): void {
    for (const spot of this.#line.spots()) if (partitionIn(spot.item.envelope) === address) this.#line.leave(spot)
    this.#progress.delete(address)
  }

  clear(): void {
    this.#line.clear()
  }
}
