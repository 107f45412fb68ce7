import type { AsyncLocalStorage } from 'node:async_hooks'
import { codeOf, TroupeError } from '../errors.ts'
import { deadLettered, systemError } from '../events/runtime-events.ts'
import { Fifo } from '../fifo.ts'
import type { Address } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Timers } from '../time/timers.ts'
import { EventFigures, type TypeFigures } from './event-figures.ts'
import { History, type HistoryQuery } from './history.ts'
import { type Route, Router } from './router.ts'
import { addressOfSubscriber, type SubscribeOptions, type Wanted, wantedOf } from './subscribe-options.ts'
import type { Telling } from './subscriber.ts'
import { isChosen, type Listener, LiveSubscription, type SubscriptionHost } from './subscription.ts'
import { Today, type TodayFigures } from './today.ts'

/** What the bus needs from the runtime around it. */
export interface BusHost {
  readonly timers: Timers
  readonly insideSubscriber: AsyncLocalStorage<Telling>
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

/** Figures of all subscribers, also of those that have ended. */
export interface BusFigures {
  readonly subscriptions: number
  /** How often subscribers were called. */
  readonly delivered: number
  /** How many of these calls failed. */
  readonly failed: number
  /** Events that slow subscribers missed. */
  readonly missed: number
  /** Events whose time to live was over before a subscriber could get them. */
  readonly expired: number
  /** Events that wait for subscribers that are busy or paused. */
  readonly queued: number
  /** Events that subscribers published and that no subscriber has got yet. */
  readonly untold: number
}

/** After so many events in a row the event loop gets a turn. */
const toldPerYield = 200

/** The bus measures one event in so many, because reading the clock costs more than most subscribers do. */
const measuredEach = 16

/** For one event in so many it measures each subscriber. */
const measuredBySubscriberEach = 256

/** What the bus knows of a type that was published. */
interface OfType {
  readonly route: Route
  /** The number of changes of the router when this route was found. */
  readonly changes: number
  readonly figures: EventFigures
}

/**
 * Broadcasts events by type to functions outside the agents. A subscriber gets an event once it is durable, in the order of its
 * partition. A subscriber that throws, rejects, hangs or is slow harms no other one; its failure is reported.
 */
export class Bus implements SubscriptionHost {
  readonly #host: BusHost
  /** The number of each listener, in the order in which they came: it decides between equal priorities. */
  readonly #order = new Map<Listener, number>()
  readonly #everywhere: Router
  readonly #inParty = new Map<string, Router>()
  readonly #history = new History()
  readonly #types = new Map<string, OfType>()
  readonly #untold = new Fifo<Envelope>()
  readonly #today = new Today()
  #names = 0
  #notes = 0
  #listeners = 0
  /** How many events subscribers published since the event loop turned, and the publishers that wait for its turn. */
  #answers = 0
  readonly #breathing = new Fifo<() => void>()
  readonly #past = { delivered: 0, failed: 0, missed: 0, expired: 0 }
  /** How many calls have returned a promise that has not settled yet. */
  #atWork = 0
  #isTelling = false
  #waiters: (() => void)[] = []
  #telling: Envelope | undefined
  /** When the subscribers of the present event were called that returned a promise, elapsed milliseconds. */
  #toldAt: number | undefined

  readonly #queue: number
  readonly began: number

  constructor(host: BusHost) {
    this.#host = host
    this.#queue = host.queue
    this.began = host.now()
    this.#everywhere = new Router(this.#inOrder)
  }

  // ---- listeners ----

  /** Calls a function for every event of these types or patterns. @throws IllegalPatternError, PriorityError, SubscribeOptionsError */
  subscribe(
    types: readonly string[],
    tell: (envelope: Envelope) => unknown,
    options: SubscribeOptions = {},
  ): LiveSubscription {
    const { signal } = options
    const wanted = wantedOf(types, options, () => this.newName())
    const subscription = new LiveSubscription(wanted, tell, signal, this)
    if (signal?.aborted) subscription.unsubscribe()
    else this.add(subscription)
    return subscription
  }

