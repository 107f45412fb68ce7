import type { Timers } from '../time/timers.ts'
import type { Address } from './address.ts'
import type { Waiting } from './aging.ts'
import type { Accepts } from './lane.ts'
import { Line } from './line.ts'
import { type Mailbox, MailboxFullError } from './mailbox.ts'
import { checkNotAborted, type Patience, PublishCancelledError } from './patience.ts'

/** What a room measures waiting times with. */
interface WaitingRoomHost {
  readonly timers: Timers
  /** Milliseconds since any fixed moment. */
  elapsed(): number
}

interface Waiter extends Waiting {
  readonly type: string
  go(): void
}

/** How many publishers may wait for one mailbox (S1: 10,000). */
const mostWaiting = 10_000

/**
 * Where publishers outside the party wait while a mailbox is full, the most urgent first. A place that becomes free is reserved
 * for the first of them, so that no later publisher takes it.
 */
export class WaitingRoom {
  readonly #address: Address
  readonly #capacity: number
  readonly #waiting: Line<Waiter>
  #promised = 0

  /** @param aging milliseconds of waiting that make a publisher more urgent by one */
  constructor(address: Address, capacity: number, aging: number) {
    this.#address = address
    this.#capacity = capacity
    this.#waiting = new Line(aging)
  }

  /** Whether a publisher that comes now need not wait. */
  isFree(mailbox: Mailbox): boolean {
    return this.#waiting.size === 0 && mailbox.size + this.#promised < this.#capacity
  }

  /** Waits for a place, and reserves it until `use` is called. @throws MailboxFullError, PublishCancelledError */
  reserve(type: string, { timers, elapsed }: WaitingRoomHost, { priority, timeout, signal }: Patience): Promise<void> {
    if (this.#waiting.size >= mostWaiting) throw new MailboxFullError(this.#address, type, 'waiting')
    checkNotAborted(type, signal)
    return new Promise((resolve, reject) => {
      const over = () => {
        this.#waiting.leave(spot)
        cancelTimer()
        signal?.removeEventListener('abort', aborted)
      }
      const waiter: Waiter = {
        type,
        priority,
        time: elapsed(),
        go: () => {
          over()
          resolve()
        },
      }
      const aborted = () => {
        over()
        reject(new PublishCancelledError(type, signal?.reason))
      }
      const cancelTimer = timers.after(timeout, () => {
        over()
        reject(new MailboxFullError(this.#address, type, 'timeout'))
      })
      signal?.addEventListener('abort', aborted, { once: true })
      const spot = this.#waiting.push(waiter)
    })
  }

  /** Ends a reservation: the event is about to be delivered, or never will be. */
  use(): void {
    this.#promised--
  }

  /**
   * Reserves the free places for the publishers whose turn it is.
   *
   * @param accepts says which events the busy agent takes: publishers of these need not wait
   */
  offer(mailbox: Mailbox, accepts: Accepts): void {
    while (this.#waiting.size > 0 && mailbox.size + this.#promised < this.#capacity) this.#letOneGo()
    if (!accepts || this.#waiting.size === 0) return
    for (const waiter of [...this.#waiting]) if (accepts(waiter.type)) this.#letGo(waiter)
  }

  /** Lets all publishers go on, because the agent has stopped. */
  open(): void {
    while (this.#waiting.size > 0) this.#letOneGo()
  }

  #letOneGo(): void {
    const { first } = this.#waiting
    if (first) this.#letGo(first.item)
  }

  #letGo(waiter: Waiter): void {
    this.#promised++
    waiter.go()
  }
}
