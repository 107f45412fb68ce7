import { runtimePartition, splitAddress } from '../mail/address.ts'
import type { DeadLetter, DeadLetterQuery } from '../mail/dead-letters.ts'
import { type Envelope, frozenEnvelope } from '../mail/envelope.ts'
import { accept } from '../mail/tally.ts'
import type { Partition } from '../partition/partition.ts'
import { passOn } from '../partition/say.ts'
import type { System } from '../partition/system.ts'
import type { DurableSubscriptions } from './durable-subscriptions.ts'

/**
 * What could not be delivered, as people outside the agents see it.
 *
 * @example
 * runtime.bus.deadLetters.list({ type: 'party.agent.*', reason: 'failed' })
 * await runtime.bus.deadLetters.redrive({ party: party.id }) // the agent is mended: try again
 */
export class DeadLetterOffice {
  readonly #system: System<Partition>
  readonly #durable: DurableSubscriptions

  constructor(system: System<Partition>, durable: DurableSubscriptions) {
    this.#system = system
    this.#durable = durable
  }

  /** How many events ever died, those that are kept no longer included. */
  get total(): number {
    return this.#system.deadLetters.total
  }

  /** The newest ones that match, oldest first. @throws IllegalPatternError */
  list(query?: DeadLetterQuery): readonly DeadLetter[] {
    return this.#system.deadLetters.list(query)
  }

  /**
   * Delivers those that match to their agents again, each once; resolves with their number when that is durable. One whose
   * agent is gone is a dead letter again, with one attempt more. One that cannot be lifted to the version that is declared now
   * stays a dead letter.
   *
   * @throws IllegalPatternError, RuntimeStateError, UnknownEventError, EventVersionError, UpcastError, JournalAppendError
   */
  async redrive(query?: DeadLetterQuery): Promise<number> {
    this.#system.checkRunning()
    const letters = this.#system.deadLetters.take(query)
    await Promise.all(letters.map(letter => this.#redrive(letter)))
    return letters.length
  }

  /** Forgets those that match; returns their number. @throws IllegalPatternError */
  purge(query?: DeadLetterQuery): number {
    this.#system.checkLive()
    const letters = this.#system.deadLetters.take(query)
    for (const letter of letters) this.#forget(letter)
    return letters.length
  }

  /** It is none any more. */
  #forget({ partition: at, envelope: { id }, to }: DeadLetter): void {
    const partition = this.#system.partition(at)
    partition?.append({ kind: 'outside' }, [{ kind: 'purged', seq: partition.nextSeq(), id, to }])
  }

  // Of a deleted party nothing is left, so that its letters die where nobody else's mail is.
  #partitionOf({ partition }: DeadLetter) {
    return this.#system.partition(partition) ?? this.#system.partition(runtimePartition)
  }

  /** As a position of its own, meant for one agent alone. */
  async #redrive(letter: DeadLetter): Promise<void> {
    const partition = this.#partitionOf(letter)
    const { deadLetters, tally } = this.#system
    const { envelope, to } = letter
    if (!partition || partition.watermark.failure) {
      deadLetters.putBack(letter)
      throw partition?.watermark.failure
    }
    const again = revived(letter, partition)
    const subscriber = this.#durable.at(to) ?? this.#system.bus.subscriptionAt(to)
    if (subscriber) {
      const lifted = this.#lifted(again, letter)
      const isWell = await subscriber.again(lifted)
      // It is not what he wants to be told any more, or he has gone meanwhile.
      if (isWell === undefined) deadLetters.putBack(letter)
      else {
        this.#forget(letter)
        if (!isWell) partition.losses.loseOutside(lifted, to, 'failed', 1, subscriber.lastFailure)
      }
      return
    }
    const actor = partition.registry.named(splitAddress(to).name)
    if (actor?.address !== to) {
      accept(tally)
      this.#forget(letter)
      return partition.losses.loseOutside(again, to, envelope.ask === to ? 'stale' : 'stopped')
    }
    const lifted = this.#lifted(again, letter)
    accept(tally)
    passOn(partition, lifted, { kind: 'redriven', envelope: lifted }, actor)
    await partition.watermark.reached()
  }

  /** In the version that is declared now: no process could go on with mail that has no way there. @throws why it has none */
  #lifted(again: Envelope, letter: DeadLetter): Envelope {
    try {
      return frozenEnvelope(this.#system.catalog.lifted(again))
    } catch (error) {
      this.#system.deadLetters.putBack(letter)
      throw error
    }
  }
}

/** Given as much time as it had when it was said. */
function revived({ envelope, to, attempts, first }: DeadLetter, partition: Partition): Envelope {
  const { time, expirytime } = envelope
  const redriven = Object.freeze({ attempts, first })
  const date = partition.date()
  const again = Object.freeze({ ...envelope, seq: partition.nextSeq(), to, redriven })
  if (expirytime === undefined) return again
  // Where the clock was behind its party then, nobody knows how long it had: somebody wants it now, so it stays.
  return { ...again, expirytime: expirytime > time ? date + expirytime - time : undefined }
}
