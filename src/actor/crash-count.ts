import type { Envelope } from '../mail/envelope.ts'

type At = Pick<Envelope, 'seq'>

/** How often one agent crashed on each event that it may get again. */
export class CrashCount {
  // Most agents never crash: a hundred thousand of them may be idle.
  #crashes: Map<number, number> | undefined

  /** Counts a crash on an event; returns how many there are. */
  add({ seq }: At): number {
    const count = this.of({ seq }) + 1
    this.set(seq, count)
    return count
  }

  /** Sets how often the agent crashed on an event in another process. */
  set(seq: number, times: number): void {
    this.#crashes ??= new Map()
    this.#crashes.set(seq, times)
  }

  /** How often the agent has crashed on an event. */
  of({ seq }: At): number {
    return this.#crashes?.get(seq) ?? 0
  }

  /** Forgets an event that is not handed over again; returns how often it was handed over. */
  forget({ seq }: At): number {
    const handedOver = this.#crashes?.get(seq) ?? 1
    this.#crashes?.delete(seq)
    return handedOver
  }
}
