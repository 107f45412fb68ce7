import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Envelope } from '../mail/envelope.ts'
import type { SubscriberCall } from './subscriber.ts'

/** Knows which event the running subscriber got, so that what it publishes belongs to that event. */
export class Calling {
  readonly #inside: AsyncLocalStorage<SubscriberCall>
  readonly #elapsed: () => number
  /** The event whose subscribers are called at this moment. */
  event: Envelope | undefined
  /** When the subscribers of this event were called that returned a promise, elapsed milliseconds. */
  since: number | undefined
  /** How many calls have returned a promise that has not settled yet. */
  #atWork = 0

  constructor(inside: AsyncLocalStorage<SubscriberCall>, elapsed: () => number) {
    this.#inside = inside
    this.#elapsed = elapsed
  }

  get atWork(): number {
    return this.#atWork
  }

  /** The event of the running subscriber, also after an `await`; `undefined` if no subscriber runs. */
  get current(): Envelope | undefined {
    if (this.event || this.#atWork === 0) return this.event
    const call = this.#inside.getStore()
    return call && !call.isOver ? call.envelope : undefined
  }

  /** The call that the running code belongs to, unless that call has ended. */
  get call(): SubscriberCall | undefined {
    const call = this.#inside.getStore()
    return call?.isOver ? undefined : call
  }

  during<T>(envelope: Envelope, call: () => T): T {
    const outer = this.event
    this.since = undefined
    this.event = envelope
    try {
      return call()
    } finally {
      this.event = outer
    }
  }

  /** A call has returned a promise; returns when the call began, elapsed milliseconds. */
  working(): number {
    this.#atWork++
    // The clock is read once for all subscribers of one event.
    this.since ??= this.#elapsed()
    return this.since
  }

  /** Called when such a promise has settled. */
  settled(): void {
    this.#atWork--
  }
}
