import type { Address } from './address.ts'
import type { Envelope } from './envelope.ts'

/**
 * Why an event could not be delivered: its agent had `stopped`, its mailbox was full (`overflow`), its time was over before it
 * was handled (`expired`), it is a request or reply of an ask that had ended (`stale`), the machine did not take what was meant for it alone (`ignored`), or the step that
 * handled it `failed`.
 */
export type DeadReason = 'stopped' | 'overflow' | 'expired' | 'stale' | 'ignored' | 'failed'

/** An event that could not be delivered, to whom, and why. */
export interface DeadLetter {
  readonly envelope: Envelope
  readonly to: Address
  readonly reason: DeadReason
  readonly time: number
}

/** The newest dead letters of a runtime; older ones are only counted. */
export class DeadLetters {
  readonly #kept: DeadLetter[] = []
  readonly #limit: number
  #total = 0

  constructor(limit = 1_000) {
    this.#limit = limit
  }

  /** How many there ever were. */
  get total(): number {
    return this.#total
  }

  add(letter: DeadLetter): void {
    this.#total++
    this.#kept.push(letter)
    if (this.#kept.length > this.#limit) this.#kept.shift()
  }

  /** The newest ones, oldest first. */
  list({ party, reason }: { readonly party?: string; readonly reason?: DeadReason } = {}): readonly DeadLetter[] {
    return this.#kept.filter(
      letter =>
        (party === undefined || letter.envelope.party === party) && (reason === undefined || letter.reason === reason),
    )
  }
}
