import type { Actor } from '../actor/actor.ts'
import type { Clock } from '../clock.ts'
import { TroupeError } from '../errors.ts'
import type { PendingAsk } from '../invoke/pending-ask.ts'
import { type Address, splitAddress } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Partition } from '../partition/partition.ts'

/** A subscriber that may have waiting events. */
interface Subscribed {
  readonly mayExpire: boolean
  /** Removes waiting events whose time to live is over. */
  sweep(): void
}

interface CleanupHost {
  readonly clock: Clock
  partition(address: Address): Partition | undefined
}

/** Milliseconds between two clean-ups, by default. */
const usual = 300_000
/** With a longer time, setTimeout fires at once. */
const longest = 2_147_483_647

/**
 * Removes waiting events whose time to live is over, and requests whose asker no longer waits, from mailboxes and from the queues
 * of subscribers. Otherwise they would keep their places until the next turn of a busy agent, and publishers would wait for room.
 * It wakes up only while there may be such mail, and does not keep the process alive. Mail that only the journal holds is checked
 * when it is read back.
 */
export class Cleanup {
  readonly #host: CleanupHost
  readonly #every: number
  readonly #expecting = new Map<Actor, Partition>()
  readonly #subscribed = new Set<Subscribed>()
  #cancel: (() => void) | undefined
  #isOver = false

  /** @throws CleanupError */
  constructor(host: CleanupHost, every = usual) {
    if (!(every >= 1 && every <= longest)) throw new CleanupError(every)
    this.#host = host
    this.#every = every
  }

  /** An event with a time to live, or an abandoned request, waits for an agent. */
  expect(partition: Partition, actor: Actor): void {
    if (this.#isOver) return
    this.#expecting.set(actor, partition)
    this.#cancel ??= this.#schedule()
  }

  /** An event with a time to live waits for a subscriber. */
  expectOf(subscribed: Subscribed): void {
    if (this.#isOver) return
    this.#subscribed.add(subscribed)
    this.#cancel ??= this.#schedule()
  }

  /** An ask has ended before its callee took the request. The request may still wait there. */
  abandoned({ to }: PendingAsk): void {
    const { partition: at, name } = splitAddress(to)
    const partition = this.#host.partition(at)
    const actor = partition?.registry.named(name)
    if (partition && actor && actor.inbox.waiting > 0) this.expect(partition, actor)
  }

  /** A partition is gone, with its mail. */
  forget(partition: Address): void {
    for (const [actor, { address }] of this.#expecting) if (address === partition) this.#expecting.delete(actor)
  }

  end(): void {
    this.#isOver = true
    this.#expecting.clear()
    this.#subscribed.clear()
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(): () => void {
    return this.#host.clock.after(this.#every, () => this.#sweep(), { background: true })
  }

  #sweep(): void {
    for (const [actor, partition] of this.#expecting) {
      tidy(actor, partition)
      if (!actor.inbox.mayExpire) this.#expecting.delete(actor)
    }
    for (const subscribed of this.#subscribed) {
      subscribed.sweep()
      if (!subscribed.mayExpire) this.#subscribed.delete(subscribed)
    }
    this.#cancel = this.#expecting.size + this.#subscribed.size > 0 ? this.#schedule() : undefined
  }
}

/** Handles expired and stale mail as the agent's next turn would. */
function tidy(actor: Actor, partition: Partition): void {
  const { asks } = partition
  const whyOver = (envelope: Envelope) => {
    if (partition.frames.isExpired(envelope)) return 'expired'
    return envelope.ask !== undefined && !asks.get(envelope.ask) ? 'stale' : undefined
  }
  for (const { envelope, why } of actor.inbox.sweep(whyOver)) partition.losses.lose(actor, envelope, why)
}

/** The time between two clean-ups is invalid. */
export class CleanupError extends TroupeError {
  readonly code = 'CLEANUP'
  readonly every: number
  constructor(every: number) {
    super(`A clean-up cannot happen every ${every} ms: use milliseconds from 1 to ${longest}, or leave it out.`)
    this.every = every
  }
}
