import { Cron } from 'croner'

/** A sequence of moments, in epoch milliseconds. */
export interface Moments {
  /** The first moment of the sequence that is later than `after`; `undefined` if there is none. */
  next(after: number): number | undefined
  /** The last moment of the sequence that is earlier than `before`; `undefined` if there is none. */
  previous(before: number): number | undefined
}

/** The last moment that a JavaScript date can hold, epoch milliseconds. */
export const lastMoment = 8_640_000_000_000_000

/**
 * The moments of a cron pattern in a time zone: only calculated; nothing waits for them.
 *
 * @throws TypeError, RangeError if the pattern or the time zone is wrong
 */
export function cronMoments(pattern: string, timezone: string): Moments {
  // The library would accept a date as a pattern too.
  if (!/^\s*(?:@\w+|\S+(?:\s+\S+){4,6})\s*$/.test(pattern)) throw new TypeError('it has five, six or seven fields')
  const cron = new Cron(pattern, { timezone })
  return {
    next: after => (after < lastMoment ? cron.nextRun(new Date(after))?.getTime() : undefined),
    previous: before => cron.previousRuns(1, new Date(Math.min(before, lastMoment)))[0]?.getTime(),
  }
}
