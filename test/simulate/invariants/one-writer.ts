import type { Invariant, Report, Written } from '../invariant.ts'

/** A partition has one writer: frames follow each other, and a process never writes after a later process has written. */
export class OneWriter implements Invariant {
  readonly name = 'one writer'
  readonly #report: Report
  readonly #last = new Map<string, { readonly epoch: number; readonly position: number }>()

  constructor(report: Report) {
    this.#report = report
  }

  written({ partition, epoch, after, frames }: Written): void {
    const last = this.#last.get(partition) ?? { epoch: 0, position: 0 }
    if (epoch < last.epoch)
      this.#report(`owner ${epoch} of ${partition} wrote after owner ${last.epoch}: frame ${frames.at(-1)?.position}`)
    if (after !== last.position)
      this.#report(`frames of ${partition} were written after ${after}, where its last frame is ${last.position}`)
    this.#last.set(partition, { epoch, position: frames.at(-1)?.position ?? after })
  }

  deleted(partition: string): void {
    this.#last.delete(partition)
  }
}
