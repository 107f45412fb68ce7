import { TroupeError, textOf } from '../errors.ts'
import { checkPriority } from '../events/event.ts'
import type { Envelope } from './envelope.ts'
import { Fifo } from './fifo.ts'
import { checkPattern } from './pattern.ts'
import { Subscriber, type SubscriberHost, type Who } from './subscriber.ts'

/** How a subscriber wants to be told. */
export interface SubscribeOptions<E extends Envelope = Envelope> {
  /** Names the subscriber, in errors and in `bus.subscriptions`; several subscriptions may share it. */
  readonly name?: string
  /** Only what happens in this party. */
  readonly party?: string
  /** Only events that have at least one of these tags. */
  readonly tags?: readonly string[]
  /** Only events for which this is true. */
  readonly filter?: (envelope: E) => boolean
  /** Who is told before whom: 1 first, 10 last; 5 by default, and then in the order of subscribing. */
  readonly priority?: number
  /** Events that may wait while it is busy or paused; 1,000 by default (S4). Of more, the oldest are missed. */
  readonly limit?: number
  /** Milliseconds that a call may take that returns a promise; 60,000 by default. */
  readonly timeout?: number
  /** Is told how many events it has missed, in the place where they would have been. */
  readonly onMissed?: (count: number) => void
  /** Ends the subscription. */
  readonly signal?: AbortSignal
}

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
  /** Events that wait for it. */
  readonly waiting: number
  /** Milliseconds since the oldest of them happened. */
  readonly lag: number
  readonly paused: boolean
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** When the newest event that it was told of happened; none before the first. */
  readonly lastEventAt: number | undefined
}

/** Somebody who is told of events, until he wants it no more. */
export interface Subscription {
  readonly info: SubscriptionInfo
  /** Keeps events waiting until `resume`. */
  pause(): void
  resume(): void
  /** Ends it: what waits is told no more. */
  unsubscribe(): void
}

/** Whom the bus tells. */
export interface Listener {
  readonly types: readonly string[]
  readonly party: string | undefined
  readonly priority: number
  /** Told no more. */
  readonly isOver: boolean
  /** Has nothing to do. */
  readonly isResting: boolean
  readonly info: SubscriptionInfo
  hear(envelope: Envelope): void
  /** Takes nothing more, and ends when it has told what waits. */
  finish(): void
}

/** What a subscription needs from the bus around it. */
export interface SubscriptionHost extends SubscriberHost {
  /** What is being told, in what a function calls while it runs. */
  telling: Envelope | undefined
  /** A name for a subscriber that gave none. */
  newName(): string
  warn(envelope: Envelope, error: TroupeError): void
  /** A listener ended, or has nothing to do any more. */
  ended(listener: Listener): void
  rested(): void
}

/** Events on their way to one function: told one after the other, and kept, up to a limit, while it is busy or paused. */
export class LiveSubscription implements Listener, Subscription {
  readonly types: readonly string[]
  readonly party: string | undefined
  readonly priority: number
  readonly createdAt: number
  readonly #who: Who
  readonly #host: SubscriptionHost
  readonly #subscriber: Subscriber
  readonly #choose: ((envelope: Envelope) => boolean) | undefined
  readonly #limit: number
  readonly #onMissed: ((count: number) => void) | undefined
  readonly #waiting = new Fifo<Envelope>()
  readonly #leave: () => void
  /** Nothing keeps it from being told at once. */
  #isFree = true
  #isBusy = false
  #isPaused = false
  #isFinishing = false
  #missed = 0
  #untoldMissed = 0
  isOver = false
  /** Is told when it ends, however that comes about. */
  onOver: (() => void) | undefined

  /** @throws IllegalPatternError, PriorityError, SubscribeOptionsError */
  constructor(
    types: readonly string[],
    tell: (envelope: Envelope) => unknown,
    options: SubscribeOptions,
    host: SubscriptionHost,
  ) {
    const { name = host.newName(), party, priority = 5, timeout = 60_000, limit = 1_000 } = options
    checkPriority(priority)
    checkLimits(limit, timeout)
    this.types = types.map(checkPattern)
    this.party = party
    this.priority = priority
    this.createdAt = host.now()
    this.#who = { name, types: this.types, timeout }
    this.#host = host
    this.#subscriber = new Subscriber(this.#who, tell, host)
    this.#choose = choosing(options)
    this.#limit = limit
    this.#onMissed = options.onMissed
    const { signal } = options
    const leave = () => this.unsubscribe()
    signal?.addEventListener('abort', leave, { once: true })
    this.#leave = () => signal?.removeEventListener('abort', leave)
  }

  get name(): string {
    return this.#who.name
  }

  get info(): SubscriptionInfo {
    const { types, party, priority, createdAt } = this
    const { count, failed, lastEventAt } = this.#subscriber
    const { size: waiting, first } = this.#waiting
    const lag = first === undefined ? 0 : this.#host.now() - first.time
    const missed = this.#missed
    const paused = this.#isPaused
    const subscriber = this.name
    return { subscriber, types, party, priority, count, failed, missed, waiting, lag, paused, createdAt, lastEventAt }
  }

