import type { MeasuringClock } from '../clock.ts'
import { checkPattern, matcher } from '../events/pattern.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { ErrorWords } from '../thrown.ts'
import type { Address } from './address.ts'
import { type Envelope, frozenEnvelope } from './envelope.ts'
import { isTaggedBy } from './tags.ts'

/**
 * Why an event could not be delivered: its agent had `stopped`, its mailbox was full (`overflow`), its time to live was over
 * before an agent handled it or a subscriber got it (`expired`), it is a request or reply of an ask that had ended (`stale`), it
 * was addressed to one agent whose machine did not take it (`ignored`), the step that handled it `failed`, or the process ended
 * twice while it was being handed to an agent (`quarantined`).
 */
export type DeadReason = 'stopped' | 'overflow' | 'expired' | 'stale' | 'ignored' | 'failed' | 'quarantined'

/** An event that could not be delivered, its receiver, and the reason. */
export interface DeadLetter {
  readonly envelope: Envelope
  /** The agent that it was for; of a reply, the key of its ask; of a subscriber, `subscriber/<name>`. */
  readonly to: Address
  /** The partition whose journal holds the dead letter. */
  readonly partition: Address
  /** Why it died the last time. */
  readonly reason: DeadReason
  /** How often it was handed over, or tried to be. */
  readonly attempts: number
  /** The thrown error in words, if it `failed`; in the same process, `errorOf` returns the error itself. */
  readonly error?: ErrorWords
  /** When it died for the first and the last time, epoch milliseconds. */
  readonly first: number
  readonly last: number
}

/** Which dead letters; all of them, if nothing is said. */
export interface DeadLetterQuery {
  /** Id of the event. An event for several agents may be several dead letters. */
  readonly id?: string
  /** A type or a pattern such as `party.agent.*`. */
  readonly type?: string
  readonly party?: string
  readonly to?: Address
  readonly reason?: DeadReason
  /** Only events that have at least one of these tags. */
  readonly tags?: readonly string[]
  /** Epoch milliseconds: only dead letters that last died before this moment. */
  readonly before?: number
  /** Only the newest, at most this many. */
  readonly limit?: number
}

const queryNames: OptionNames<DeadLetterQuery> = {
  id: true,
  type: true,
  party: true,
  to: true,
  reason: true,
  tags: true,
  before: true,
  limit: true,
}

/** How many dead letters are kept, and for how long. */
export interface DeadLetterRules {
  /** How many dead letters are kept; 1,000 by default. Above that, the oldest is forgotten. */
  readonly most?: number
  /** Milliseconds; 7 days by default. */
  readonly retention?: number
}

const ruleNames: OptionNames<DeadLetterRules> = { most: true, retention: true }

const week = 7 * 24 * 60 * 60 * 1_000

/** The newest dead letters of a runtime; older ones are only counted. */
export class DeadLetters {
  // Ordered by when they last died.
  readonly #kept = new Set<DeadLetter>()
  /** Until when each is kept, in elapsed milliseconds. */
  readonly #until = new WeakMap<DeadLetter, number>()
  readonly #clock: Pick<MeasuringClock, 'now' | 'elapsed'>
  readonly #most: number
  readonly #retention: number
  #total = 0

  constructor(clock: Pick<MeasuringClock, 'now' | 'elapsed'>, rules: DeadLetterRules = {}) {
    checkOptionNames('deadLetters', rules, ruleNames)
    const { most = 1_000, retention = week } = rules
    this.#clock = clock
    this.#most = most
    this.#retention = retention
  }

  /** How many events ever died. */
  get total(): number {
    return this.#total
  }

  add(letter: DeadLetter): void {
    this.#total++
    this.#until.set(letter, this.#clock.elapsed() + this.#retention)
    this.putBack(letter)
  }

  /** Keeps a dead letter that was taken, but not sent. */
  putBack(letter: DeadLetter): void {
    this.#kept.add(letter)
    this.#forgetOld()
  }

  /** Forgets the dead letters of a partition, which are about to be read back from the journal. */
  forgetOf(partition: Address): void {
    for (const letter of this.#kept) if (letter.partition === partition) this.#kept.delete(letter)
  }

  /** Adds the dead letters of another process, ordered by when they died. */
  restore(letters: readonly DeadLetter[]): void {
    // It is unknown how long ago they died, because no clock measured across processes.
    const now = this.#clock.now()
    const elapsed = this.#clock.elapsed()
    for (const letter of letters) this.#until.set(letter, elapsed + this.#retention - Math.max(0, now - letter.last))
    const all = [...letters, ...this.#kept].toSorted((one, other) => one.last - other.last)
    this.#kept.clear()
    for (const letter of all) this.#kept.add(letter)
    this.#forgetOld()
  }

  /** The matching dead letters, oldest first. @throws IllegalPatternError */
  list({ limit = Number.POSITIVE_INFINITY, ...query }: DeadLetterQuery = {}): readonly DeadLetter[] {
    checkOptionNames('bus.deadLetters', query, queryNames)
    this.#forgetOld()
    const isMeant = matching(query)
    const found = [...this.#kept].filter(isMeant)
    return limit < found.length ? found.slice(found.length - limit) : found
  }

  /** Removes and returns the matching dead letters, so that no other caller gets them. @throws IllegalPatternError */
  take(query?: DeadLetterQuery): readonly DeadLetter[] {
    const taken = this.list(query)
    for (const letter of taken) this.#kept.delete(letter)
    return taken
  }

  #forgetOld(): void {
    const now = this.#clock.elapsed()
    for (const letter of this.#kept) {
      if (this.#kept.size <= this.#most && (this.#until.get(letter) ?? now) > now) return
      this.#kept.delete(letter)
    }
  }
}

/** A dead letter that a journal gave back. */
export function frozenLetter(letter: DeadLetter): DeadLetter {
  return Object.freeze({ ...letter, envelope: frozenEnvelope(letter.envelope) })
}

function matching({ id, type, party, to, reason, tags, before }: DeadLetterQuery): (letter: DeadLetter) => boolean {
  const isTagged = isTaggedBy(tags)
  const isOfType = type === undefined ? () => true : matcher(checkPattern(type))
  return letter =>
    (id === undefined || letter.envelope.id === id) &&
    isOfType(letter.envelope.type) &&
    isTagged(letter.envelope) &&
    (party === undefined || letter.envelope.party === party) &&
    (to === undefined || letter.to === to) &&
    (reason === undefined || letter.reason === reason) &&
    (before === undefined || letter.last < before)
}
