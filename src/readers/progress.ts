import { Fifo } from '../fifo.ts'
import type { Address } from '../mail/address.ts'
import type { Waiting } from '../mail/aging.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { ReaderPosition, ReaderPositions } from './reader-positions.ts'

/** An event that a durable subscription has yet to get. */
export interface Pending extends Waiting {
  readonly envelope: Envelope
  /** The progress that it belongs to; `undefined` for an event that is not journalled. */
  readonly progress?: Progress
  isDone: boolean
}

/**
 * How far a durable subscription has read one partition. It gets urgent events before older ones, so its position is before the
 * oldest event that it has yet to get: after a crash it may get urgent events again, and misses none.
 */
export class Progress {
  readonly #address: Address
  readonly #positions: ReaderPositions
  /** Kept, because the partition may be deleted, and another partition may get its address. */
  readonly #position: ReaderPosition
  /** Events in the order of their positions: from the oldest that is not done on, all later events, done or not. */
  readonly #pending = new Fifo<Pending>()
  /** The position of the newest event that was taken. */
  taken: number

  constructor(address: Address, positions: ReaderPositions) {
    this.#address = address
    this.#positions = positions
    this.#position = positions.of(address)
    this.taken = this.#position.upTo
  }

  /** The position of the oldest event that the subscription has yet to get. */
  get next(): number | undefined {
    return this.#pending.first?.envelope.seq
  }

  /** Takes the next event of the partition. */
  take(envelope: Envelope): Pending {
    const { priority, time, seq } = envelope
    const pending = { priority, time, envelope, progress: this, isDone: false }
    this.taken = seq
    this.#pending.push(pending)
    return pending
  }

  /** The subscription got an event, or never will. */
  end(pending: Pending): void {
    pending.isDone = true
    let upTo: number | undefined
    for (let first = this.#pending.first; first?.isDone; first = this.#pending.first) {
      upTo = first.envelope.seq
      this.#pending.shift()
    }
    if (upTo !== undefined) this.#positions.reach(this.#address, upTo, this.#position)
  }
}
