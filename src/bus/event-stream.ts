import type { Envelope } from '../mail/envelope.ts'
import type { LiveSubscription } from './live-subscription.ts'
import type { SubscriptionInfo } from './subscription.ts'

interface Taker<E> {
  resolve(result: IteratorResult<E, undefined>): void
}

/** Events for `for await`, one after the other. The loop gets an event when it asks for one; leaving the loop ends the subscription. */
export class EventStream<E extends Envelope = Envelope> implements AsyncIterableIterator<E, undefined> {
  readonly #subscription: LiveSubscription
  readonly #takers: Taker<E>[] = []
  #isOver = false

  constructor(subscribe: (call: (envelope: E) => unknown) => LiveSubscription) {
    this.#subscription = subscribe(envelope => this.#hand(envelope))
    // Events wait until the loop asks: so more urgent events may overtake them, and their time to live may end.
    this.#subscription.withhold()
    if (this.#subscription.isOver) this.#isOver = true
    else this.#subscription.onOver = () => this.#end()
  }

  /** The same info as in `bus.subscriptions`. */
  get info(): SubscriptionInfo {
    return this.#subscription.info
  }

  /** The next event, as soon as there is one; `done` after the end. */
  next(): Promise<IteratorResult<E, undefined>> {
    if (this.#isOver) return Promise.resolve(ended)
    return new Promise(resolve => {
      this.#takers.push({ resolve })
      this.#subscription.release()
    })
  }

  /** Ends the stream. */
  return(): Promise<IteratorResult<E, undefined>> {
    this.#subscription.unsubscribe()
    return Promise.resolve(ended)
  }

  /** The stream itself, for `for await`. */
  [Symbol.asyncIterator](): this {
    return this
  }

  /** Ends the stream, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #hand(envelope: E): void {
    this.#takers.shift()?.resolve({ done: false, value: envelope })
    if (this.#takers.length === 0) this.#subscription.withhold()
  }

  #end(): void {
    this.#isOver = true
    for (const taker of this.#takers.splice(0)) taker.resolve(ended)
  }
}

const ended: IteratorResult<never, undefined> = { done: true, value: undefined }
