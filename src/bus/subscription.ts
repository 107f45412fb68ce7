import { AsyncLocalStorage } from 'node:async_hooks'
import { TroupeError } from '../errors.ts'
import { systemError } from '../events/runtime-events.ts'
import { Fifo } from '../fifo.ts'
import type { Envelope } from '../mail/envelope.ts'
import { Line, type Spot } from '../mail/line.ts'
import { FilterError, type Wanted } from './subscribe-options.ts'
import { type Done, Subscriber, SubscriberError, type SubscriberHost } from './subscriber.ts'

/** A subscriber, as `bus.subscriptions` shows it. */
export interface SubscriptionInfo {
  readonly subscriber: string
  readonly types: readonly string[]
  readonly party: string | undefined
  readonly priority: number
  /** Events that it was told of. */
  readonly count: number
  /** Those of them on which it failed. */
  readonly failed: number
  /** Events that came while too many waited. */
  readonly missed: number
  /** Events whose time to live was over before it could be told of them; they are dead letters to `subscriber/<name>`. */
  readonly expired: number
  /** Events that wait for it. */
  readonly waiting: number
  /** Milliseconds since the oldest of them happened. */
  readonly lag: number
  readonly paused: boolean
  /** Whether it keeps its place under a name. */
  readonly durable: boolean
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** When the newest event that it was told of happened; none before the first. */
  readonly lastEventAt: number | undefined
  /**
   * Milliseconds that a call takes, on average and the last time: all calls that return a promise, some of those that return at
   * once. None before the first was measured.
   */
  readonly averageMs: number | undefined
  readonly lastMs: number | undefined
}

/** Somebody who is told of events, until he wants it no more. */
export interface Subscription {
  readonly info: SubscriptionInfo
  /** Keeps events waiting until `resume`. */
  pause(): void
  resume(): void
  /** Tells it an event in its turn, before what waits, if it is one that it wants; says whether that went well, or nothing if it was not told. */
  again(envelope: Envelope): Promise<boolean | undefined>
  /** Ends it: what waits is told no more. */
  unsubscribe(): void
}

/** Whom the bus tells. */
export interface Listener {
  readonly wanted: Wanted
  /** Told no more. */
  readonly isOver: boolean
  /** Has nothing to do that one could wait for. */
  readonly isResting: boolean
  readonly info: SubscriptionInfo
  /** @param at milliseconds since the bus began, of the event */
  hear(envelope: Envelope, at: number): void
  /** The same, measuring how long it takes if it is over when it returns. */
  hearMeasured(envelope: Envelope, at: number): void
  /** The same of an event whose time was over before anybody could be told of it. */
  hearLate(envelope: Envelope): void
  /** Whether the time of anything that waits for it may come to an end. */
  readonly mayExpire: boolean
  /** Takes out of its memory what it will not be told any more. */
  sweep(): void
  /** The bus ends: takes nothing more. */
  finish(): void
}

/** What a subscription needs from the bus around it. */
export interface SubscriptionHost extends SubscriberHost {
  /** Milliseconds of waiting that make an event more urgent by one. */
  readonly aging: number
  /** Whether the time of an event is over. */
  isExpired(envelope: Envelope): boolean
  /** An event's time was over before this one could be told of it: it is a dead letter. */
  expired(envelope: Envelope, wanted: Wanted): void
  /** Something may wait for it until its time is over. */
  mayExpire(listener: Listener): void
  /** Calls somebody who is told of an event. */
  during<T>(envelope: Envelope, call: () => T): T
  warn(envelope: Envelope, error: unknown): void
  /** A listener ended, or has nothing to do any more. */
  ended(listener: Listener): void
  rested(): void
}

interface Again {
  readonly envelope: Envelope
  call(done: Done): boolean | undefined
  ended(ok: boolean | undefined): void
}

