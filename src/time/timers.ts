/** The timers of a runtime. They measure time that passes: they do not change when somebody corrects the date. */
export interface Timers {
  /** How many have yet to fire; those that never will do not count. */
  readonly size: number
  /**
   * Calls `fire` once after `ms` milliseconds: at once if that is no positive number, and never if it is `Infinity`. The
   * returned function takes that back.
   */
  after(ms: number, fire: () => void): () => void
  /** Takes all of them back. */
  clear(): void
}

/** Beyond this, setTimeout of every host fires at once; a longer timer is set again when it is reached. */
export const longestTimeout = 2_147_483_647

/** A delay as everything understands it that waits: what is negative or no number is over at once. */
export function timerDelay(ms: number): number {
  return ms > 0 ? ms : 0
}
