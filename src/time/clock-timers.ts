import type { Clock } from '../clock.ts'
import { longestTimeout, type Timers, timerDelay } from './timers.ts'

/** Timers of a clock that does not measure: each is a timer of that clock, because only the clock knows when it is due. */
export class ClockTimers implements Timers {
  readonly #clock: Clock
  readonly #fault: (error: unknown) => void
  readonly #cancels = new Set<() => void>()

  /** @param fault is called with the error of a timer; the other timers fire all the same */
  constructor(clock: Clock, fault: (error: unknown) => void) {
    this.#clock = clock
    this.#fault = fault
  }

  get size(): number {
    return this.#cancels.size
  }

  after(ms: number, fire: () => void): () => void {
    let left = timerDelay(ms)
    if (left === Number.POSITIVE_INFINITY) return () => {}
    let cancelTimer = () => {}
    const cancel = () => {
      if (this.#cancels.delete(cancel)) cancelTimer()
    }
    const wait = () => {
      const next = Math.min(left, longestTimeout)
      left -= next
      cancelTimer = this.#clock.after(next, () => {
        if (!this.#cancels.has(cancel)) return
        if (left > 0) return wait()
        this.#cancels.delete(cancel)
        this.#fire(fire)
      })
    }
    this.#cancels.add(cancel)
    wait()
    return cancel
  }

  clear(): void {
    for (const cancel of [...this.#cancels]) cancel()
  }

  #fire(fire: () => void): void {
    try {
      fire()
    } catch (error) {
      this.#fault(error)
    }
  }
}
