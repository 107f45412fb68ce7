import { runtimePartition } from '../actor/address.ts'
import type { DeadLetter, DeadLetterQuery } from '../actor/dead-letters.ts'
import type { Shared } from './partition.ts'

/**
 * What could not be delivered, as people outside the agents see it.
 *
 * @example
 * runtime.bus.deadLetters.list({ type: 'party.agent.*', reason: 'failed' })
 * await runtime.bus.deadLetters.redrive({ party: party.id }) // the agent is mended: try again
 */
export class DeadLetterOffice {
  readonly #shared: Shared

  constructor(shared: Shared) {
    this.#shared = shared
  }

  /** How many events ever died, those that are kept no longer included. */
  get total(): number {
    return this.#shared.deadLetters.total
  }

  /** The newest ones that match, oldest first. @throws IllegalPatternError */
  list(query?: DeadLetterQuery): readonly DeadLetter[] {
    return this.#shared.deadLetters.list(query)
  }

  /**
   * Delivers those that match to their agents again, each once however often this is called meanwhile; resolves with their
   * number when that is durable. One whose agent is gone is a dead letter again, with one attempt more.
   *
   * @throws IllegalPatternError, RuntimeStateError, JournalAppendError
   */
  async redrive(query?: DeadLetterQuery): Promise<number> {
    this.#shared.checkRunning()
    const letters = this.#shared.deadLetters.take(query)
    await Promise.all(letters.map(letter => this.#partitionOf(letter)?.redrive(letter)))
    return letters.length
  }

  /** Forgets those that match; returns their number. @throws IllegalPatternError */
  purge(query?: DeadLetterQuery): number {
    return this.#shared.deadLetters.take(query).length
  }

  // Of a deleted party nothing is left, so that its letters die where nobody else's mail is.
  #partitionOf({ partition }: DeadLetter) {
    return this.#shared.partition(partition) ?? this.#shared.partition(runtimePartition)
  }
}
