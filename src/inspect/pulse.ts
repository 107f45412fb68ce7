import type { Clock } from '../index.ts'

/** Milliseconds between two pings. */
const interval = 10_000

/** Milliseconds without an answer after which a new viewer may replace this one. */
const patience = 1_000

/** After this many unanswered pings, a viewer counts as gone: half a minute after the first. */
const mostUnanswered = 3

/** Whether a viewer is still there: it answers pings, or reads what it is sent. */
export class Pulse {
  readonly #clock: Clock
  readonly #ping: () => void
  readonly #gone: () => void
  /** Whether a new viewer may replace it. */
  isSilent = false
  /** Pings since its last sign of life. */
  #unanswered = 0
  #cancel = () => {}
  #cancelPatience = () => {}

  /**
   * @param ping sends a ping
   * @param gone is called once, when the viewer has given no sign of life for half a minute
   */
  constructor(clock: Clock, ping: () => void, gone: () => void) {
    this.#clock = clock
    this.#ping = ping
    this.#gone = gone
    this.#beat()
  }

  /** The viewer has given a sign of life. */
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
