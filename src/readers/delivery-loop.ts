import { AsyncLocalStorage } from 'node:async_hooks'
import type { Timers } from '../time/timers.ts'

/** What a loop delivers. */
interface Deliveries {
  /** Whether anything is to be delivered. */
  hasMore(): boolean
  /** Delivers until nothing is left, or until the loop may not go on. */
  deliverAll(): Promise<void>
  /** Called whenever the loop may have come to rest. */
  rested(): void
}

/** When a durable subscription delivers: in one loop at a time, and not while it is held or paused, or when it is over. */
export class DeliveryLoop {
  readonly #deliveries: Deliveries
  readonly #timers: Timers
  /** Runs code in the async context of `subscribe`, whichever code makes the subscription go on. */
  readonly #outside = AsyncLocalStorage.snapshot()
  #going: Promise<void> | undefined
  #holds = 0
  /** Ends a wait before its time. */
  #wake: (() => void) | undefined
  isPaused = false
  isOver = false

  constructor(deliveries: Deliveries, timers: Timers) {
    this.#deliveries = deliveries
    this.#timers = timers
  }

  get isHeld(): boolean {
    return this.#holds > 0
  }

  get mayGoOn(): boolean {
    return !this.isPaused && !this.isOver
  }

  get isResting(): boolean {
    return this.isOver || (!this.isHeld && (this.isPaused || this.#going === undefined))
  }

  goOn(): void {
    if (this.#going || this.isHeld || !this.mayGoOn) return
    this.#going = this.#outside(() => this.#deliveries.deliverAll()).finally(() => {
      this.#going = undefined
      if (this.#deliveries.hasMore()) this.goOn()
      this.#deliveries.rested()
    })
  }

  /** Delivers nothing more until the returned function is called. */
  hold(): () => void {
    this.#holds++
    return () => {
      this.#holds--
      this.goOn()
      this.#deliveries.rested()
    }
  }

  pause(): void {
    this.isPaused = true
    this.#deliveries.rested()
  }

  resume(): void {
    this.isPaused = false
    this.#wake?.()
    this.goOn()
  }

  end(): void {
    this.isOver = true
    this.#wake?.()
  }

  /** Waits inside the loop. Resolves when the time is over, when the loop is resumed, or when it ends. */
  wait(ms = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise(resolve => {
      const isEndless = ms === Number.POSITIVE_INFINITY
      const cancel = isEndless ? () => {} : this.#timers.after(ms, () => this.#wake?.())
      this.#wake = () => {
        this.#wake = undefined
        cancel()
        resolve()
      }
    })
  }
}
