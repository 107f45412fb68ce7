import { isChosen, isWanted } from '../bus/chosen.ts'
import { Missed } from '../bus/missed.ts'
import { Repeats } from '../bus/repeats.ts'
import { addressOfSubscriber, type SubscriptionRules } from '../bus/subscribe-options.ts'
import { Subscriber } from '../bus/subscriber.ts'
import {
  infoOf,
  type Listener,
  type Subscription,
  type SubscriptionHost,
  type SubscriptionInfo,
} from '../bus/subscription.ts'
import type { Address } from '../mail/address.ts'
import { type Envelope, isJournalled, partitionIn } from '../mail/envelope.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { Failure } from '../thrown.ts'
import { Backlog } from './backlog.ts'
import { DeliveryLoop } from './delivery-loop.ts'
import { PendingEvents } from './pending-events.ts'
import type { Pending } from './progress.ts'
import type { ReaderPositions } from './reader-positions.ts'

/** How often the subscriber gets an event on which it fails. */
const mostAttempts = 3
/** Milliseconds before the second attempt; each later pause is twice as long. */
const firstPause = 1_000

/**
 * Calls one function with each journalled event at least once: of the events in memory, the most urgent first, and of equally
 * urgent events the oldest of its partition. When too many events wait, later ones are read back from the journal.
 */
export class DurableSubscription implements Listener, Subscription {
  readonly rules: SubscriptionRules
  readonly #system: System<Partition>
  readonly #host: SubscriptionHost
  readonly #subscriber: Subscriber
  readonly #positions: ReaderPositions
  readonly #createdAt: number
  readonly #ended: () => void
  readonly #pending: PendingEvents
  readonly #backlog: Backlog
  /** These go before the events that wait. */
  readonly #repeats = new Repeats<() => Promise<boolean>>()
  readonly #missed: Missed
  readonly #loop: DeliveryLoop
  #expired = 0

  constructor(
    rules: SubscriptionRules,
    call: (envelope: Envelope) => unknown,
    positions: ReaderPositions,
    { system, ended }: { readonly system: System<Partition>; ended(): void },
  ) {
    this.rules = rules
    this.#ended = ended
    this.#system = system
    this.#host = system.bus
    this.#positions = positions
    this.#pending = new PendingEvents(rules.limit, positions, system.aging, () => this.#host.mayExpire(this))
    this.#backlog = new Backlog(rules, this.#pending, positions, system)
    this.#missed = new Missed(rules, system.bus)
    this.#subscriber = new Subscriber(rules, call, system.bus)
    const hasMore = () => this.#pending.size + this.#backlog.size + this.#repeats.size > 0
    const deliverAll = () => this.#deliverAll()
    this.#loop = new DeliveryLoop({ hasMore, deliverAll, rested: () => system.bus.rested() }, system.timers)
    this.#createdAt = system.clock.now()
  }

  /** The address of its dead letters. */
  get address(): Address {
    return addressOfSubscriber(this.rules.name)
  }

