/**
 * Where all time comes from: the runtime reads no other clock. `now` tells the date, and jumps when somebody corrects it, or when
 * the machine has slept; `after` and `elapsed` measure, and do not.
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
   * runtime is a timer of this clock, durations are measured by how far `now` moves forward, and no jump of it is noticed.
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

/** A clock that measures, and whose date is watched: whether somebody corrects it, or the machine sleeps. */
export interface WatchedClock extends MeasuringClock {
  /** By how many milliseconds the date has jumped in all: how much further it went than what has passed. */
  readonly jumped: number
}

/** Milliseconds. Dates that are kept right are corrected all the time, by less than this. */
const leastJump = 60_000

/**
 * The same clock, which measures and is watched in any case. Of one that does not measure, nobody can tell whether its date has
 * jumped: what passes is how far it moves forward.
 *
 * @param noticed is called in the middle of `now`, when the date has jumped
 */
export function watched(clock: Clock, noticed: () => void): WatchedClock {
  const { elapsed } = clock
  const after: Clock['after'] = (ms, fn, options) => clock.after(ms, fn, options)
  if (!elapsed) return { now: () => clock.now(), after, elapsed: stepsForward(clock), jumped: 0 }
  const measure = () => elapsed.call(clock)
  const first = clock.now()
  const seen = { looked: first, last: first }
  let ahead = first - measure()
  let jumped = 0
  const look = (date: number) => {
    seen.looked = date
    const ms = Math.round(date - measure() - ahead)
    if (Math.abs(ms) < leastJump) return
    ahead += ms
    jumped += ms
    noticed()
  }
  return {
    now() {
      const date = clock.now()
      // To measure as well would cost each event more than to read the date does: once a minute is enough. A date that falls
      // may have done so by more than a minute, however near it is to the one that was looked at.
      if (date < seen.last || date - seen.looked >= leastJump) look(date)
      seen.last = date
      return date
    },
    after,
    elapsed: measure,
    get jumped() {
      return jumped
    },
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
