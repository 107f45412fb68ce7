import type { Clock } from '../index.ts'

/** Milliseconds between two pings. */
const interval = 10_000

/** Milliseconds without an answer after which a viewer makes way for a new one. */
const patience = 1_000

/** A viewer that has answered so many pings with nothing is taken for gone: half a minute after the first of them. */
const mostUnanswered = 3

/** Whether a viewer is still there: it answers pings, or takes what it is sent. */
export class Pulse {
  readonly #clock: Clock
  readonly #ping: () => void
  readonly #gone: () => void
  /** Whether another viewer may have its place. */
  isSilent = false
  /** Pings since its last sign. */
  #unanswered = 0
  #cancel = () => {}
  #cancelPatience = () => {}

  /**
   * @param ping sends a ping
   * @param gone is called once, when the viewer has given no sign for half a minute
   */
  constructor(clock: Clock, ping: () => void, gone: () => void) {
    this.#clock = clock
    this.#ping = ping
    this.#gone = gone
    this.#beat()
  }

  /** The viewer has given a sign. */
  sign(): void {
    this.#unanswered = 0
    this.isSilent = false
    this.#cancelPatience()
  }

  stop(): void {
    this.#cancel()
    this.#cancelPatience()
  }

  #beat(): void {
    if (this.#unanswered === mostUnanswered) return this.#gone()
    if (this.#unanswered++ === 0) this.#cancelPatience = this.#after(patience, () => (this.isSilent = true))
    this.#cancel = this.#after(interval, () => this.#beat())
    return this.#ping()
  }

  #after(ms: number, fn: () => void): () => void {
    return this.#clock.after(ms, fn, { background: true })
  }
}
