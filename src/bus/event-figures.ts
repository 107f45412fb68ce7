import { Durations } from './durations.ts'

/** What is known of the events of one type since the runtime was made. */
export interface TypeFigures {
  /** How many were told. */
  readonly published: number
  /** How often a subscriber failed on one. */
  readonly failures: number
  /** When the newest one happened, epoch milliseconds. */
  readonly lastAt: number | undefined
  /**
   * Milliseconds that it takes to tell one: how long each subscriber takes that returns a promise; where all return at once, how
   * long they run together, of every 16th event. None before the first was measured.
   */
  readonly averageMs: number | undefined
  readonly lastMs: number | undefined
}

/** Collects the figures of one type. */
export class EventFigures {
  published = 0
  failures = 0
  // Always a number, which engines keep in place; each other one would be an object of its own.
  lastAt = Number.NaN
  readonly times = new Durations()

  get figures(): TypeFigures {
    const { published, failures, lastAt, times } = this
    const at = Number.isNaN(lastAt) ? undefined : lastAt
    return { published, failures, lastAt: at, averageMs: times.average, lastMs: times.last }
  }
}
