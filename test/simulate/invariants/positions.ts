import type { Frame } from 'troupe'
import type { Invariant, Report, Written } from '../invariant.ts'

/** Positions grow, and an agent handles each position once, unless it failed on it. */
export class Positions implements Invariant {
  readonly name = 'each event is handled once'
  readonly #report: Report
  readonly #last = new Map<string, number>()
  readonly #positions = new Map<string, Set<number>>()
  readonly #handled = new Map<string, Set<string>>()

  constructor(report: Report) {
    this.#report = report
  }

  written({ partition, frames }: Written): void {
    for (const frame of frames) {
      this.#takePositions(partition, frame)
      const { cause } = frame
      if (cause.kind === 'step' && !this.#known(partition).has(cause.handled))
        this.#report(`${cause.agent} handled ${cause.type} at ${cause.handled}, which the journal does not have`)
      if (cause.kind !== 'step' || cause.outcome === 'failed') continue
      const step = `${cause.agent} at ${cause.handled}`
      const handled = this.#handledIn(partition)
      if (handled.has(step)) this.#report(`${cause.agent} handled ${cause.type} at ${cause.handled} twice`)
      handled.add(step)
    }
  }

  /** The positions of all entries. */
  #known(partition: string): Set<number> {
    const known = this.#positions.get(partition) ?? new Set()
    this.#positions.set(partition, known)
    return known
  }

  #handledIn(partition: string): Set<string> {
    const handled = this.#handled.get(partition) ?? new Set()
    this.#handled.set(partition, handled)
    return handled
  }

  #takePositions(partition: string, { position, entries }: Frame): void {
    let last = this.#last.get(partition) ?? 0
    for (const entry of entries) {
      // The envelope in a dead letter has an older position.
      const seq = 'seq' in entry ? entry.seq : entry.envelope.seq
      if (seq <= last) this.#report(`position ${seq} of ${partition} comes after ${last} (${entry.kind})`)
      last = seq
      this.#known(partition).add(seq)
    }
    if (position <= last) this.#report(`frame ${position} of ${partition} comes after ${last}`)
    this.#last.set(partition, position)
  }

  deleted(partition: string): void {
    this.#last.delete(partition)
    this.#positions.delete(partition)
    this.#handled.delete(partition)
  }
}
