import type { Clock } from '../index.ts'

/** A clock that moves only when told to. */
export interface SimulatedClock extends Clock {
  /** Moves time on by `ms` milliseconds, firing on the way, in order, what is due. */
  advance(ms: number): void
  /** How many timers have yet to fire. */
  readonly pending: number
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
  let now = start
  // In the order in which they fire: by time, and among equals as they were set.
  const timers: { readonly at: number; readonly fire: () => void }[] = []
  return {
    now: () => now,
    after(ms, fire) {
      // What is set for no time never fires, and stands in nobody's way.
      const timer = { at: Number.isNaN(ms) ? Number.POSITIVE_INFINITY : now + ms, fire }
      timers.splice(timers.findLastIndex(({ at }) => at <= timer.at) + 1, 0, timer)
      return () => {
        const place = timers.indexOf(timer)
        if (place >= 0) timers.splice(place, 1)
      }
    },
    advance(ms) {
      const until = now + ms
      for (let timer = timers[0]; timer && timer.at <= until; timer = timers[0]) {
        timers.shift()
        now = Math.max(now, timer.at)
        timer.fire()
      }
      now = until
    },
    get pending() {
      return timers.length
    },
  }
}
