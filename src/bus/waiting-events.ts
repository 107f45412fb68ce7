import type { Envelope } from '../mail/envelope.ts'
import { Line, type Spot } from '../mail/line.ts'

/** The events that wait for a subscriber, the most urgent first, and which of them have a time to live. */
export class WaitingEvents {
  readonly #line: Line<Envelope>
  /** How many waiting events have a time to live. */
  #expiring = 0
  /** No waiting event expires before this moment, epoch milliseconds. */
  #expires = Number.POSITIVE_INFINITY

  /** @param aging milliseconds of waiting that make an event more urgent by one */
  constructor(aging: number) {
    this.#line = new Line(aging)
  }

  get size(): number {
    return this.#line.size
  }

  /** Milliseconds since the oldest event was published. */
  lag(now: number): number {
    return now - (this.#line.since ?? now)
  }

  /** The place of the event whose turn it is. */
  get first(): Spot<Envelope> | undefined {
    return this.#line.first
  }

  /** Whether any waiting event has a time to live. */
  get mayExpire(): boolean {
    return this.#expiring > 0
  }

  /** Whether the time to live of a waiting event may be over at a moment, epoch milliseconds. */
  mayHaveExpired(now: number): boolean {
    return this.#expires <= now
  }

  push(envelope: Envelope): void {
    this.#line.push(envelope)
    if (envelope.expirytime === undefined) return
    this.#expiring++
    this.#expires = Math.min(this.#expires, envelope.expirytime)
  }

  /** Removes an event; returns whether it was still there. */
  leave(spot: Spot<Envelope>): boolean {
    if (!this.#line.leave(spot)) return false
    if (spot.item.expirytime !== undefined) this.#expiring--
    return true
  }

  /** Removes the oldest of the least urgent events. */
  dropLeastUrgent(): void {
    if (this.#line.takeLeastUrgent()?.expirytime !== undefined) this.#expiring--
  }

  /** Removes the events whose time to live is over, and reports each. */
  sweep(isExpired: (envelope: Envelope) => boolean, expired: (envelope: Envelope) => void): void {
    if (this.#expiring === 0) return
    this.#expires = Number.POSITIVE_INFINITY
    for (const spot of [...this.#line.spots()]) {
      const envelope = spot.item
      if (envelope.expirytime === undefined) continue
      if (!isExpired(envelope)) this.#expires = Math.min(this.#expires, envelope.expirytime)
      else if (this.leave(spot)) expired(envelope)
    }
  }

  clear(): void {
    this.#line.clear()
    this.#expiring = 0
  }
}
