import type { Envelope } from './envelope.ts'

/**
 * An actor's waiting events: the most urgent first, and among equals the oldest. It is bounded, and knows nothing of
 * machines. Signals (replies, outcomes, timers, supervision) wait in a lane of their own, outside the bound.
 */
export class Mailbox {
  readonly capacity: number
  #waiting: Envelope[] = []
  #signals: (() => void)[] = []

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return this.#waiting.length
  }

  get signals(): number {
    return this.#signals.length
  }

  /** Lets an event in; `false` when the mailbox is full. */
  offer(envelope: Envelope): boolean {
    if (this.#waiting.length >= this.capacity) return false
    let place = this.#waiting.length
    while (place > 0 && comesBefore(envelope, this.#waiting[place - 1])) place--
    if (place === this.#waiting.length) this.#waiting.push(envelope)
    else this.#waiting.splice(place, 0, envelope)
    return true
  }

  signal(signal: () => void): void {
    this.#signals.push(signal)
  }

  takeSignal(): (() => void) | undefined {
    return this.#signals.shift()
  }

  /** Takes the first event that is acceptable now; the others keep their places. */
  take(accepts: (type: string) => boolean): Envelope | undefined {
    const place = this.#waiting.findIndex(envelope => accepts(envelope.type))
    if (place === 0) return this.#waiting.shift()
    return place < 0 ? undefined : this.#waiting.splice(place, 1)[0]
  }

  /** Whether `take` would find one. */
  has(accepts: (type: string) => boolean): boolean {
    return this.#waiting.some(envelope => accepts(envelope.type))
  }

  /** The events that wait, in the order in which they would be handed over. */
  list(): readonly Envelope[] {
    return [...this.#waiting]
  }

  /** Empties it, signals too; returns the events that waited. */
  clear(): readonly Envelope[] {
    const waited = this.#waiting
    this.#waiting = []
    this.#signals = []
    return waited
  }
}

function comesBefore(envelope: Envelope, other: Envelope | undefined): boolean {
  if (!other) return false
  return envelope.priority < other.priority || (envelope.priority === other.priority && envelope.seq < other.seq)
}
