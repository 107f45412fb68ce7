import { splitAddress } from '../mail/address.ts'
import type { DeadLetter, DeadLetterQuery } from '../mail/dead-letters.ts'
import { type Envelope, frozenEnvelope } from '../mail/envelope.ts'
import { accept } from '../mail/tally.ts'
import type { Partition } from '../partition/partition.ts'
import { passOn } from '../partition/say.ts'
import type { System } from '../partition/system.ts'
import type { DurableSubscriptions } from './durable-subscriptions.ts'

/**
 * The dead letters, as code outside the agents sees them: `runtime.bus.deadLetters`.
 *
 * @example
 * runtime.bus.deadLetters.list({ type: 'party.agent.*', reason: 'failed' })
 * await runtime.bus.deadLetters.redrive({ party: party.id }) // the agent is fixed: try again
 */
export class DeadLetterOffice {
  readonly #system: System<Partition>
  readonly #durable: DurableSubscriptions

  constructor(system: System<Partition>, durable: DurableSubscriptions) {
    this.#system = system
    this.#durable = durable
  }

  /** How many dead letters there ever were, including letters that are not kept any more. */
  get total(): number {
    return this.#system.deadLetters.total
  }

  /** The newest dead letters that match, oldest first. @throws IllegalPatternError */
  list(query?: DeadLetterQuery): readonly DeadLetter[] {
    return this.#system.deadLetters.list(query)
  }

  /**
   * Delivers the dead letters that match to their agents again, each once; resolves with their number when that is durable. A
   * letter whose agent has gone is a dead letter again, with one attempt more. A letter that cannot be lifted to the declared
   * version stays a dead letter.
   *
   * @throws IllegalPatternError, RuntimeStateError, UnknownEventError, EventVersionError, UpcastError, JournalAppendError
   */
  async redrive(query?: DeadLetterQuery): Promise<number> {
    this.#system.checkRunning()
    const letters = this.#system.deadLetters.take(query)
    await Promise.all(letters.map(letter => this.#redrive(letter)))
    return letters.length
  }

  /** Forgets the dead letters that match; returns their number. @throws IllegalPatternError */
  purge(query?: DeadLetterQuery): number {
    this.#system.checkLive()
    const letters = this.#system.deadLetters.take(query)
    for (const letter of letters) this.#forget(letter)
    return letters.length
  }

  /** Removes the letter from the journal. */
  #forget({ partition: at, envelope: { id }, to }: DeadLetter): void {
    const partition = this.#system.partition(at)
    partition?.append({ kind: 'outside' }, [{ kind: 'purged', seq: partition.nextSeq(), id, to }])
  }

  // The letters of a deleted party belong to the partition of the runtime.
  #partitionOf({ partition }: DeadLetter): Partition {
    return this.#system.partition(partition) ?? this.#system.outside()
  }

  /** Delivers the letter to its agent only, at a new position. */
  async #redrive(letter: DeadLetter): Promise<void> {
    const partition = this.#partitionOf(letter)
    const { deadLetters, tally } = this.#system
    const { envelope, to } = letter
    if (partition.watermark.failure) {
      deadLetters.putBack(letter)
      throw partition.watermark.failure
    }
    const again = revived(letter, partition)
    const subscriber = this.#durable.at(to) ?? this.#system.bus.subscriptionAt(to)
    if (subscriber) {
      const lifted = this.#lifted(again, letter)
      const isWell = await subscriber.again(lifted)
      // The subscriber does not want the event any more, or has ended meanwhile.
      if (isWell === undefined) deadLetters.putBack(letter)
      else {
        this.#forget(letter)
        if (!isWell) partition.losses.loseOutside(lifted, to, { reason: 'failed', failure: subscriber.lastFailure })
      }
      return
    }
    const actor = partition.registry.named(splitAddress(to).name)
    if (actor?.address !== to) {
      accept(tally)
      this.#forget(letter)
      return partition.losses.loseOutside(again, to, { reason: envelope.ask === to ? 'stale' : 'stopped' })
    }
    const lifted = this.#lifted(again, letter)
    accept(tally)
    passOn(partition, lifted, { kind: 'redriven', envelope: lifted }, actor)
    await partition.watermark.reached()
  }

  /** The event in the declared version. Without a way to it, no later process could restore the mail. @throws the error of lifting */
  #lifted(again: Envelope, letter: DeadLetter): Envelope {
    try {
      return frozenEnvelope(this.#system.catalog.lifted(again))
    } catch (error) {
      this.#system.deadLetters.putBack(letter)
      throw error
    }
  }
}

/** The event with a new position, and with the time to live that it was published with. */
function revived({ envelope, to, attempts, first }: DeadLetter, partition: Partition): Envelope {
  const { time, expirytime } = envelope
  const redriven = Object.freeze({ attempts, first })
  const date = partition.date()
  const again = Object.freeze({ ...envelope, seq: partition.nextSeq(), to, redriven })
  if (expirytime === undefined) return again
  // If the clock was behind the time of the party then, the time to live is unknown, and the event gets none.
  return { ...again, expirytime: expirytime > time ? date + expirytime - time : undefined }
}