/** Events on their way to one function: told one after the other, and kept, up to a limit, while it is busy or paused. */
export class LiveSubscription extends Subscriber implements Listener, Subscription {
  readonly wanted: Wanted
  readonly #host: SubscriptionHost
  readonly #createdAt: number
  readonly #hasChoice: boolean
  readonly #waiting: Line<Envelope>
  /** How many of those that wait have an end to their time, and when the first of them ends, if not later. */
  #expiring = 0
  #expires = Number.POSITIVE_INFINITY
  /** What it is told again, before what waits. */
  readonly #again = new Fifo<Again>()
  readonly #leave: () => void
  /** Calls where it was subscribed, whoever it is that makes it go on. */
  readonly #outside = AsyncLocalStorage.snapshot()
  /** Nothing keeps it from being told at once. */
  #isFree = true
  #isBusy = false
  #isPaused = false
  /** Whether a loop is busy with what it took; a function takes what comes. */
  #isWithheld = false
  #isFinishing = false
  #missed = 0
  #expired = 0
  #untoldMissed = 0
  isOver = false
  /** Set by a loop that takes its events itself: is told when it ends, however that comes about. */
  onOver: (() => void) | undefined

  constructor(
    wanted: Wanted,
    tell: (envelope: Envelope) => unknown,
    signal: AbortSignal | undefined,
    host: SubscriptionHost,
  ) {
    super(wanted, tell, host)
    this.wanted = wanted
    this.#host = host
    this.#waiting = new Line(host.aging)
    this.#createdAt = host.now()
    this.#hasChoice = wanted.choose !== undefined
    this.#leave = endedBy(signal, () => this.unsubscribe())
  }

  get info(): SubscriptionInfo {
    const { size: waiting, since } = this.#waiting
    const lag = since === undefined ? 0 : this.#host.now() - since
    const own = {
      missed: this.#missed,
      expired: this.#expired,
      waiting,
      lag,
      paused: this.#isPaused,
      durable: false,
      createdAt: this.#createdAt,
    }
    return infoOf(this.wanted, this, own)
  }

  get isResting(): boolean {
    return this.isOver || this.#isPaused || this.onOver !== undefined || this.#hasNothing
  }