  get isResting(): boolean {
    return this.isOver || this.#isPaused || (!this.#isBusy && this.#waiting.size === 0)
  }

  hear(envelope: Envelope): void {
    if (this.#choose !== undefined && !this.#isChosen(envelope, this.#choose)) return
    if (this.#isFree) this.#hand(envelope)
    else this.#keep(envelope)
  }

  pause(): void {
    this.#isPaused = true
    this.#isFree = false
    this.#host.rested()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#isBusy) this.#goOn()
  }

  unsubscribe(): void {
    if (this.isOver) return
    this.isOver = true
    this.#isFree = false
    this.#waiting.clear()
    this.#leave()
    this.#host.ended(this)
    this.onOver?.()
  }

  finish(): void {
    this.#isFinishing = true
    this.#isFree = false
    if (this.isResting) this.unsubscribe()
  }

  #isChosen(envelope: Envelope, choose: (envelope: Envelope) => boolean): boolean {
    try {
      return choose(envelope)
    } catch (error) {
      this.#host.warn(envelope, new FilterError(this.#who, envelope, error))
      return false
    }
  }

  #hand(envelope: Envelope): void {
    const going = this.#subscriber.call(envelope)
    if (typeof going === 'boolean') return
    this.#isFree = false
    this.#isBusy = true
    void going.then(() => {
      this.#isBusy = false
      this.#goOn()
    })
  }

  #keep(envelope: Envelope): void {
    if (this.isOver || this.#isFinishing) return
    this.#waiting.push(envelope)
    if (this.#waiting.size <= this.#limit) return
    this.#waiting.shift()
    this.#missed++
    // Once, however many it is before it has caught up.
    if (this.#untoldMissed++ === 0) this.#host.warn(envelope, new SubscriberLagError(this.#who, this.#limit))
  }

  #goOn(): void {
    while (!this.#isBusy && !this.#isPaused && !this.isOver) {
      this.#tellMissed()
      const next = this.#waiting.shift()
      if (!next) {
        if (this.#isFinishing) this.unsubscribe()
        else this.#isFree = true
        break
      }
      const outer = this.#host.telling
      this.#host.telling = next
      this.#hand(next)
      this.#host.telling = outer
    }
    this.#host.rested()
  }

  #tellMissed(): void {
    const missed = this.#untoldMissed
    if (missed === 0) return
    this.#untoldMissed = 0
    try {
      this.#onMissed?.(missed)
    } catch (error) {
      const next = this.#waiting.first
      if (next) this.#host.warn(next, new FilterError(this.#who, next, error))
    }
  }
}

function choosing({ tags, filter }: SubscribeOptions): ((envelope: Envelope) => boolean) | undefined {
  if (tags === undefined) return filter
  const wanted = new Set(tags)
  const isTagged = (envelope: Envelope) => envelope.tags?.some(tag => wanted.has(tag)) ?? false
  return filter ? envelope => isTagged(envelope) && filter(envelope) : isTagged
}

function checkLimits(limit: number, timeout: number): void {
  if (!Number.isInteger(limit) || limit < 1)
    throw new SubscribeOptionsError('limit', limit, 'a whole number of events from 1')
  if (!(timeout > 0)) throw new SubscribeOptionsError('timeout', timeout, 'milliseconds above 0')
}

/** A subscriber's filter threw, so the event was not for it. */
export class FilterError extends TroupeError {
  readonly code = 'FILTER_FAILED'
  readonly subscriber: string
  readonly envelope: Envelope
  constructor({ name }: Who, envelope: Envelope, cause: unknown) {
    super(
      `The filter of subscriber ${name} failed on "${envelope.type}": ${textOf(cause)}. It was not told of that event; the others were.`,
      { cause },
    )
    this.subscriber = name
    this.envelope = envelope
  }
}

/** A subscriber is too slow, or paused for too long. */
export class SubscriberLagError extends TroupeError {
  readonly code = 'SUBSCRIBER_LAG'
  readonly subscriber: string
  readonly limit: number
  constructor({ name, types }: Who, limit: number) {
    super(
      `Subscriber ${name} to "${types.join('", "')}" misses events: more than ${limit} wait for it. Make it faster, give it a higher limit, or a durable name, with which it misses nothing.`,
    )
    this.subscriber = name
    this.limit = limit
  }
}

/** A subscription was given a number that cannot be. */
export class SubscribeOptionsError extends TroupeError {
  readonly code = 'SUBSCRIBE_OPTIONS'
  readonly option: string
  readonly value: unknown
  constructor(option: string, value: unknown, wanted: string) {
    super(`"${option}" of a subscription cannot be ${String(value)}: use ${wanted}.`)
    this.option = option
    this.value = value
  }
}