  get info(): SubscriptionInfo {
    const { size: waiting, since } = this.#pending
    const oldest = since ?? (this.#backlog.size > 0 ? this.#subscriber.lastEventAt : undefined)
    const own = {
      missed: this.#missed.count,
      expired: this.#expired,
      waiting,
      lag: oldest === undefined ? 0 : this.#host.now() - oldest,
      paused: this.#loop.isPaused,
      durable: true,
      createdAt: this.#createdAt,
    }
    return infoOf(this.rules, this.#subscriber, own)
  }

  /** The last error of the subscriber. */
  get lastFailure(): Failure | undefined {
    return this.#subscriber.lastFailure
  }

  get isOver(): boolean {
    return this.#loop.isOver
  }

  get isResting(): boolean {
    return this.#loop.isResting
  }

  /** Keeps events waiting until the returned function is called: the position in the journal is not known yet. */
  hold(): () => void {
    return this.#loop.hold()
  }

  /** Reads the events that were published before it subscribed, or since its last subscription ended. */
  catchUp(partitions: Iterable<Address>): void {
    for (const partition of partitions) this.#backlog.add(partition)
    this.#loop.goOn()
  }

  hear(envelope: Envelope): void {
    if (this.isOver) return
    const partition = partitionIn(envelope)
    // Events that come while the position is not known are delivered after the events that it has missed.
    const isBehind = this.#loop.isHeld || this.#backlog.has(partition)
    if (!isJournalled(envelope)) this.#hearInPassing(envelope)
    else if (isBehind || this.#pending.isFull) this.#backlog.add(partition)
    else this.#pending.add(envelope)
    this.#loop.goOn()
  }

  hearMeasured(envelope: Envelope): void {
    this.hear(envelope)
  }

  hearLate(envelope: Envelope): void {
    this.hear(envelope)
  }

  /** An event that is not journalled cannot be read back: it gets room in memory, or is missed. */
  #hearInPassing(envelope: Envelope): void {
    const { isFull } = this.#pending
    this.#pending.addInPassing(envelope)
    if (isFull) this.#missed.add(envelope)
  }

  get mayExpire(): boolean {
    return this.#pending.mayExpire
  }

  sweep(): void {
    this.#pending.sweep(
      envelope => this.#host.isExpired(envelope),
      pending => {
        if (isChosen(this.rules, pending.envelope, this.#host)) this.#expire(pending.envelope)
        this.#endDead(pending)
      },
    )
  }

  #expire(envelope: Envelope): void {
    // An event whose time was over before the durable name began was never meant for it.
    const { expirytime = 0 } = envelope
    if (expirytime <= this.#positions.begunAt) return
    this.#expired++
    this.#host.expired(envelope, this.rules)
  }

  pause(): void {
    this.#loop.pause()
  }

  resume(): void {
    this.#loop.resume()
  }

  unsubscribe(): void {
    if (this.isOver) return
    this.#loop.end()
    this.#pending.clear()
    this.#backlog.close()
    this.#repeats.clear()
    this.#host.ended(this)
    this.#ended()
  }

  finish(): void {
    this.unsubscribe()
  }

  again(envelope: Envelope): Promise<boolean | undefined> {
    if (this.isOver || !isWanted(this.rules, envelope, this.#host)) return Promise.resolve(undefined)
    const ended = this.#repeats.add(envelope, () => this.#call(envelope))
    this.#loop.goOn()
    return ended
  }

  /**
   * All events of a partition up to a position were delivered or not wanted: the journal need not keep them for this
   * subscription.
   */
  pass(address: Address, upTo: number): void {
    if (this.isOver || this.#loop.isHeld || this.#backlog.has(address)) return
    const next = this.#pending.nextIn(address)
    const position = next === undefined ? upTo : Math.min(next - 1, upTo)
    if (this.#positions.in(address) < position) this.#positions.reach(address, position)
  }

  /** A partition was deleted, and its events with it. */
  forget(address: Address): void {
    this.#pending.forget(address)
    this.#backlog.forget(address)
  }

  async #deliverAll(): Promise<void> {
    while (this.#loop.mayGoOn) {
      const repeat = this.#repeats.shift()
      if (repeat) {
        const { envelope, call, ended } = repeat
        // A dead letter whose time to live is over again stays a dead letter. A replay shows events of any age.
        ended(envelope.redriven && this.#host.isExpired(envelope) ? undefined : await call())
        continue
      }
      if (this.#backlog.isDue) await this.#backlog.readAll(() => this.#loop.mayGoOn)
      if (!this.#loop.mayGoOn) return
      const next = this.#pending.shift()
      if (next) await this.#deliver(next)
      else if (this.#backlog.hasFailed) await this.#loop.wait(firstPause)
      else if (this.#backlog.size + this.#repeats.size === 0) return
    }
  }

  async #deliver(pending: Pending): Promise<void> {
    const { envelope, progress } = pending
    const outcome = await this.#attempt(envelope, this.#system.partition(partitionIn(envelope)))
    if (outcome === 'done') progress?.end(pending)
    if (outcome === 'dead') this.#endDead(pending)
  }

  /** Moves the position once the journal has the dead letter, so that no crash loses both. */
  #endDead(pending: Pending): void {
    const { envelope, progress } = pending
    this.#system.partition(partitionIn(envelope))?.watermark.whenDurable(() => progress?.end(pending))
  }

  /** Calls the subscriber until a call goes well; after the last attempt the event is a dead letter. `over`: it was unsubscribed. */
  async #attempt(envelope: Envelope, partition: Partition | undefined): Promise<'done' | 'dead' | 'over'> {
    this.#missed.report(envelope)
    const persists = isJournalled(envelope)
    // Another subscription may have had the name meanwhile, and may have got this event.
    if (persists && envelope.seq <= this.#positions.in(partitionIn(envelope))) return 'done'
    if (!isChosen(this.rules, envelope, this.#host)) return 'done'
    for (let attempt = 1; !this.#host.isExpired(envelope); attempt++) {
      // An event that is not journalled gets one attempt; its failure is counted and reported as for any other subscriber.
      if ((await this.#call(envelope)) || !persists) return 'done'
      if (attempt === mostAttempts) {
        const failed = { reason: 'failed' as const, attempts: attempt, failure: this.lastFailure }
        partition?.losses.loseOutside(envelope, this.address, failed)
        return 'dead'
      }
      await this.#loop.wait(firstPause * 2 ** (attempt - 1))
      // Later events must not overtake this one, however long the pause is.
      while (this.#loop.isPaused && !this.isOver) await this.#loop.wait()
      if (this.isOver) return 'over'
    }
    this.#expire(envelope)
    return 'dead'
  }

  async #call(envelope: Envelope): Promise<boolean> {
    return this.#host.during(envelope, () => this.#subscriber.callAndWait(envelope))
  }
}