  get #hasNothing(): boolean {
    return !this.#isBusy && this.#waiting.size === 0 && this.#again.size === 0
  }

  hear(envelope: Envelope, at: number): void {
    if (!this.isDirect) return this.#consider(envelope, at)
    const returned = this.callDirectly(envelope, at)
    if (returned !== undefined) this.#awaitAfterAll(envelope, returned)
  }

  hearMeasured(envelope: Envelope, at: number): void {
    if (!this.isDirect) return this.#consider(envelope, at)
    const began = this.#host.elapsed()
    const returned = this.callDirectly(envelope, at)
    if (returned !== undefined) this.#awaitAfterAll(envelope, returned)
    else this.took(this.#host.elapsed() - began)
  }

  hearLate(envelope: Envelope): void {
    if (!this.isOver && isChosen(this.wanted, envelope, this.#host)) this.#expire(envelope)
  }

  again(envelope: Envelope): Promise<boolean | undefined> {
    if (this.isOver || !this.wanted.covers(envelope) || !isChosen(this.wanted, envelope, this.#host))
      return Promise.resolve(undefined)
    // Whoever wants it told is still known in what it calls then.
    const call = AsyncLocalStorage.bind((done: Done) => this.call(envelope, done))
    return new Promise(resolve => {
      this.#again.push({ envelope, call, ended: resolve })
      if (!this.#isBusy) this.#outside(() => this.#goOn())
    })
  }

  pause(): void {
    this.#isPaused = true
    this.#block()
    this.#host.rested()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#isBusy) this.#outside(() => this.#goOn())
  }

  /** Waits with what comes, because the loop is busy. */
  withhold(): void {
    this.#isWithheld = true
    this.#block()
  }

  /** The loop wants the next one. */
  release(): void {
    this.#isWithheld = false
    if (!this.#isBusy) this.#outside(() => this.#goOn())
  }

  unsubscribe(): void {
    if (this.isOver) return
    this.isOver = true
    this.#block()
    this.#waiting.clear()
    this.#expiring = 0
    for (const { ended } of this.#again) ended(undefined)
    this.#again.clear()
    this.#leave()
    this.#host.ended(this)
    this.onOver?.()
  }

  /** The party is gone to which it listened: a function may wait for the next one of that id, a loop would wait for ever. */
  endLoop(): void {
    if (this.onOver) this.finish()
  }

  finish(): void {
    // A loop may still take what waits for it; a function has had its time.
    if (!this.onOver || this.#hasNothing) return this.unsubscribe()
    this.#isFinishing = true
    this.#block()
  }

  get mayExpire(): boolean {
    return this.#expiring > 0
  }

  sweep(): void {
    if (this.#expiring === 0) return
    this.#expires = Number.POSITIVE_INFINITY
    for (const spot of [...this.#waiting.spots()]) {
      const envelope = spot.item
      if (envelope.expirytime === undefined) continue
      if (this.#host.isExpired(envelope)) this.#expireAt(spot)
      else this.#expires = Math.min(this.#expires, envelope.expirytime)
    }
  }

  #consider(envelope: Envelope, at: number): void {
    if (this.isOver) return
    if (this.#hasChoice && !isChosen(this.wanted, envelope, this.#host)) return
    if (!this.#isFree) return this.#keep(envelope)
    this.#hand(envelope, at)
    // It may have paused and resumed itself meanwhile.
    if (!this.#isFree && !this.#isBusy && !this.#isStopped) this.#outside(() => this.#goOn())
    this.isDirect = this.returnsAtOnce && this.#isFree && !this.#hasChoice
  }

  #hand(envelope: Envelope, at?: number): void {
    // Also while it runs at once, so that whatever it does with its own subscription calls it no second time.
    this.#isBusy = true
    if (this.call(envelope, this.#ended, at) === undefined) this.#await()
    else this.#isBusy = false
  }

  #await(): void {
    this.#block()
    this.#isBusy = true
  }

  #awaitAfterAll(envelope: Envelope, returned: PromiseLike<unknown>): void {
    this.settleAfterAll(envelope, returned, this.#ended)
    this.#await()
  }

  readonly #ended = () => {
    this.#isBusy = false
    const isCaughtUp = this.#hasNothing && this.#untoldMissed === 0 && !this.#isStopped
    if (isCaughtUp) this.#caughtUp()
    else this.#outside(() => this.#goOn())
  }

  #block(): void {
    this.#isFree = false
    this.isDirect = false
  }

  #keep(envelope: Envelope): void {
    if (this.isOver || this.#isFinishing) return
    this.#waiting.push(envelope)
    if (envelope.expirytime !== undefined) this.#noteEnd(envelope.expirytime)
    if (this.#waiting.size <= this.wanted.limit) return
    // What nobody will be told any more makes room first.
    if (this.#expires <= this.#host.now()) this.sweep()
    if (this.#waiting.size <= this.wanted.limit) return
    const missed = this.#waiting.takeLeastUrgent()
    if (missed?.expirytime !== undefined) this.#expiring--
    this.#missed++
    // Once, however many it is before it has caught up.
    if (this.#untoldMissed++ === 0) this.#host.warn(envelope, new SubscriberLagError(this.wanted))
  }

  #noteEnd(expirytime: number): void {
    this.#expires = Math.min(this.#expires, expirytime)
    if (this.#expiring++ === 0) this.#host.mayExpire(this)
  }

  #expireAt(spot: Spot<Envelope>): void {
    if (!this.#waiting.leave(spot)) return
    this.#expiring--
    this.#expire(spot.item)
  }

  #expire(envelope: Envelope): void {
    this.#expired++
    this.#host.expired(envelope, this.wanted)
  }

  get #isStopped(): boolean {
    return this.#isPaused || this.#isWithheld
  }

  #goOn(): void {
    while (!this.#isBusy && !this.#isStopped && !this.isOver) {
      const again = this.#again.shift()
      if (again) {
        this.#handAgain(again)
        continue
      }
      const { first } = this.#waiting
      const next = first?.item
      if (first && next?.expirytime !== undefined && this.#host.isExpired(next)) {
        this.#expireAt(first)
        continue
      }
      if (this.#untoldMissed > 0) {
        // Which may pause it, or end it.
        this.#tellMissed(next)
        continue
      }
      if (!first || !next) return this.#caughtUp()
      this.#waiting.leave(first)
      if (next.expirytime !== undefined) this.#expiring--
      this.#host.during(next, () => this.#hand(next))
    }
    this.#host.rested()
  }

  #handAgain({ envelope, call, ended }: Again): void {
    // A dead letter whose time is over once more stays one. A replay shows what happened, however old it is.
    if (envelope.redriven && this.#host.isExpired(envelope)) return ended(undefined)
    const done = (isWell: boolean) => {
      ended(isWell)
      this.#ended()
    }
    this.#isBusy = true
    const isWell = this.#host.during(envelope, () => call(done))
    if (isWell === undefined) return this.#await()
    this.#isBusy = false
    ended(isWell)
  }

  #caughtUp(): void {
    if (this.isOver) return
    if (this.#isFinishing) this.unsubscribe()
    else this.#isFree = true
    this.#host.rested()
  }

  #tellMissed(next: Envelope | undefined): void {
    const missed = this.#untoldMissed
    this.#untoldMissed = 0
    tellMissed(this.wanted, missed, error => {
      if (next) this.#host.warn(next, new SubscriberError(this.wanted, next, error))
    })
  }
}

/** Calls when a signal is aborted; the returned function takes that back. */
export function endedBy(signal: AbortSignal | undefined, end: () => void): () => void {
  signal?.addEventListener('abort', end, { once: true })
  return () => signal?.removeEventListener('abort', end)
}

/** Tells how many were missed, whatever comes of that. */
export function tellMissed({ onMissed }: Wanted, missed: number, failed: (error: unknown) => void): void {
  try {
    const told: unknown = onMissed?.(missed)
    if (told instanceof Promise) told.catch(failed)
  } catch (error) {
    failed(error)
  }
}

/** What the filters of subscribers said of each error: the log asks too whether anybody hears it. */
const choices = new WeakMap<Envelope, Map<Wanted, boolean>>()

/**
 * Whether an event is wanted; a filter that throws wants nothing, and is told of. For an error it is asked once, and what it says
 * is remembered.
 */
export function isChosen(wanted: Wanted, envelope: Envelope, host: SubscriptionHost): boolean {
  if (!wanted.choose || envelope.type !== systemError.type) return chosenNow(wanted, envelope, host)
  const known = choices.get(envelope) ?? new Map<Wanted, boolean>()
  choices.set(envelope, known)
  const chosen = known.get(wanted) ?? chosenNow(wanted, envelope, host)
  known.set(wanted, chosen)
  return chosen
}

function chosenNow(wanted: Wanted, envelope: Envelope, host: SubscriptionHost): boolean {
  try {
    return wanted.choose?.(envelope) ?? true
  } catch (error) {
    host.warn(envelope, new FilterError(wanted, envelope, error))
    return false
  }
}

type Progress = Pick<SubscriptionInfo, 'missed' | 'expired' | 'waiting' | 'lag' | 'paused' | 'durable' | 'createdAt'>

export function infoOf(
  { name, types, party, priority }: Wanted,
  subscriber: Subscriber,
  own: Progress,
): SubscriptionInfo {
  const { count, failed, lastEventAt, averageMs, lastMs } = subscriber
  return { subscriber: name, types, party, priority, count, failed, lastEventAt, averageMs, lastMs, ...own }
}

/** A subscriber is too slow, or paused for too long. */
export class SubscriberLagError extends TroupeError {
  readonly code = 'SUBSCRIBER_LAG'
  readonly subscriber: string
  readonly limit: number
  constructor({ name, types, limit }: Wanted) {
    super(
      `Subscriber ${name} to "${types.join('", "')}" misses events: more than ${limit} wait for it. Make it faster, give it a higher limit, or a durable name, with which it misses nothing.`,
    )
    this.subscriber = name
    this.limit = limit
  }
}
