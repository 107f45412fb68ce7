import type { Address } from './address.ts'
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
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiter>()
  #promised = 0

  constructor(address: Address, capacity: number) {
    this.#address = address
    this.#capacity = capacity
  }

  /** Whether somebody who comes now may go on at once. */
  isFree(mailbox: Mailbox): boolean {
    return this.#waiting.size === 0 && mailbox.size + this.#promised < this.#capacity
  }

  /** Waits for a place, which is kept until `use`. @throws MailboxFullError, the signal's reason */
  reserve(type: string, timers: Timers, { timeout, signal }: RoomOptions): Promise<void> {
    if (this.#waiting.size >= mostWaiting) throw new MailboxFullError(this.#address, type, 'waiting')
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const over = () => {
        this.#waiting.delete(waiter)
        cancelTimer()
        signal?.removeEventListener('abort', aborted)
      }
      const waiter: Waiter = {
        type,
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
      this.#waiting.add(waiter)
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
    while (this.#waiting.size > 0 && mailbox.size + this.#promised < this.#capacity) this.#letOneGo()
    if (!accepts || this.#waiting.size === 0) return
    for (const waiter of this.#waiting) if (accepts(waiter.type)) this.#letGo(waiter)
  }

  /** Lets everybody go: the agent is there no more. */
  open(): void {
    while (this.#waiting.size > 0) this.#letOneGo()
  }

  #letOneGo(): void {
    const [waiter] = this.#waiting
    if (waiter) this.#letGo(waiter)
  }

  #letGo(waiter: Waiter): void {
    this.#promised++
    waiter.go()
  }
}
