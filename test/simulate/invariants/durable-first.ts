import type { Envelope } from 'troupe'
import type { Invariant, Report, Written } from '../invariant.ts'

/** Nothing leaves the agents before the journal has it. */
export class DurableFirst implements Invariant {
  readonly name = 'nothing leaves before it is durable'
  readonly #report: Report
  readonly #written = new Map<string, number>()

  constructor(report: Report) {
    this.#report = report
  }

  written({ partition, frames }: Written): void {
    // What a deleted party said may still be on its way to subscribers.
    this.#written.set(partition, Math.max(this.#written.get(partition) ?? 0, frames.at(-1)?.position ?? 0))
  }

  left({ persist, party, seq, type }: Envelope, to: string): void {
    if (persist === false) return
    const partition = party === undefined ? 'runtime' : `party/${party}`
    const written = this.#written.get(partition) ?? 0
    if (seq > written) this.#report(`${to} got ${type} at ${seq} of ${partition}, but the journal ends at ${written}`)
  }
}
