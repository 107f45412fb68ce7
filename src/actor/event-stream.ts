import type { Envelope } from './envelope.ts'
import type { LiveSubscription, SubscriptionInfo } from './subscription.ts'

interface Taker<E> {
  resolve(result: IteratorResult<E, undefined>): void
}

/** Events one after the other, for `for await`: each is handed over when the loop asks for it, and leaving the loop ends it. */
export class EventStream<E extends Envelope = Envelope> implements AsyncIterableIterator<E, undefined> {
  readonly #subscription: LiveSubscription
  readonly #takers: Taker<E>[] = []
  #held: { readonly envelope: E; free(): void } | undefined
  #isOver = false

  constructor(subscribe: (tell: (envelope: E) => unknown) => LiveSubscription) {
    this.#subscription = subscribe(envelope => this.#hold(envelope))
    if (this.#subscription.isOver) this.#isOver = true
    else this.#subscription.onOver = () => this.#end()
  }

  /** As in `bus.subscriptions`. */
  get info(): SubscriptionInfo {
    return this.#subscription.info
  }

  next(): Promise<IteratorResult<E, undefined>> {
    const held = this.#held
    if (held) {
      this.#held = undefined
      const taken = Promise.resolve({ done: false as const, value: held.envelope })
      // After whoever takes it, so that he learns of what he missed in the place where it would have been.
      void taken.then(held.free)
      return taken
    }
    if (this.#isOver) return Promise.resolve(ended)
    return new Promise(resolve => this.#takers.push({ resolve }))
  }

  return(): Promise<IteratorResult<E, undefined>> {
    this.#subscription.unsubscribe()
    return Promise.resolve(ended)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #hold(envelope: E): unknown {
    const taker = this.#takers.shift()
    if (taker) return taker.resolve({ done: false, value: envelope })
    // The next one is handed over when this one was taken.
    return new Promise<void>(free => {
      this.#held = { envelope, free }
    })
  }

  #end(): void {
    this.#isOver = true
    this.#held?.free()
    this.#held = undefined
    for (const taker of this.#takers.splice(0)) taker.resolve(ended)
  }
}

const ended: IteratorResult<never, undefined> = { done: true, value: undefined }
