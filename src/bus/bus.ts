import type { AsyncLocalStorage } from 'node:async_hooks'
import { codeOf, type TroupeError } from '../errors.ts'
import { deadLettered, systemError } from '../events/runtime-events.ts'
import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Scheduler } from '../time/scheduler.ts'
import type { Timers } from '../time/timers.ts'
import { Broadcast } from './broadcast.ts'
import { type BusFigures, SubscriberFigures } from './bus-figures.ts'
import { Calling } from './calling.ts'
import { isChosen } from './chosen.ts'
import type { TypeFigures } from './event-figures.ts'
import { History, type HistoryQuery } from './history.ts'
import { Listeners } from './listeners.ts'
import { LiveSubscription } from './live-subscription.ts'
import { BusFullError } from './queue.ts'
import type { Route } from './router.ts'
import { addressOfSubscriber, rulesOf, type SubscribeOptions, type SubscriptionRules } from './subscribe-options.ts'
import type { SubscriberCall } from './subscriber.ts'
import type { Listener, SubscriptionHost } from './subscription.ts'
import { Throttle } from './throttle.ts'
import type { TodayFigures } from './today.ts'

/** What the bus needs from the runtime around it. */
export interface BusHost {
  readonly timers: Timers
  readonly scheduler: Scheduler
  readonly insideSubscriber: AsyncLocalStorage<SubscriberCall>
  /** Milliseconds of waiting that make an event more urgent by one. */
  readonly aging: number
  /** How many events that subscribers published may wait for their notification. */
  readonly queue: number
  /** Epoch milliseconds. */
  now(): number
  /** Milliseconds since any fixed moment. */
  elapsed(): number
  /** Whether patterns do not match a type, because it happens all the time: only subscribers that name the type get it. */
  isByName(type: string): boolean
  /** Whether the time to live of an event is over. */
  isExpired(envelope: Envelope): boolean
  /** The time to live of an event was over before the subscriber at this address could get it. */
  expired(envelope: Envelope, address: Address): void
  /** An event with a time to live waits for a subscriber. */
  mayExpire(listener: Listener): void
  /** A subscription began or ended. */
  changed(): void
  failed(error: unknown): void
  /** `system.error` was published; `isHeard` says whether any subscriber got it. */
  erred(envelope: Envelope, isHeard: boolean): void
}

/**
 * Broadcasts events by type to functions outside the agents. A subscriber gets an event once it is durable, in the order of its
 * partition. A subscriber that throws, rejects, hangs or is slow harms no other one; its failure is reported.
 */
export class Bus implements SubscriptionHost {
  readonly #host: BusHost
  readonly #listeners: Listeners
  readonly #calling: Calling
  readonly #broadcast: Broadcast
  readonly #history = new History()
  readonly #throttle: Throttle
  #names = 0
  #notes = 0
  readonly #figures = new SubscriberFigures()
  #waiters: (() => void)[] = []
  readonly #queue: number
  readonly began: number
  readonly scheduler: Scheduler
  readonly timers: Timers
  /** Milliseconds of waiting that make an event more urgent by one. */
  readonly aging: number
  readonly insideSubscriber: AsyncLocalStorage<SubscriberCall>

  constructor(host: BusHost) {
    this.#host = host
    this.#queue = host.queue
    this.began = host.now()
    this.scheduler = host.scheduler
    this.timers = host.timers
    this.aging = host.aging
    this.insideSubscriber = host.insideSubscriber
    this.#throttle = new Throttle(host.scheduler)
    this.#listeners = new Listeners(type => host.isByName(type))
    this.#calling = new Calling(host.insideSubscriber, () => host.elapsed())
    this.#broadcast = new Broadcast(this, this.#listeners, this.#calling)
  }

  // ---- listeners ----

  /** Calls a function for every event of these types or patterns. @throws IllegalPatternError, PriorityError, SubscribeOptionsError */
  subscribe(
    types: readonly string[],
    call: (envelope: Envelope) => unknown,
    options: SubscribeOptions = {},
  ): LiveSubscription {
    const { signal } = options
    const rules = rulesOf(types, options, () => this.newName())
    const subscription = new LiveSubscription(rules, call, signal, this)
    if (signal?.aborted) subscription.unsubscribe()
    else this.add(subscription)
    return subscription
  }

  add(listener: Listener): void {
    this.#listeners.add(listener)
    this.#host.changed()
  }

  ended(listener: Listener): void {
    this.#listeners.remove(listener)
    this.#figures.ended(listener.info)
    this.#host.changed()
    this.rested()
  }

  /** All listeners, in the order in which they came. */
  listeners(): Iterable<Listener> {
    return this.#listeners
  }

