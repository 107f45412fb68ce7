import { Fifo } from '../fifo.ts'
import type { Address } from '../mail/address.ts'
import type { Waiting } from '../mail/aging.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Place, Places } from './places.ts'

/** An event that a durable subscription is yet to be told of. */
export interface Pending extends Waiting {
  readonly envelope: Envelope
  /** Where it counts; nothing for what is not journalled. */
  readonly progress?: Progress
  isDone: boolean
}

/**
 * How far a durable subscription has come in one partition. What is urgent is told before older events, so its place is behind
 * everything that it was told without a gap: after a crash it may hear urgent events again, and misses none.
 */
export class Progress {
  readonly #address: Address
  readonly #places: Places
  /** Kept, because the partition may be deleted, and another one have its address. */
  readonly #place: Place
  /** In the order of their positions; those that are done and behind one that is not, too. */
  readonly #pending = new Fifo<Pending>()
  /** Up to which position it has taken what it wants. */
  taken: number

  constructor(address: Address, places: Places) {
    this.#address = address
    this.#places = places
    this.#place = places.of(address)
    this.taken = this.#place.upTo
  }

  /** The position of the oldest event that it was not told of yet. */
  get next(): number | undefined {
    return this.#pending.first?.envelope.seq
  }

  /** Takes the next one that it wants. */
  take(envelope: Envelope): Pending {
    const { priority, time, seq } = envelope
    const pending = { priority, time, envelope, progress: this, isDone: false }
    this.taken = seq
    this.#pending.push(pending)
    return pending
  }

  /** It was told of one, or will not be. */
  end(pending: Pending): void {
    pending.isDone = true
    let upTo: number | undefined
    for (let first = this.#pending.first; first?.isDone; first = this.#pending.first) {
      upTo = first.envelope.seq
      this.#pending.shift()
    }
    if (upTo !== undefined) this.#places.reach(this.#address, upTo, this.#place)
  }
}
