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
  let order = 0
  const timers = new Set<{ readonly at: number; readonly order: number; readonly fire: () => void }>()
  const next = (until: number) =>
    [...timers]
      .filter(({ at }) => at <= until)
      .toSorted((one, other) => one.at - other.at || one.order - other.order)[0]
  return {
    now: () => now,
    after(ms, fire) {
      const timer = { at: now + ms, order: order++, fire }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      const until = now + ms
      for (let timer = next(until); timer; timer = next(until)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.fire()
      }
      now = until
    },
    get pending() {
      return timers.size
    },
  }
}
