import type { AsyncLocalStorage } from 'node:async_hooks'
import { TroupeError, textOf } from '../errors.ts'
import type { Envelope } from '../mail/envelope.ts'
import { type Failure, failureOf } from '../thrown.ts'
import type { Timers } from '../time/timers.ts'
import { Durations } from './durations.ts'

/** A running call of a subscriber, and its event: the async context of all that the subscriber calls. */
export interface SubscriberCall {
  readonly envelope: Envelope
  readonly who: Who
  isOver: boolean
}

/** What a subscriber calls in the bus. It is an interface because the bus is made of subscribers. */
export interface SubscriberHost {
  readonly timers: Timers
  readonly insideSubscriber: AsyncLocalStorage<SubscriberCall>
  /** When the bus began, epoch milliseconds. */
  readonly began: number
  now(): number
  elapsed(): number
  /** Called when a call has returned a promise. Returns when the call began, in elapsed milliseconds. */
  working(): number
  /** Called when that promise has settled. */
  took(envelope: Envelope, took: number): void
  failed(envelope: Envelope, error: SubscriberError | SubscriberTimeoutError): void
}

/** After this many calls in a row without a promise, a subscriber is expected to return none. */
const trusted = 100

/** If a subscriber returns no promise, one call in this many is measured. */
const measuredEach = 16

/** Is called when the call of a subscriber has ended; `isWell`: without an error. */
export type Done = (isWell: boolean) => void

/** The name of a subscriber, its types and its time limit. */
export interface Who {
  readonly name: string
  readonly types: readonly string[]
  /** Milliseconds that one call may take. */
  readonly timeout: number
}

/** A function of the application, called with one event at a time. Whatever it does, other subscribers are not affected. */
export class Subscriber {
  // The fields that every call uses come first, so that they lie together: with a thousand subscribers, memory takes the time.
  /** Whether it can be called at once, and its call is over when it returns. */
  protected isDirect = false
  count = 0
  // Milliseconds since the bus began: engines keep small numbers in place, and make an object for each larger one.
  #lastAt = 0
  readonly #tell: (envelope: Envelope) => unknown
  readonly #who: Who
  readonly #host: SubscriberHost
  failed = 0
  #times: Durations | undefined
  /** The last error that it threw. */
  lastFailure: Failure | undefined
  /** How often in a row it returned no promise; minus infinity once it returned one, and for async functions. */
  #atOnce: number

  constructor(who: Who, tell: (envelope: Envelope) => unknown, host: SubscriberHost) {
    this.#who = who
    this.#tell = tell
    this.#host = host
    this.#atOnce = tell instanceof AsyncFunction ? Number.NEGATIVE_INFINITY : 0
  }

  protected get returnsAtOnce(): boolean {
    return this.#atOnce >= trusted
  }

  /** When the newest event that it got was published, epoch milliseconds. */
  get lastEventAt(): number | undefined {
    return this.count === 0 ? undefined : this.#host.began + this.#lastAt
  }

  /**
   * Calls it with an event; returns whether that went well, or `undefined` if it returned a promise: then `done` is called later.
   *
   * @param at milliseconds since the bus began
   */
  call(envelope: Envelope, done: Done, at = envelope.time - this.#host.began): boolean | undefined {
    this.count++
    this.#lastAt = at
    const began = this.count % measuredEach === 1 ? this.#host.elapsed() : undefined
    const isWell = this.#call(envelope, done)
    if (began !== undefined && isWell !== undefined) this.took(this.#host.elapsed() - began)
    return isWell
  }

  #call(envelope: Envelope, done: Done): boolean | undefined {
    try {
      if (!this.returnsAtOnce) return this.#callCarrying(envelope, done)
      const returned = this.#tell(envelope)
      return isPromise(returned) ? this.settleAfterAll(envelope, returned, done) : true
    } catch (error) {
      return this.#failWith(envelope, error)
    }
  }

  protected took(ms: number): void {
    this.#times ??= new Durations()
    this.#times.took(ms)
  }

  get averageMs(): number | undefined {
    return this.#times?.average
  }

  get lastMs(): number | undefined {
    return this.#times?.last
  }

