/**
 * Where all time comes from: the runtime reads no other clock. `now` tells the date, and jumps when somebody corrects it;
 * `after` and `elapsed` measure, and do not.
 *
 * @example
 * const clock: Clock = {
 *   now: () => Date.now(),
 *   after(ms, fn) {
 *     const timer = setTimeout(fn, ms)
 *     return () => clearTimeout(timer)
 *   },
 *   elapsed: () => Math.floor(performance.now()),
 * }
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `fn` once after `ms` milliseconds; the returned function takes that back. */
  after(ms: number, fn: () => void, options?: TimerOptions): () => void
  /**
   * Milliseconds since any fixed moment; never decreases, and goes at the pace of `after`. Without it, each timer of the
   * runtime is a timer of this clock, and durations are measured by how far `now` moves forward.
   */
  elapsed?(): number
}

/** How a timer weighs on its process. */
export interface TimerOptions {
  /** Does not keep the process alive. */
  readonly background?: boolean
}

/** A clock that measures. */
export interface MeasuringClock extends Clock {
  elapsed(): number
}

/** The clock of the machine that the program runs on. */
export const systemClock: MeasuringClock = {
  now: () => Date.now(),
  after(ms, fn, { background = false } = {}) {
    const handle = setTimeout(fn, ms)
    if (background) handle.unref()
    return () => clearTimeout(handle)
  },
  // Whole, like the date: durations are shown to people.
  elapsed: () => Math.floor(performance.now()),
}

/** The same clock, which measures in any case: one that cannot counts how often its date moves forward. */
export function measuring(clock: Clock): MeasuringClock {
  const { elapsed } = clock
  return {
    now: () => clock.now(),
    after: (ms, fn, options) => clock.after(ms, fn, options),
    elapsed: elapsed ? () => elapsed.call(clock) : stepsForward(clock),
  }
}

/** How far the date has moved forward in all; when somebody sets it back, nothing has passed. */
function stepsForward(clock: Clock): () => number {
  let last = clock.now()
  let passed = 0
  return () => {
    const now = clock.now()
    passed += Math.max(0, now - last)
    last = now
    return passed
  }
}
