import type { Envelope } from 'troupe'
import type { Invariant, Report, Written } from '../invariant.ts'

interface Waiting {
  readonly process: number
  /** Milliseconds from the beginning of the run until it was said. */
  readonly said: number
  /** Milliseconds. */
  readonly ttl: number
}

/** Corrections of the clock by less than a minute are not noticed. */
const unnoticed = 60_000

/** No event expires before its time to live has passed, however the clock is corrected meanwhile. */
export class Expiry implements Invariant {
  readonly name = 'nothing expires early'
  readonly #report: Report
  readonly #waiting = new Map<string, Waiting>()

  constructor(report: Report) {
    this.#report = report
  }

  written({ partition, frames, process, elapsed, date }: Written): void {
    for (const { entries } of frames)
      for (const entry of entries) {
        // It may have been said some time before it was written.
        if (entry.kind === 'event')
          this.#said(partition, entry.envelope, process, elapsed - Math.max(0, date - entry.envelope.time))
        if (entry.kind !== 'dead' || entry.reason !== 'expired') continue
        const known = this.#waiting.get(`${partition} ${entry.envelope.seq}`)
        // The next process does not know of a correction that no frame recorded.
        if (known?.process !== process) continue
        const waited = elapsed - known.said
        if (waited + unnoticed < known.ttl)
          this.#report(`${entry.envelope.type} expired after ${waited} ms, and may wait ${known.ttl} ms`)
      }
  }

  #said(partition: string, { seq, time, expirytime }: Envelope, process: number, said: number): void {
    if (expirytime !== undefined) this.#waiting.set(`${partition} ${seq}`, { process, said, ttl: expirytime - time })
  }

  deleted(partition: string): void {
    for (const key of this.#waiting.keys()) if (key.startsWith(`${partition} `)) this.#waiting.delete(key)
  }
}