  /** The subscription whose dead letters have this address. */
  subscriptionAt(address: Address): LiveSubscription | undefined {
    for (const listener of this.#listeners)
      if (listener instanceof LiveSubscription && addressOfSubscriber(listener.rules.name) === address) return listener
    return undefined
  }

  /** Whether any subscriber would get an event of this type, in this party or outside all parties. */
  isHeard(type: string, party?: string): boolean {
    return this.#listeners.isHeard(type, party)
  }

  /** Whether a subscriber listens to this type or its group, rather than to all events. */
  isWanted(type: string): boolean {
    return this.#listeners.route(type).some(({ rules: { types } }) => !types.includes('*'))
  }

  // ---- notifying listeners ----

  /** Whether the listeners have got all published events. */
  get hasDeliveredAll(): boolean {
    return this.#broadcast.isDone
  }

  /** Keeps an event in the history and delivers it to its subscribers. */
  deliver(envelope: Envelope): void {
    this.#history.add(envelope)
    this.#broadcast.deliver(envelope)
  }

  /** Keeps an event in the history that another process has published. */
  remember(envelope: Envelope): void {
    this.#history.add(envelope)
  }

  /** Forgets a partition that was deleted. */
  forget(key: string): void {
    this.#history.forget(key)
    for (const listener of this.#listeners.inParty(key)) if (listener instanceof LiveSubscription) listener.endLoop()
  }

  /** Delivers an event to its subscribers, and keeps it out of the history. */
  deliverUnrecorded(envelope: Envelope): void {
    this.#broadcast.deliver(envelope)
  }

  /** @throws BusFullError while too many events that subscribers published wait for delivery */
  checkRoom(type: string): void {
    const waiting = this.#waiting
    if (waiting >= this.#queue) throw new BusFullError(type, waiting)
  }

  /** How many events that subscribers published no subscriber has got yet. */
  get #waiting(): number {
    return this.#broadcast.waiting + this.#throttle.waiting
  }

  /** What a subscriber that publishes awaits, if it must wait. Call it for events that a subscriber publishes, and for no others. */
  turnDue(): Promise<void> | undefined {
    return this.#throttle.turn()
  }

  // ---- reports of subscribers ----

  isExpired(envelope: Envelope): boolean {
    return this.#host.isExpired(envelope)
  }

  expired(envelope: Envelope, { name }: SubscriptionRules): void {
    this.#host.expired(envelope, addressOfSubscriber(name))
  }

  mayExpire(listener: Listener): void {
    this.#host.mayExpire(listener)
  }

  /** The event that the running subscriber got, also after an `await`; `undefined` if no subscriber runs. */
  get handling(): Envelope | undefined {
    return this.#calling.current
  }

  during<T>(envelope: Envelope, call: () => T): T {
    return this.#calling.during(envelope, call)
  }

  /** Whether the running code is part of a call of this subscription that has not ended. */
  isInside(subscription: object): boolean {
    const { call } = this.#calling
    if (!call) return false
    for (const listener of this.#listeners) if (listener === subscription) return listener.rules === call.who
    return false
  }

  now(): number {
    return this.#host.now()
  }

  elapsed(): number {
    return this.#host.elapsed()
  }

  /** A name for a subscriber without a name. */
  newName(): string {
    return `subscriber-${++this.#names}`
  }

  /** An id for an event that only listeners get, so that the ids of all other events do not depend on listeners. */
  newNoteId(): string {
    return `note-${this.began.toString(36)}-${++this.#notes}`
  }

  working(): number {
    return this.#calling.working()
  }

  took({ type }: Envelope, ms: number): void {
    this.#calling.settled()
    this.#broadcast.took(type, ms)
  }

  failed(envelope: Envelope, error: TroupeError): void {
    this.#broadcast.failed(envelope.type, this.now())
    // A replay counts the calls that it mutes.
    if (codeOf(error.cause) !== 'REPLAY_MUTED') this.warn(envelope, error)
  }

  /** `system.error` was delivered to these listeners. */
  erred(envelope: Envelope, listeners: Route): void {
    const isHeard = listeners.some(({ rules }) => isChosen(rules, envelope, this))
    this.#host.erred(envelope, isHeard)
  }

  warn({ type }: Envelope, error: unknown): void {
    // A subscriber to all events that always throws would get its own failures for ever.
    if (type !== systemError.type && type !== deadLettered.type) this.#host.failed(error)
  }

  rested(): void {
    if (this.#waiters.length === 0 || !this.#isResting) return
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
  }

  /** Resolves when every subscriber has ended its work. It does not wait for subscribers that are paused. */
  async drained(): Promise<void> {
    if (!this.#isResting) await new Promise<void>(resolve => this.#waiters.push(resolve))
  }

  /** Publishes nothing more; loops may still take what waits for them. */
  close(): void {
    for (const listener of [...this.#listeners]) listener.finish()
  }

  get #isResting(): boolean {
    if (this.#broadcast.waiting > 0) return false
    for (const listener of this.#listeners) if (!listener.isResting) return false
    return true
  }

  // ---- history and figures ----

  /** The newest 1,000 events that subscribers could have heard, oldest first. @throws IllegalPatternError */
  history(query: HistoryQuery = {}): readonly Envelope[] {
    return this.#history.find(query)
  }

  get figures(): BusFigures {
    return this.#figures.sum(this.#listeners, this.#waiting)
  }

  get today(): TodayFigures {
    return this.#broadcast.today(this.now())
  }

  /** The figures of each type that was ever published. */
  get types(): Readonly<Record<string, TypeFigures>> {
    return this.#broadcast.types
  }
}
