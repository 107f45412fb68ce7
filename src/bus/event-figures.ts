import { Durations } from './durations.ts'

/** The figures of one type since the runtime was created. */
export interface TypeFigures {
  /** How many events were published. */
  readonly published: number
  /** How often a subscriber failed on such an event. */
  readonly failures: number
  /** When the newest event was published, epoch milliseconds. */
  readonly lastAt: number | undefined
  /**
   * Milliseconds that the delivery of an event takes: each call that returns a promise; if no subscriber returns one, all calls
   * together, of every 16th event. `undefined` before the first measurement.
   */
  readonly averageMs: number | undefined
  readonly lastMs: number | undefined
}

/** Collects the figures of one type. */
export class EventFigures {
  published = 0
  failures = 0
  // Always a number: engines keep it in place, and would make an object of a number that may be `undefined`.
  lastAt = Number.NaN
  readonly times = new Durations()

  get figures(): TypeFigures {
    const { published, failures, lastAt, times } = this
    const at = Number.isNaN(lastAt) ? undefined : lastAt
    return { published, failures, lastAt: at, averageMs: times.average, lastMs: times.last }
  }
}
