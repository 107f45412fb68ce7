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
  #kept: Envelope[] = []
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
    const found = this.#inOrder.filter(
      one =>
        (party === undefined || one.party === party) &&
        (correlationId === undefined || one.correlationid === correlationId) &&
        isOfType(one.type),
    )
    return limit < found.length ? found.slice(found.length - limit) : found
  }

  /** Keeps nothing of a party. */
  forget(party: string): void {
    this.#kept = this.#inOrder.filter(one => one.party !== party)
    this.#oldest = 0
  }

  get #inOrder(): Envelope[] {
    return [...this.#kept.slice(this.#oldest), ...this.#kept.slice(0, this.#oldest)]
  }
}
