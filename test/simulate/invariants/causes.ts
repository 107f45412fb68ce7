import type { Envelope } from 'troupe'
import type { Invariant, Report, Written } from '../invariant.ts'

/** Every event has its cause in the journal, and shares the correlation of that cause, up to an event from outside. */
export class Causes implements Invariant {
  readonly name = 'every event has a cause'
  readonly #report: Report
  /** The correlation ids of all events. */
  readonly #known = new Map<string, string>()

  constructor(report: Report) {
    this.#report = report
  }

  written({ frames }: Written): void {
    for (const { entries } of frames)
      for (const entry of entries) if (entry.kind === 'event' || entry.kind === 'asked') this.#take(entry.envelope)
  }

  #take({ id, type, correlationid, causationid }: Envelope): void {
    if (causationid !== undefined) {
      const known = this.#known.get(causationid)
      if (known === undefined) this.#report(`${type} ${id} was caused by ${causationid}, which no journal has`)
      else if (known !== correlationid)
        this.#report(`${type} ${id} has the correlation ${correlationid}, and its cause has ${known}`)
    }
    this.#known.set(id, correlationid)
  }
}
