import { Cron } from 'croner'

/** Moments that follow each other, in epoch milliseconds. */
export interface Moments {
  /** The first one after a moment. */
  next(after: number): number | undefined
  /** The last one before a moment. */
  previous(before: number): number | undefined
}

/** Epoch milliseconds; dates reach no further. */
export const lastMoment = 8_640_000_000_000_000

/**
 * The moments of a cron pattern in a time zone: calculated, never waited for.
 *
 * @throws TypeError, RangeError if there is no such pattern
 */
export function cronMoments(pattern: string, timezone: string): Moments {
  // The library takes a date for a pattern as well.
  if (!/^\s*(?:@\w+|\S+(?:\s+\S+){4,6})\s*$/.test(pattern)) throw new TypeError('it has five, six or seven fields')
  const cron = new Cron(pattern, { timezone, paused: true })
  return {
    next: after => (after < lastMoment ? cron.nextRun(new Date(after))?.getTime() : undefined),
    previous: before => cron.previousRuns(1, new Date(Math.min(before, lastMoment)))[0]?.getTime(),
  }
}
