import type { Envelope } from '../mail/envelope.ts'
import type { LiveSubscription } from './live-subscription.ts'
import type { SubscriptionInfo } from './subscription.ts'

interface Taker<E> {
  resolve(result: IteratorResult<E, undefined>): void
}

/** Events one after the other, for `for await`: each is handed over when the loop asks for it, and leaving the loop ends it. */
export class EventStream<E extends Envelope = Envelope> implements AsyncIterableIterator<E, undefined> {
  readonly #subscription: LiveSubscription
  readonly #takers: Taker<E>[] = []
  #isOver = false

  constructor(subscribe: (tell: (envelope: E) => unknown) => LiveSubscription) {
    this.#subscription = subscribe(envelope => this.#hand(envelope))
    // What comes waits until somebody asks for it: so it may still be overtaken, or come to the end of its time.
    this.#subscription.withhold()
    if (this.#subscription.isOver) this.#isOver = true
    else this.#subscription.onOver = () => this.#end()
  }

  /** As in `bus.subscriptions`. */
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
