/** The timers of a runtime. They measure passing time: a corrected date does not change them. */
export interface Timers {
  /** How many timers have yet to fire. Timers that never fire do not count. */
  readonly size: number
  /**
   * Calls `fire` once after `ms` milliseconds: at once if `ms` is no positive number, and never if it is `Infinity`. The returned
   * function cancels the timer.
   */
  after(ms: number, fire: () => void): () => void
  /** Cancels all timers. */
  clear(): void
}

/** With a longer time, `setTimeout` fires at once. A longer timer is set in several parts. */
export const longestTimeout = 2_147_483_647

/** The milliseconds that a timer waits: 0 for a negative number, and for a value that is no number. */
export function timerDelay(ms: number): number {
  return ms > 0 ? ms : 0
}
