import type { Clock } from '../index.ts'
import { DurationError } from './duration.ts'

/** A clock that moves only when `advance` is called. */
export interface SimulatedClock extends Clock {
  /** Milliseconds by which it was advanced since it was created. */
  elapsed(): number
  /**
   * Advances time by `ms` milliseconds, and fires the timers that become due, in order.
   *
   * @throws DurationError if it is no number from 0 on
   */
  advance(ms: number): void
  /**
   * Corrects the date, forward or back, as a person or a time server does: no time passes, so no timer fires.
   *
   * @example
   * clock.set(clock.now() - 3_600_000)
   *
   * @param now epoch milliseconds
   */
  set(now: number): void
  /** How many timers have yet to fire. */
  readonly pending: number
  /** When the next timer fires, in milliseconds of `elapsed`; `undefined` if none is set, or those that are never fire. */
  readonly next: number | undefined
}

/**
 * A clock for tests: nothing sleeps, and a minute passes in no time.
 *
 * @example
 * const clock = createSimulatedClock()
 * const runtime = await createRuntime({ party, clock }).start()
 * clock.advance(30_000)
 *
 * @param start epoch milliseconds; the first of January 2026 by default
 */
export function createSimulatedClock(start = Date.UTC(2026, 0, 1)): SimulatedClock {
  let date = start
  let elapsed = 0
  const moveTo = (time: number) => {
    date += time - elapsed
    elapsed = time
  }
  // In the order in which they fire: by time, and at the same time in the order in which they were set.
  const timers: { readonly at: number; readonly fire: () => void }[] = []
  return {
    now: () => date,
    elapsed: () => elapsed,
    after(ms, fire) {
      // A timer with the delay `NaN` never fires, and does not delay other timers.
      const timer = { at: Number.isNaN(ms) ? Number.POSITIVE_INFINITY : elapsed + ms, fire }
      timers.splice(timers.findLastIndex(({ at }) => at <= timer.at) + 1, 0, timer)
      return () => {
        const place = timers.indexOf(timer)
        if (place >= 0) timers.splice(place, 1)
      }
    },
    advance(ms) {
      if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) throw new DurationError(ms)
      const until = elapsed + ms
      for (let timer = timers[0]; timer && timer.at <= until; timer = timers[0]) {
        timers.shift()
        moveTo(Math.max(elapsed, timer.at))
        timer.fire()
      }
      moveTo(until)
    },
    set(now) {
      date = now
    },
    get pending() {
      return timers.length
    },
    get next() {
      const [first] = timers
      return first && first.at < Number.POSITIVE_INFINITY ? Math.max(elapsed, first.at) : undefined
    },
  }
}
