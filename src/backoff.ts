import type { OptionNames } from './options.ts'

/** How long to wait before a restart, or before an effect is tried again: longer each time. */
export interface Backoff {
  /** Milliseconds of the first wait. */
  readonly initial: number
  /** By how much each wait is longer than the one before; 2 by default. */
  readonly factor?: number
  /** Milliseconds that no wait exceeds; 30,000 by default. */
  readonly max?: number
  /**
   * The part of a wait that is left to chance, from 0 to 1, so that agents that failed together do not start again together; 0.5
   * by default.
   */
  readonly jitter?: number
}

export const backoffNames: OptionNames<Backoff> = { initial: true, factor: true, max: true, jitter: true }

/**
 * The wait before the next attempt: min(max, initial x factor^(attempt - 1)), less a random part of up to `jitter` of it ("equal
 * jitter" at 0.5, "full jitter" at 1: M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).
 *
 * @param attempt counted from 1
 * @param random from 0 up to but not including 1
 * @returns milliseconds
 */
export function backoffDelay(
  { initial, factor = 2, max = 30_000, jitter = 0.5 }: Backoff,
  attempt: number,
  random: number,
): number {
  // The power may be infinity, and infinity times 0 would be NaN.
  const longest = initial === 0 ? 0 : Math.min(max, initial * factor ** (attempt - 1))
  return longest * (1 - jitter * random)
}
