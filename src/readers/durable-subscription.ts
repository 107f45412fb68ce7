import { AsyncLocalStorage } from 'node:async_hooks'
import { addressOfSubscriber, type Wanted } from '../bus/subscribe-options.ts'
import { Subscriber, SubscriberError } from '../bus/subscriber.ts'
import {
  infoOf,
  isChosen,
  type Listener,
  SubscriberLagError,
  type Subscription,
  type SubscriptionHost,
  type SubscriptionInfo,
  tellMissed,
} from '../bus/subscription.ts'
import { Fifo } from '../fifo.ts'
import { type Address, partitionOf, runtimePartition } from '../mail/address.ts'
import { type Envelope, isJournalled } from '../mail/envelope.ts'
import { Line, type Spot } from '../mail/line.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { Failure } from '../thrown.ts'
import { journalled } from './journalled.ts'
import type { Places } from './places.ts'
import { type Pending, Progress } from './progress.ts'

/** How often it is told of an event that it fails on, and after how many milliseconds for the first time again. */
const mostAttempts = 3
const firstPause = 1_000

interface Again {
  readonly envelope: Envelope
  call(): Promise<boolean>
  ended(ok: boolean | undefined): void
}

/**
 * Events on their way to one function, which misses none that is journalled: at least once each, the most urgent first of those
 * in memory, and equals in the order of their partition. What comes while too much waits is read back from the journal.
 */
export class DurableSubscription implements Listener, Subscription {
  readonly wanted: Wanted
  readonly #system: System<Partition>
  readonly #host: SubscriptionHost
  readonly #subscriber: Subscriber
  readonly #places: Places
  readonly #createdAt: number
  readonly #ended: () => void
  readonly #waiting: Line<Pending>
  readonly #progress = new Map<Address, Progress>()
  /** What it is told again, before what waits. */
  readonly #again = new Fifo<Again>()
  /** Partitions whose journal is to be read, and the newest position that was told meanwhile. */
  readonly #behind = new Map<Address, number>()
  /** Partitions whose journal could not be read the last time. */
  readonly #unread = new Set<Address>()
  /** Calls where it was subscribed, whoever it is that makes it go on. */
  readonly #outside = AsyncLocalStorage.snapshot()
  #going: Promise<void> | undefined
  #isPaused = false
  #holds = 0
  #missed = 0
  #expired = 0
  #untoldMissed = 0
  #wake: (() => void) | undefined
  isOver = false

  constructor(
    wanted: Wanted,
    tell: (envelope: Envelope) => unknown,
    places: Places,
    system: System<Partition>,
    ended: () => void,
  ) {
    this.wanted = wanted
    this.#ended = ended
    this.#system = system
    this.#host = system.bus
    this.#waiting = new Line(system.aging)
    this.#subscriber = new Subscriber(wanted, tell, system.bus)
    this.#places = places
    this.#createdAt = system.clock.now()
  }

  /** Where its dead letters are addressed to. */
  get address(): Address {
    return addressOfSubscriber(this.wanted.name)
  }

