/**
 * Where all time comes from: the runtime reads no other clock. `now` is the date. It jumps when the date is corrected, and when
 * the machine has slept. `after` and `elapsed` measure passing time, and never jump.
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
  /** Calls `fn` once after `ms` milliseconds; the returned function cancels the call. */
  after(ms: number, fn: () => void, options?: TimerOptions): () => void
  /**
   * Milliseconds since any fixed moment; never decreases, and goes at the pace of `after`. Without it, each timer of the runtime
   * is a timer of this clock, durations are measured by how far `now` moves forward, and the runtime does not notice when the
   * date jumps.
   */
  elapsed?(): number
}

/** What a timer means for its process. */
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
  // A whole number, like the date: durations are shown to people.
  elapsed: () => Math.floor(performance.now()),
}

/** A clock that measures, and notices when its date jumps: the date was corrected, or the machine slept. */
export interface WatchedClock extends MeasuringClock {
  /** Sum of all jumps in milliseconds: how far the date moved, less the time that passed. */
  readonly jumped: number
}

/** Milliseconds. A smaller jump is a usual correction, such as those of a time server, and does not count. */
const leastJump = 60_000

/**
 * The same clock, with its date watched. If the clock cannot measure, its jumps are unknown: the time that passes is how far the
 * date moves forward.
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
      // Measuring costs more than reading the date, so it happens once a minute, and whenever the date falls: the date may have
      // moved far ahead since the last look, and fallen back.
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

/** How far the date has moved forward in all. When it is set back, no time has passed. */
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
