import { checkPattern, matcher } from '../events/pattern.ts'
import type { Envelope } from './envelope.ts'

/** What to look for in the history. */
export interface HistoryQuery {
  readonly party?: string
  /** An exact type or a pattern. */
  readonly type?: string
  /** What one first event led to. */
  readonly correlationId?: string
  /** The newest so many. */
  readonly limit?: number
}

/** How many events the history keeps (S4: 1,000). */
const historyLimit = 1_000

/** The newest events that were told. */
export class History {
  readonly #kept: Envelope[] = []
  #oldest = 0

  add(envelope: Envelope): void {
    if (this.#kept.length < historyLimit) this.#kept.push(envelope)
    else {
      this.#kept[this.#oldest] = envelope
      this.#oldest = (this.#oldest + 1) % historyLimit
    }
  }

  /** Those that match, oldest first. @throws IllegalPatternError */
  find({ party, type, correlationId, limit = historyLimit }: HistoryQuery): readonly Envelope[] {
    const isOfType = type === undefined ? () => true : matcher(checkPattern(type))
    const inOrder = [...this.#kept.slice(this.#oldest), ...this.#kept.slice(0, this.#oldest)]
    const found = inOrder.filter(
      one =>
        (party === undefined || one.party === party) &&
        (correlationId === undefined || one.correlationid === correlationId) &&
        isOfType(one.type),
    )
    return limit < found.length ? found.slice(found.length - limit) : found
  }
}
