import type { Clock } from '../index.ts'

/** Milliseconds between two pings. */
const interval = 10_000

/** Milliseconds without an answer after which a viewer makes way for a new one. */
const patience = 1_000

/** Milliseconds without an answer after which a viewer is taken for gone. */
const limit = 30_000

/** Whether a viewer is still there: it answers pings, or takes what it is sent. */
export class Pulse {
  readonly #clock: Clock
  readonly #ping: () => void
  readonly #gone: () => void
  /** When the first ping was sent that was not answered. */
  #askedAt: number | undefined
  #cancel = () => {}

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

  /** Whether somebody else may have its place. */
  get isSilent(): boolean {
    return this.#silence >= patience
  }

  /** The viewer has given a sign. */
  sign(): void {
    this.#askedAt = undefined
  }

  stop(): void {
    this.#cancel()
  }

  get #silence(): number {
    return this.#askedAt === undefined ? 0 : this.#clock.now() - this.#askedAt
  }

  #beat(): void {
    if (this.#silence >= limit) return this.#gone()
    this.#askedAt ??= this.#clock.now()
    this.#cancel = this.#clock.after(interval, () => this.#beat(), { background: true })
    return this.#ping()
  }
}
