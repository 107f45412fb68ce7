import { checkPattern, matcher } from '../events/pattern.ts'
import { type Envelope, keyIn } from '../mail/envelope.ts'
import { isTaggedBy } from '../mail/tags.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'

/** What to look for in the history. */
export interface HistoryQuery {
  readonly party?: string
  /** An exact type or a pattern. */
  readonly type?: string
  /** Only events that one first event led to. */
  readonly correlationId?: string
  /** Only events that have at least one of these tags. */
  readonly tags?: readonly string[]
  /** Only the newest events, at most this many. */
  readonly limit?: number
}

const historyNames: OptionNames<HistoryQuery> = {
  party: true,
  type: true,
  correlationId: true,
  tags: true,
  limit: true,
}

/** How many events the history keeps (S4: 1,000). */
const historyLimit = 1_000

/** The history forgets so many deleted partitions at once, because that takes no longer than for one. */
const forgottenAtOnce = 32

/** The newest events that were published. */
export class History {
  #kept: Envelope[] = []
  #oldest = 0
  readonly #forgotten = new Set<string>()

  add(envelope: Envelope): void {
    // A new partition may have the id of a deleted one.
    if (this.#forgotten.size > 0 && this.#forgotten.has(keyIn(envelope) ?? '')) this.#forgetAll()
    // The events of deleted partitions go first.
    if (this.#kept.length === historyLimit && this.#forgotten.size > 0) this.#forgetAll()
    if (this.#kept.length < historyLimit) this.#kept.push(envelope)
    else {
      this.#kept[this.#oldest] = envelope
      this.#oldest = (this.#oldest + 1) % historyLimit
    }
  }

  /** The events that match a query, oldest first. @throws IllegalPatternError, UnknownOptionError */
  find(query: HistoryQuery): readonly Envelope[] {
    checkOptionNames('bus.history', query, historyNames)
    const { party, type, correlationId, tags, limit = historyLimit } = query
    if (this.#forgotten.size > 0) this.#forgetAll()
    const isOfType = type === undefined ? () => true : matcher(checkPattern(type))
    const isTagged = isTaggedBy(tags)
    const found = this.#inOrder.filter(
      one =>
        (party === undefined || one.party === party) &&
        (correlationId === undefined || one.correlationid === correlationId) &&
        isOfType(one.type) &&
        isTagged(one),
    )
    return limit < found.length ? found.slice(found.length - limit) : found
  }

  /** Forgets the events of a partition. */
  forget(key: string): void {
    this.#forgotten.add(key)
    if (this.#forgotten.size >= forgottenAtOnce) this.#forgetAll()
  }

  #forgetAll(): void {
    this.#kept = this.#inOrder.filter(one => !this.#forgotten.has(keyIn(one) ?? ''))
    this.#oldest = 0
    this.#forgotten.clear()
  }

  get #inOrder(): Envelope[] {
    return [...this.#kept.slice(this.#oldest), ...this.#kept.slice(0, this.#oldest)]
  }
}