  get info(): SubscriptionInfo {
    const { size: waiting, since } = this.#waiting
    const oldest = since ?? (this.#behind.size > 0 ? this.#subscriber.lastEventAt : undefined)
    const lag = oldest === undefined ? 0 : this.#host.now() - oldest
    const own = {
      missed: this.#missed,
      expired: this.#expired,
      waiting,
      lag,
      paused: this.#isPaused,
      durable: true,
      createdAt: this.#createdAt,
    }
    return infoOf(this.wanted, this.#subscriber, own)
  }

  /** What it threw the last time. */
  get lastFailure(): Failure | undefined {
    return this.#subscriber.lastFailure
  }

  get isResting(): boolean {
    if (this.#isHeld) return this.isOver
    return this.isOver || this.#isPaused || this.#going === undefined
  }

  get #isHeld(): boolean {
    return this.#holds > 0
  }

  /** Waits with what it is told until its place is known. */
  hold(): () => void {
    this.#holds++
    return () => {
      this.#holds--
      this.#goOn()
      this.#host.rested()
    }
  }

  /** Reads what was said before it subscribed, or since it did the last time. */
  catchUp(partitions: Iterable<Address>): void {
    for (const partition of partitions) this.#behind.set(partition, 0)
    this.#goOn()
  }

  hear(envelope: Envelope): void {
    if (this.isOver) return
    const partition = partitionIn(envelope)
    // What is said while its place is not known comes after what it has missed.
    const isBehind = this.#isHeld || this.#behind.has(partition)
    if (!isJournalled(envelope)) this.#hearInPassing(envelope)
    else if (isBehind || this.#waiting.size >= this.wanted.limit) this.#behind.set(partition, envelope.seq)
    else this.#take(envelope)
    this.#goOn()
  }

  hearMeasured(envelope: Envelope): void {
    this.hear(envelope)
  }

  hearLate(envelope: Envelope): void {
    this.hear(envelope)
  }

  #take(envelope: Envelope): void {
    const progress = this.#progressIn(partitionIn(envelope))
    // It was read in the journal before it was told.
    if (envelope.seq <= progress.taken) return
    this.#waiting.push(progress.take(envelope))
    if (envelope.expirytime !== undefined) this.#host.mayExpire(this)
  }

  #progressIn(address: Address): Progress {
    const known = this.#progress.get(address)
    if (known) return known
    const progress = new Progress(address, this.#places)
    this.#progress.set(address, progress)
    return progress
  }

  get mayExpire(): boolean {
    for (const { envelope } of this.#waiting) if (envelope.expirytime !== undefined) return true
    return false
  }

  sweep(): void {
    for (const spot of [...this.#waiting.spots()]) {
      const { envelope } = spot.item
      if (!this.#host.isExpired(envelope) || !this.#waiting.leave(spot)) continue
      if (isChosen(this.wanted, envelope, this.#host)) this.#expire(envelope)
      this.#endDead(spot.item)
    }
  }

  #expire(envelope: Envelope): void {
    // What was over before the name began is not for it.
    const { expirytime = 0 } = envelope
    if (expirytime <= this.#places.begunAt) return
    this.#expired++
    this.#host.expired(envelope, this.wanted)
  }

  pause(): void {
    this.#isPaused = true
    this.#host.rested()
  }

  resume(): void {
    this.#isPaused = false
    this.#wake?.()
    this.#goOn()
  }

  unsubscribe(): void {
    if (this.isOver) return
    this.isOver = true
    this.#waiting.clear()
    this.#behind.clear()
    for (const { ended } of this.#again) ended(undefined)
    this.#again.clear()
    this.#wake?.()
    this.#host.ended(this)
    this.#ended()
  }

  finish(): void {
    this.unsubscribe()
  }

  again(envelope: Envelope): Promise<boolean | undefined> {
    if (this.isOver || !this.wanted.covers(envelope) || !isChosen(this.wanted, envelope, this.#host))
      return Promise.resolve(undefined)
    // Whoever wants it told is still known in what it calls then.
    const call = AsyncLocalStorage.bind(() => this.#call(envelope))
    return new Promise(resolve => {
      this.#again.push({ envelope, call, ended: resolve })
      this.#goOn()
    })
  }

  /** All that was said in a partition up to a position was heard: what it does not want of that need not be kept for it. */
  pass(address: Address, upTo: number): void {
    if (this.isOver || this.#isHeld || this.#behind.has(address)) return
    const next = this.#progress.get(address)?.next
    const place = next === undefined ? upTo : Math.min(next - 1, upTo)
    if (this.#places.in(address) < place) this.#places.reach(address, place)
  }

  /** A partition is gone, and with it what was said there. */
  forget(address: Address): void {
    for (const spot of this.#waiting.spots()) if (partitionIn(spot.item.envelope) === address) this.#waiting.leave(spot)
    this.#progress.delete(address)
    this.#unread.delete(address)
    this.#behind.delete(address)
  }

  /** Nobody can read it back: it is heard now, or missed. */
  #hearInPassing(envelope: Envelope): void {
    const { priority, time } = envelope
    const isFull = this.#waiting.size >= this.wanted.limit
    const lessUrgent = isFull ? this.#leastUrgentInPassing(priority) : undefined
    if (lessUrgent) this.#waiting.leave(lessUrgent)
    if (!isFull || lessUrgent) {
      this.#waiting.push({ priority, time, envelope, isDone: false })
      if (envelope.expirytime !== undefined) this.#host.mayExpire(this)
    }
    if (!isFull) return
    this.#missed++
    if (this.#untoldMissed++ === 0) this.#host.warn(envelope, new SubscriberLagError(this.wanted))
  }

  /** Of what waits and is not journalled, the oldest of the least urgent, unless all are as urgent as this. */
  #leastUrgentInPassing(priority: number): Spot<Pending> | undefined {
    let least: Spot<Pending> | undefined
    for (const spot of this.#waiting.spots())
      if (!spot.item.progress && spot.item.priority > (least?.item.priority ?? priority)) least = spot
    return least
  }

  #tellMissed(next: Envelope): void {
    if (this.#untoldMissed === 0) return
    const missed = this.#untoldMissed
    this.#untoldMissed = 0
    tellMissed(this.wanted, missed, error => this.#host.warn(next, new SubscriberError(this.wanted, next, error)))
  }

  #goOn(): void {
    if (this.#going || this.#isHeld || this.#isPaused || this.isOver) return
    this.#going = this.#outside(() => this.#tellAll()).finally(() => {
      this.#going = undefined
      if (this.#waiting.size + this.#behind.size + this.#again.size > 0) this.#goOn()
      this.#host.rested()
    })
  }

  async #tellAll(): Promise<void> {
    while (!this.#isPaused && !this.isOver) {
      const again = this.#again.shift()
      if (again) {
        await this.#tellAgain(again)
        continue
      }
      if (this.#hasRoom) await this.#readAll()
      if (this.#isPaused || this.isOver) return
      const next = this.#waiting.shift()
      if (next) await this.#tellNext(next)
      else if (this.#unread.size > 0) await this.#rest(firstPause)
      else if (this.#behind.size + this.#again.size === 0) return
    }
  }

  async #tellAgain({ envelope, call, ended }: Again): Promise<void> {
    // A dead letter whose time is over once more stays one. A replay shows what happened, however old it is.
    ended(envelope.redriven && this.#host.isExpired(envelope) ? undefined : await call())
  }

  /** Whether what it is behind with is to be read: half of what fits, so that it need not be begun for each event. */
  get #hasRoom(): boolean {
    if (this.#behind.size === 0) return false
    const { size } = this.#waiting
    // What could not be read is tried again when there is nothing else to do.
    return size === 0 || (this.#unread.size === 0 && size * 2 <= this.wanted.limit)
  }

  async #readAll(): Promise<void> {
    for (const address of [...this.#behind.keys()]) {
      if (this.#waiting.size >= this.wanted.limit || this.#isPaused || this.isOver) return
      await this.#readBack(address)
    }
  }

  async #tellNext(pending: Pending): Promise<void> {
    const { envelope, progress } = pending
    const how = await this.#tell(envelope, this.#system.partition(partitionIn(envelope)))
    if (how === 'done') progress?.end(pending)
    if (how === 'dead') this.#endDead(pending)
  }

  /** Its place goes on once the journal has the dead letter, so that no crash loses both. */
  #endDead(pending: Pending): void {
    const { envelope, progress } = pending
    this.#system.partition(partitionIn(envelope))?.watermark.whenDurable(
      () => progress?.end(pending),
      () => {},
    )
  }

  async #readBack(address: Address): Promise<void> {
    // What the journal holds of a party that is on its way back is not known yet.
    const returning = this.#system.returning(address)
    if (returning) await returning
    const told = this.#behind.get(address)
    const partition = this.#system.partition(address)
    const progress = this.#progressIn(address)
    try {
      for await (const envelope of partition
        ? journalled(partition, Math.max(progress.taken, this.#places.in(address)))
        : []) {
        // Another partition may have come to this address, or the journal hold what nobody may know yet.
        if (this.isOver || this.#progress.get(address) !== progress) return
        if (partition !== this.#system.partition(address)) return
        if (partition && envelope.seq > partition.watermark.durable) break
        if (!this.wanted.covers(envelope)) continue
        if (this.#waiting.size >= this.wanted.limit) return this.#readOnLater(address)
        this.#take(this.#lifted(envelope))
      }
      this.#unread.delete(address)
    } catch (error) {
      if (!this.#unread.has(address)) partition?.reportError('error', error)
      this.#unread.add(address)
      // What it did not read must not be passed over; of a partition that takes no more, there is nothing to wait for.
      if (partition && !partition.watermark.failure) return
      this.#unread.delete(address)
    }
    // More may have been told while it read.
    if (this.#behind.get(address) === told) this.#behind.delete(address)
  }

  /** After the others that it is behind with. */
  #readOnLater(address: Address): void {
    const told = this.#behind.get(address)
    this.#behind.delete(address)
    if (told !== undefined) this.#behind.set(address, told)
  }

  /** In the version that is declared now, if there is a way; else as it was said, which is better than never. */
  #lifted(envelope: Envelope): Envelope {
    try {
      return this.#system.catalog.lifted(envelope)
    } catch (error) {
      this.#host.warn(envelope, error)
      return envelope
    }
  }

  /** Until it goes well, but not for ever: then the event is a dead letter. `over` if it is told no more. */
  async #tell(envelope: Envelope, partition: Partition | undefined): Promise<'done' | 'dead' | 'over'> {
    this.#tellMissed(envelope)
    const persists = isJournalled(envelope)
    // Another subscription may have had the name meanwhile, and told it.
    if (persists && envelope.seq <= this.#places.in(partitionIn(envelope))) return 'done'
    if (!isChosen(this.wanted, envelope, this.#host)) return 'done'
    for (let attempt = 1; !this.#host.isExpired(envelope); attempt++) {
      // What is not journalled is told once, and what fails then is counted and reported as of any other subscriber.
      if ((await this.#call(envelope)) || !persists) return 'done'
      if (attempt === mostAttempts) {
        partition?.losses.loseOutside(envelope, this.address, 'failed', attempt, this.lastFailure)
        return 'dead'
      }
      await this.#rest(firstPause * 2 ** (attempt - 1))
      // It stays the next one, however long that takes: those behind it must not be told before.
      while (this.#isPaused && !this.isOver) await this.#rest()
      if (this.isOver) return 'over'
    }
    this.#expire(envelope)
    return 'dead'
  }

  async #call(envelope: Envelope): Promise<boolean> {
    return this.#host.during(envelope, () => this.#subscriber.told(envelope))
  }

  /** Until the time is over, it is resumed, or ends. */
  #rest(ms = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise(resolve => {
      const isEndless = ms === Number.POSITIVE_INFINITY
      const cancel = isEndless ? () => {} : this.#host.timers.after(ms, () => this.#wake?.())
      this.#wake = () => {
        this.#wake = undefined
        cancel()
        resolve()
      }
    })
  }
}

function partitionIn({ party }: Envelope): Address {
  return party === undefined ? runtimePartition : partitionOf(party)
}
