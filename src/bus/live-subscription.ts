import { AsyncLocalStorage } from 'node:async_hooks'
import type { Envelope } from '../mail/envelope.ts'
import { isChosen, isWanted } from './chosen.ts'
import { Missed } from './missed.ts'
import { type Repeat, Repeats } from './repeats.ts'
import type { SubscriptionRules } from './subscribe-options.ts'
import { type Done, Subscriber } from './subscriber.ts'
import {
  endedBy,
  infoOf,
  type Listener,
  type Subscription,
  type SubscriptionHost,
  type SubscriptionInfo,
} from './subscription.ts'
import { WaitingEvents } from './waiting-events.ts'

/** Calls one function with one event at a time. While the function is busy or paused, events wait, up to a limit. */
export class LiveSubscription extends Subscriber implements Listener, Subscription {
  readonly rules: SubscriptionRules
  readonly #host: SubscriptionHost
  readonly #createdAt: number
  readonly #hasChoice: boolean
  readonly #waiting: WaitingEvents
  /** These go before the events that wait. */
  readonly #repeats = new Repeats<(done: Done) => boolean | undefined>()
  readonly #leave: () => void
  /** Runs code in the async context of `subscribe`, whichever code makes the subscription go on. */
  readonly #outside = AsyncLocalStorage.snapshot()
  /** Whether an event can be delivered at once. */
  #isFree = true
  #isBusy = false
  #isPaused = false
  /** Whether a loop works on the event that it took last. Functions never withhold. */
  #isWithheld = false
  #isFinishing = false
  readonly #missed: Missed
  #expired = 0
  isOver = false
  /** Set by a loop that takes its events itself: called when the subscription ends for any reason. */
  onOver: (() => void) | undefined

  constructor(
    rules: SubscriptionRules,
    call: (envelope: Envelope) => unknown,
    signal: AbortSignal | undefined,
    host: SubscriptionHost,
  ) {
    super(rules, call, host)
    this.rules = rules
    this.#host = host
    this.#waiting = new WaitingEvents(host.aging)
    this.#missed = new Missed(rules, host)
    this.#createdAt = host.now()
    this.#hasChoice = rules.choose !== undefined
    this.#leave = endedBy(signal, () => this.unsubscribe())
  }

  get info(): SubscriptionInfo {
    const own = {
      missed: this.#missed.count,
      expired: this.#expired,
      waiting: this.#waiting.size,
      lag: this.#waiting.lag(this.#host.now()),
      paused: this.#isPaused,
      durable: false,
      createdAt: this.#createdAt,
    }
    return infoOf(this.rules, this, own)
  }

  get isResting(): boolean {
    return this.isOver || this.#isPaused || this.onOver !== undefined || this.#hasNothing
  }

  get #hasNothing(): boolean {
    return !this.#isBusy && this.#waiting.size === 0 && this.#repeats.size === 0
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
    if (!this.isOver && isChosen(this.rules, envelope, this.#host)) this.#expire(envelope)
  }

  again(envelope: Envelope): Promise<boolean | undefined> {
    if (this.isOver || !isWanted(this.rules, envelope, this.#host)) return Promise.resolve(undefined)
    const ended = this.#repeats.add(envelope, done => this.call(envelope, done))
    if (!this.#isBusy) this.#outside(() => this.#goOn())
    return ended
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

  /** Keeps events waiting, because the loop is busy. */
  withhold(): void {
    this.#isWithheld = true
    this.#block()
  }

  /** The loop wants its next event. */
  release(): void {
    this.#isWithheld = false
    if (!this.#isBusy) this.#outside(() => this.#goOn())
  }

  unsubscribe(): void {
    if (this.isOver) return
    this.isOver = true
    this.#block()
    this.#waiting.clear()
    this.#repeats.clear()
    this.#leave()
    this.#host.ended(this)
    this.onOver?.()
  }

  /** Its party was deleted. A function may wait for the next party with that id; a loop would wait for ever, so it ends. */
  endLoop(): void {
    if (this.onOver) this.finish()
  }

  finish(): void {
    // A loop may still take the events that wait for it; a function gets no more events.
    if (!this.onOver || this.#hasNothing) return this.unsubscribe()
    this.#isFinishing = true
    this.#block()
  }

  get mayExpire(): boolean {
    return this.#waiting.mayExpire
  }

  sweep(): void {
    this.#waiting.sweep(
      envelope => this.#host.isExpired(envelope),
      envelope => this.#expire(envelope),
    )
  }

  #consider(envelope: Envelope, at: number): void {
    if (this.isOver) return
    if (this.#hasChoice && !isChosen(this.rules, envelope, this.#host)) return
    if (!this.#isFree) return this.#keep(envelope)
    this.#deliver(envelope, at)
    // The function may have paused and resumed its own subscription.
    if (!this.#isFree && !this.#isBusy && !this.#isStopped) this.#outside(() => this.#goOn())
    this.isDirect = this.returnsAtOnce && this.#isFree && !this.#hasChoice
  }

  #deliver(envelope: Envelope, at?: number): void {
    // Busy also during a call that returns no promise, so that a call of its own subscription does not call it again.
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
    if (this.#hasNothing && this.#missed.unreported === 0 && !this.#isStopped) this.#caughtUp()
    else this.#outside(() => this.#goOn())
  }

  #block(): void {
    this.#isFree = false
    this.isDirect = false
  }

  #keep(envelope: Envelope): void {
    if (this.isOver || this.#isFinishing) return
    const waiting = this.#waiting
    const couldExpire = waiting.mayExpire
    waiting.push(envelope)
    if (waiting.mayExpire && !couldExpire) this.#host.mayExpire(this)
    if (waiting.size <= this.rules.limit) return
    // Events whose time to live is over make room first.
    if (waiting.mayHaveExpired(this.#host.now())) this.sweep()
    if (waiting.size <= this.rules.limit) return
    waiting.dropLeastUrgent()
    this.#missed.add(envelope)
  }

  #expire(envelope: Envelope): void {
    this.#expired++
    this.#host.expired(envelope, this.rules)
  }

  get #isStopped(): boolean {
    return this.#isPaused || this.#isWithheld
  }

  #goOn(): void {
    while (!this.#isBusy && !this.#isStopped && !this.isOver) {
      const repeat = this.#repeats.shift()
      if (repeat) {
        this.#deliverAgain(repeat)
        continue
      }
      const { first } = this.#waiting
      const next = first?.item
      if (first && next?.expirytime !== undefined && this.#host.isExpired(next)) {
        if (this.#waiting.leave(first)) this.#expire(next)
        continue
      }
      if (this.#missed.unreported > 0) {
        // `onMissed` may pause or end the subscription.
        this.#missed.report(next)
        continue
      }
      if (!first || !next) return this.#caughtUp()
      this.#waiting.leave(first)
      this.#host.during(next, () => this.#deliver(next))
    }
    this.#host.rested()
  }

  #deliverAgain({ envelope, call, ended }: Repeat<(done: Done) => boolean | undefined>): void {
    // A dead letter whose time to live is over again stays a dead letter. A replay shows events of any age.
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
}
