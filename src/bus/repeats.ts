import { AsyncLocalStorage } from 'node:async_hooks'
import { Fifo } from '../fifo.ts'
import type { Envelope } from '../mail/envelope.ts'

/** An event that a subscriber gets once more. */
export interface Repeat<Call> {
  readonly envelope: Envelope
  readonly call: Call
  ended(isWell: boolean | undefined): void
}

/** The events that a subscriber gets once more: events of replays, and redriven dead letters. */
export class Repeats<Call extends (...args: never[]) => unknown> {
  readonly #waiting = new Fifo<Repeat<Call>>()

  get size(): number {
    return this.#waiting.size
  }

  /** @returns whether the call went well; `undefined` if it was not made */
  add(envelope: Envelope, call: Call): Promise<boolean | undefined> {
    // The call runs in the async context of the code that asked for the repeat.
    const bound = AsyncLocalStorage.bind(call)
    return new Promise(resolve => this.#waiting.push({ envelope, call: bound, ended: resolve }))
  }

  shift(): Repeat<Call> | undefined {
    return this.#waiting.shift()
  }

  clear(): void {
    for (const { ended } of this.#waiting) ended(undefined)
    this.#waiting.clear()
  }
}