  add(listener: Listener): void {
    this.#order.set(listener, ++this.#listeners)
    this.#routerOf(listener).add(listener)
    this.#host.changed()
  }

  ended(listener: Listener): void {
    const { info } = listener
    const { party } = listener.wanted
    this.#routerOf(listener).remove(listener)
    this.#order.delete(listener)
    this.#past.delivered += info.count
    this.#past.failed += info.failed
    this.#past.missed += info.missed
    this.#past.expired += info.expired
    if (party !== undefined && this.#inParty.get(party)?.size === 0) this.#inParty.delete(party)
    this.#host.changed()
    this.rested()
  }

  /** All listeners, in the order in which they came. */
  *listeners(): Generator<Listener> {
    yield* this.#everywhere
    for (const router of this.#inParty.values()) yield* router
  }

  /** The subscription whose dead letters have this address. */
  subscriptionAt(address: Address): LiveSubscription | undefined {
    for (const listener of this.listeners())
      if (listener instanceof LiveSubscription && addressOfSubscriber(listener.wanted.name) === address) return listener
    return undefined
  }

  /** Whether any subscriber would get an event of this type, in this party or outside all parties. */
  isHeard(type: string, party?: string): boolean {
    if (this.#route(type).length > 0) return true
    const here = party === undefined ? undefined : this.#inParty.get(party)
    return here !== undefined && here.route(type, this.#isByName).length > 0
  }

  /** Whether a subscriber listens to this type or its group, rather than to all events. */
  isWanted(type: string): boolean {
    return this.#route(type).some(({ wanted: { types } }) => !types.includes('*'))
  }

  #routerOf({ wanted: { party } }: Listener): Router {
    if (party === undefined) return this.#everywhere
    let router = this.#inParty.get(party)
    if (!router) this.#inParty.set(party, (router = new Router(this.#inOrder)))
    return router
  }

  readonly #inOrder = (a: Listener, b: Listener) =>
    a.wanted.priority - b.wanted.priority || (this.#order.get(a) ?? 0) - (this.#order.get(b) ?? 0)

  readonly #isByName = (type: string) => this.#host.isByName(type)

  #route(type: string): Route {
    return this.#everywhere.route(type, this.#isByName)
  }

  // ---- notifying listeners ----

  /** Whether the listeners have got all that was published. */
  get isTold(): boolean {
    return !this.#isTelling && this.#untold.size === 0
  }

  /** Keeps an event in the history and notifies its subscribers. */
  tell(envelope: Envelope): void {
    this.#history.add(envelope)
    this.mention(envelope)
  }

  /** Keeps an event in the history that another process has published. */
  remember(envelope: Envelope): void {
    this.#history.add(envelope)
  }

  /** Forgets a party that was deleted. */
  forget(party: string): void {
    this.#history.forget(party)
    for (const listener of [...(this.#inParty.get(party) ?? [])])
      if (listener instanceof LiveSubscription) listener.endLoop()
  }

  /** Notifies the subscribers of an event, and keeps it out of the history. */
  mention(envelope: Envelope): void {
    // An event that a subscriber publishes comes after the event that it got, for all subscribers in the same order.
    if (this.#isTelling || this.#untold.size > 0) return this.#untold.push(envelope)
    this.#tellAll(envelope)
    if (this.#untold.size > 0) this.#tellUntold()
  }

  /** @throws BusFullError while too many events wait that subscribers published */
  checkRoom(type: string): void {
    const waiting = this.#untold.size + this.#breathing.size
    if (waiting >= this.#queue) throw new BusFullError(type, waiting)
  }

  /**
   * Makes a subscriber that publishes wait for a turn of the event loop now and then: subscribers that answer each other, or
   * themselves, may go on for ever. Call it for events that a subscriber publishes, and for no others.
   */
  breath(): Promise<void> | undefined {
    if (this.#answers++ === 0) setImmediate(() => this.#breathe())
    // A publisher waits behind those that wait already.
    const mayGoOn = this.#breathing.size === 0 && this.#answers <= toldPerYield
    return mayGoOn ? undefined : new Promise(resolve => this.#breathing.push(resolve))
  }

  #breathe(): void {
    this.#answers = Math.min(this.#breathing.size, toldPerYield)
    for (let gone = 0; gone < toldPerYield; gone++) this.#breathing.shift()?.()
    if (this.#answers > 0) setImmediate(() => this.#breathe())
  }

  // Subscribers that answer each other, or themselves, may go on for ever. Timers and sockets get a turn in between.
  #tellUntold(): void {
    for (let told = 0; told < toldPerYield; told++) {
      const next = this.#untold.shift()
      if (!next) return
      this.#tellAll(next)
    }
    if (this.#untold.size > 0) setImmediate(() => this.#tellUntold())
  }

  #tellAll(envelope: Envelope): void {
    const { type, party, time } = envelope
    const { route, figures } = this.#ofType(type)
    figures.lastAt = time
    this.#today.published(time)
    const isMeasured = ++figures.published % measuredEach === 1
    const here = party === undefined || this.#inParty.size === 0 ? route : this.#routeIn(party, route, type)
    if (envelope.expirytime !== undefined && this.isExpired(envelope)) return tellLate(here, envelope)
    const outer = this.#telling
    this.#toldAt = undefined
    this.#isTelling = true
    this.#telling = envelope
    try {
      if (isMeasured) this.#measure(figures, () => tellMeasured(here, envelope, time - this.began, figures))
      else tellRoute(here, envelope, time - this.began)
    } finally {
      this.#telling = outer
      this.#isTelling = false
    }
    if (type !== systemError.type) return
    const isHeard = here.some(({ wanted }) => isChosen(wanted, envelope, this))
    this.#host.erred(envelope, isHeard)
  }

  #measure(figures: EventFigures, tell: () => void): void {
    const start = this.#host.elapsed()
    const atWork = this.#atWork
    tell()
    // A call that returned a promise is measured when the promise settles.
    if (this.#atWork === atWork) figures.times.took(this.#host.elapsed() - start)
  }

  #routeIn(party: string, everywhere: Route, type: string): Route {
    const here = this.#inParty.get(party)?.route(type, this.#isByName)
    if (!here || here.length === 0) return everywhere
    return [...everywhere, ...here].toSorted(this.#inOrder)
  }

  #ofType(type: string): OfType {
    const known = this.#types.get(type)
    return known && known.changes === this.#everywhere.changes ? known : this.#newlyOfType(type)
  }

  #newlyOfType(type: string): OfType {
    const figures = this.#types.get(type)?.figures ?? new EventFigures()
    const ofType = { route: this.#route(type), changes: this.#everywhere.changes, figures }
    this.#types.set(type, ofType)
    return ofType
  }

  // ---- reports of subscribers ----

  get aging(): number {
    return this.#host.aging
  }

  isExpired(envelope: Envelope): boolean {
    return this.#host.isExpired(envelope)
  }

  expired(envelope: Envelope, { name }: Wanted): void {
    this.#host.expired(envelope, addressOfSubscriber(name))
  }

  mayExpire(listener: Listener): void {
    this.#host.mayExpire(listener)
  }

  get timers(): Timers {
    return this.#host.timers
  }

  get insideSubscriber(): AsyncLocalStorage<Telling> {
    return this.#host.insideSubscriber
  }

  /** The event of the subscriber that is calling, also after an `await`; `undefined` if no subscriber calls. */
  get told(): Envelope | undefined {
    if (this.#telling || this.#atWork === 0) return this.#telling
    const inside = this.#host.insideSubscriber.getStore()
    return inside && !inside.isOver ? inside.envelope : undefined
  }

  during<T>(envelope: Envelope, call: () => T): T {
    const outer = this.#telling
    this.#toldAt = undefined
    this.#telling = envelope
    try {
      return call()
    } finally {
      this.#telling = outer
    }
  }

  /** Whether this subscription is calling, and has not ended its work. */
  isInside(subscription: object): boolean {
    const inside = this.#host.insideSubscriber.getStore()
    if (!inside || inside.isOver) return false
    for (const listener of this.listeners()) if (listener === subscription) return listener.wanted === inside.who
    return false
  }

  now(): number {
    return this.#host.now()
  }

  elapsed(): number {
    return this.#host.elapsed()
  }

  /** A name for a subscriber that has none. */
  newName(): string {
    return `subscriber-${++this.#names}`
  }

  /** An id for an event that only listeners get, so that the ids of all other events do not depend on listeners. */
  newNoteId(): string {
    return `note-${this.began.toString(36)}-${++this.#notes}`
  }

  working(): number {
    this.#atWork++
    // The clock is read once for all subscribers of one event.
    this.#toldAt ??= this.elapsed()
    return this.#toldAt
  }

  took({ type }: Envelope, ms: number): void {
    this.#atWork--
    this.#ofType(type).figures.times.took(ms)
  }

  failed(envelope: Envelope, error: TroupeError): void {
    this.#ofType(envelope.type).figures.failures++
    this.#today.failed(this.now())
    // A replay counts what it mutes itself.
    if (codeOf(error.cause) !== 'REPLAY_MUTED') this.warn(envelope, error)
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
    for (const listener of [...this.listeners()]) listener.finish()
  }

  get #isResting(): boolean {
    if (this.#untold.size > 0) return false
    for (const listener of this.listeners()) if (!listener.isResting) return false
    return true
  }

  // ---- history and figures ----

  /** The newest 1,000 events that subscribers could have heard, oldest first. @throws IllegalPatternError */
  history(query: HistoryQuery = {}): readonly Envelope[] {
    return this.#history.find(query)
  }

  get figures(): BusFigures {
    const sum = { ...this.#past, subscriptions: 0, queued: 0, untold: this.#untold.size + this.#breathing.size }
    for (const { info } of this.listeners()) {
      sum.subscriptions++
      sum.delivered += info.count
      sum.failed += info.failed
      sum.missed += info.missed
      sum.expired += info.expired
      sum.queued += info.waiting
    }
    return sum
  }

  get today(): TodayFigures {
    return this.#today.figures(this.now())
  }

  /** The figures of each type that was ever published. */
  get types(): Readonly<Record<string, TypeFigures>> {
    return Object.fromEntries(Array.from(this.#types, ([type, { figures }]) => [type, figures.figures]))
  }
}

/** Notifies the subscribers of an event that is measured. */
function tellMeasured(route: Route, envelope: Envelope, at: number, { published }: EventFigures): void {
  if (published % measuredBySubscriberEach !== 1) return tellRoute(route, envelope, at)
  for (let place = 0; place < route.length; place++) route[place]?.hearMeasured(envelope, at)
}

function tellLate(route: Route, envelope: Envelope): void {
  for (const listener of route) listener.hearLate(envelope)
}

/** Notifies the subscribers of an event. A subscription that ends meanwhile gets nothing more. */
function tellRoute(route: Route, envelope: Envelope, at: number): void {
  for (let place = 0; place < route.length; place++) route[place]?.hear(envelope, at)
}

/** How many events may wait for their notification (S1: 10,000). */
const usualQueue = 10_000

/** @throws BusQueueError unless it is a whole number from 1 */
export function queueOf(queue = usualQueue): number {
  if (!Number.isInteger(queue) || queue < 1) throw new BusQueueError(queue)
  return queue
}

/** The option `queue` is no whole number from 1. */
export class BusQueueError extends TroupeError {
  readonly code = 'BUS_QUEUE'
  readonly queue: number
  constructor(queue: number) {
    super(
      `The bus cannot have a queue of ${queue} events: use a whole number from 1, or leave "queue" out for ${usualQueue}.`,
    )
    this.queue = queue
  }
}

/** Subscribers publish more than the bus can pass on. */
export class BusFullError extends TroupeError {
  readonly code = 'BUS_FULL'
  readonly type: string
  readonly untold: number
  constructor(type: string, untold: number) {
    super(
      `"${type}" was not published: ${untold} events that subscribers said have yet to be told. Let subscribers say less than they are told, or give the runtime a larger "queue".`,
    )
    this.type = type
    this.untold = untold
  }
}
