import type { Envelope } from 'troupe'
import type { Invariant, Report, Written } from '../invariant.ts'

/** An agent handles the events of one sender in the order in which they were said, if they have the same type and priority. */
export class SenderOrder implements Invariant {
  readonly name = 'order of each sender'
  readonly #report: Report
  readonly #lanes = new Map<string, Map<number, string>>()
  readonly #last = new Map<string, number>()

  constructor(report: Report) {
    this.#report = report
  }

  written({ partition, frames }: Written): void {
    for (const { cause, entries } of frames) {
      for (const entry of entries) {
        if (entry.kind === 'event') this.#said(partition, entry.envelope)
        // It goes back to its place in the mailbox.
        if (entry.kind === 'redelivered' || entry.kind === 'redriven') this.#forget(partition)
      }
      // A pool routes its events anew after a crash, so its members have no order.
      if (cause.kind !== 'step' || isMember(cause.agent)) continue
      const lane = this.#lanes.get(partition)?.get(cause.handled)
      if (lane === undefined) continue
      const line = `${cause.agent} ${lane}`
      const last = this.#last.get(line) ?? 0
      if (cause.handled < last) this.#report(`${cause.agent} handled ${cause.handled} after ${last}, both ${lane}`)
      this.#last.set(line, cause.handled)
    }
  }

  #said(partition: string, { seq, source, type, priority, to }: Envelope): void {
    const lanes = this.#lanes.get(partition) ?? new Map()
    this.#lanes.set(partition, lanes)
    lanes.set(seq, `${type} of ${source} with priority ${priority} in ${partition}${to === undefined ? '' : ' to it'}`)
  }

  #forget(partition: string): void {
    this.#lanes.delete(partition)
  }

  deleted(partition: string): void {
    this.#forget(partition)
    for (const line of this.#last.keys()) if (line.includes(` in ${partition}`)) this.#last.delete(line)
  }
}

/** Whether an address is below another agent or a pool: `party/p1/scribes/1`. */
function isMember(address: string): boolean {
  return address.split('/').length > (address.startsWith('party/') ? 3 : 2)
}