  /** Calls it with an event; the promise resolves with whether that went well. */
  callAndWait(envelope: Envelope): Promise<boolean> {
    return new Promise(resolve => {
      const isWell = this.call(envelope, resolve)
      if (isWell !== undefined) resolve(isWell)
    })
  }

  /** Calls a function that is expected to return no promise. If it returns one, pass that to `settleAfterAll`. */
  protected callDirectly(envelope: Envelope, at: number): PromiseLike<unknown> | undefined {
    this.count++
    this.#lastAt = at
    try {
      const returned = this.#tell(envelope)
      return isPromise(returned) ? returned : undefined
    } catch (error) {
      this.#failWith(envelope, error)
      return undefined
    }
  }

  // Events that it publishes after an `await` belong to this event too. Carrying that costs more than most subscribers do.
  #callCarrying(envelope: Envelope, done: Done): boolean | undefined {
    const subscriberCall = { envelope, who: this.#who, isOver: false }
    let isOver = true
    try {
      const returned = this.#host.insideSubscriber.run(subscriberCall, this.#tell, envelope)
      isOver = !isPromise(returned)
      if (isPromise(returned)) return this.#settle(subscriberCall, returned, done)
      this.#atOnce++
      return true
    } finally {
      subscriberCall.isOver = isOver
    }
  }

  protected settleAfterAll(envelope: Envelope, returned: PromiseLike<unknown>, done: Done): undefined {
    this.#settle({ envelope, who: this.#who, isOver: false }, returned, done)
  }

  #settle(subscriberCall: SubscriberCall, returned: PromiseLike<unknown>, done: Done): undefined {
    this.#atOnce = Number.NEGATIVE_INFINITY
    const host = this.#host
    const { envelope } = subscriberCall
    const began = host.working()
    const end = (error?: SubscriberError | SubscriberTimeoutError) => {
      if (subscriberCall.isOver) return
      subscriberCall.isOver = true
      cancel()
      const took = host.elapsed() - began
      this.took(took)
      host.took(envelope, took)
      done(error ? this.#fail(envelope, error) : true)
    }
    const { timeout } = this.#who
    const cancel =
      timeout === Number.POSITIVE_INFINITY
        ? () => {}
        : host.timers.after(timeout, () => end(new SubscriberTimeoutError(this.#who, envelope)))
    // The `then` of a foreign object may do anything, so a real promise wraps it.
    const promise = returned instanceof Promise ? returned : new Promise(settle => settle(returned))
    promise.then(
      () => end(),
      (error: unknown) => end(new SubscriberError(this.#who, envelope, error)),
    )
  }

  #failWith(envelope: Envelope, error: unknown): false {
    return this.#fail(envelope, new SubscriberError(this.#who, envelope, error))
  }

  #fail(envelope: Envelope, error: SubscriberError | SubscriberTimeoutError): false {
    this.failed++
    this.lastFailure = failureOf(error.cause ?? error)
    this.#host.failed(envelope, error)
    return false
  }
}

const AsyncFunction = (async () => {}).constructor

function isPromise(returned: unknown): returned is PromiseLike<unknown> {
  return typeof returned === 'object' && returned !== null && 'then' in returned && typeof returned.then === 'function'
}

/** A subscriber threw or rejected. */
export class SubscriberError extends TroupeError {
  readonly code = 'SUBSCRIBER_FAILED'
  readonly subscriber: string
  readonly types: readonly string[]
  readonly envelope: Envelope
  constructor({ name, types }: Who, envelope: Envelope, cause: unknown) {
    super(
      `Subscriber ${name} to "${types.join('", "')}" failed on "${envelope.type}": ${textOf(cause)}. The other subscribers got the event all the same.`,
      { cause },
    )
    this.subscriber = name
    this.types = types
    this.envelope = envelope
  }
}

/** A subscriber took too long. */
export class SubscriberTimeoutError extends TroupeError {
  readonly code = 'SUBSCRIBER_TIMEOUT'
  readonly subscriber: string
  readonly envelope: Envelope
  readonly timeout: number
  constructor({ name, timeout }: Who, envelope: Envelope) {
    super(
      `Subscriber ${name} did not end with "${envelope.type}" within ${timeout} ms. It gets the next event; make it end sooner, or give it a longer timeout.`,
    )
    this.subscriber = name
    this.envelope = envelope
    this.timeout = timeout
  }
}
