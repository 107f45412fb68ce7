import type { Address } from './address.ts'
import { Fifo } from './fifo.ts'
import { type Accepts, type Mailbox, MailboxFullError } from './mailbox.ts'
import type { Timers } from './timers.ts'

/** How long a publisher waits for room. */
export interface RoomOptions {
  /** Milliseconds. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

interface Waiter {
  readonly type: string
  /** Whether it still waits. */
  isOver: boolean
  go(): void
}

/** More publishers than this are not kept waiting (S1: 10,000). */
const mostWaiting = 10_000

/**
 * Where publishers from outside wait, in order, while a mailbox is full. A place that becomes free is promised to the one
 * who has waited longest, so that nobody who comes later takes it.
 */
export class Room {
  readonly #address: Address
  readonly #capacity: number
  readonly #waiting = new Fifo<Waiter>()
  #live = 0
  #promised = 0

  constructor(address: Address, capacity: number) {
    this.#address = address
    this.#capacity = capacity
  }

  /** Whether somebody who comes now may go on at once. */
  isFree(mailbox: Mailbox): boolean {
    return this.#live === 0 && mailbox.size + this.#promised < this.#capacity
  }

  /** Waits for a place, which is kept until `use`. @throws MailboxFullError, the signal's reason */
  reserve(type: string, timers: Timers, { timeout, signal }: RoomOptions): Promise<void> {
    if (this.#live >= mostWaiting) throw new MailboxFullError(this.#address, type, 'waiting')
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const over = () => {
        waiter.isOver = true
        this.#live--
        cancelTimer()
        signal?.removeEventListener('abort', aborted)
      }
      const waiter: Waiter = {
        type,
        isOver: false,
        go: () => {
          over()
          resolve()
        },
      }
      const aborted = () => {
        over()
        reject(signal?.reason)
      }
      const cancelTimer = timers.after(timeout, () => {
        over()
        reject(new MailboxFullError(this.#address, type, 'timeout'))
      })
      signal?.addEventListener('abort', aborted, { once: true })
      this.#live++
      this.#waiting.push(waiter)
    })
  }

  /** A reserved place is kept no longer: its event is about to be delivered, or will never be. */
  use(): void {
    this.#promised--
  }

  /**
   * Promises the places that are free to those who have waited longest.
   *
   * @param accepts what the agent takes although it is busy: for that it finds room in any case
   */
  offer(mailbox: Mailbox, accepts: Accepts): void {
    while (this.#live > 0 && mailbox.size + this.#promised < this.#capacity) this.#letOneGo()
    if (!accepts || this.#live === 0) return
    for (const waiter of this.#waiting) if (!waiter.isOver && accepts(waiter.type)) this.#letGo(waiter)
  }

  /** Lets everybody go: the agent is there no more. */
  open(): void {
    while (this.#live > 0) this.#letOneGo()
  }

  #letOneGo(): void {
    let waiter = this.#waiting.shift()
    while (waiter?.isOver) waiter = this.#waiting.shift()
    if (waiter) this.#letGo(waiter)
  }

  #letGo(waiter: Waiter): void {
    this.#promised++
    waiter.go()
  }
}
