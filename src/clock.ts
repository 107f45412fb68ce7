/** Where all time comes from: the runtime never reads another clock. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `fn` once after `ms` milliseconds; the returned function takes that back. */
  after(ms: number, fn: () => void, options?: TimerOptions): () => void
}

/** How a timer weighs on its process. */
export interface TimerOptions {
  /** Does not keep the process alive. */
  readonly background?: boolean
}

/** The clock of the machine that the program runs on. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn, { background = false } = {}) {
    const handle = setTimeout(fn, ms)
    if (background) handle.unref()
    return () => clearTimeout(handle)
  },
}

/** A clock that never runs backwards. */
export interface SteadyClock extends Clock {
  /** From now on it is at least so late, in epoch milliseconds: an owner before this one has journalled that time. */
  atLeast(time: number): void
}

/**
 * A clock whose `now` never runs backwards, so that journalled times never do either: when the machine's clock is set
 * back, it goes on from where it was.
 */
export function steady(clock: Clock): SteadyClock {
  let last = Number.NEGATIVE_INFINITY
  let ahead = 0
  return {
    now() {
      const now = clock.now() + ahead
      if (now < last) ahead += last - now
      else last = now
      return last
    },
    after: (ms, fn, options) => clock.after(ms, fn, options),
    atLeast(time) {
      last = Math.max(last, time)
    },
  }
}
