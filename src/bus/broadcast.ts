import { systemError } from '../events/runtime-events.ts'
import { Fifo } from '../fifo.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Scheduler } from '../time/scheduler.ts'
import type { Calling } from './calling.ts'
import { EventFigures, type TypeFigures } from './event-figures.ts'
import type { Listeners } from './listeners.ts'
import type { Route, Router } from './router.ts'
import { eventsPerTurn } from './throttle.ts'
import { Today, type TodayFigures } from './today.ts'

/** The bus. Its own type would make a circle of imports. */
interface BroadcastHost {
  readonly scheduler: Pick<Scheduler, 'turn'>
  /** Epoch milliseconds. */
  readonly began: number
  /** Milliseconds since any fixed moment. */
  elapsed(): number
  /** Whether the time to live of an event is over. */
  isExpired(envelope: Envelope): boolean
  /** `system.error` was delivered to these listeners. */
  erred(envelope: Envelope, listeners: Route): void
}

/** The bus measures one event in this many, because reading the clock costs more than most subscribers do. */
const measuredEach = 16

/** For one event in this many, it measures each subscriber. */
const measuredBySubscriberEach = 256

/** What the bus knows of a type that was published. */
interface OfType {
  readonly route: Route
  /** The number of changes of the router when this route was found. */
  readonly changes: number
  readonly figures: EventFigures
}

/** Delivers each event to the listeners of its type, one event after the other, and measures how long that takes. */
export class Broadcast {
  readonly #host: BroadcastHost
  readonly #began: number
  readonly #listeners: Listeners
  readonly #everywhere: Router
  readonly #calling: Calling
  readonly #types = new Map<string, OfType>()
  /** The events that subscribers published while another event was delivered. */
  readonly #waiting = new Fifo<Envelope>()
  readonly #today = new Today()
  #isDelivering = false

  constructor(host: BroadcastHost, listeners: Listeners, calling: Calling) {
    this.#host = host
    this.#began = host.began
    this.#listeners = listeners
    this.#everywhere = listeners.everywhere
    this.#calling = calling
  }

  /** How many events wait until the events before them are delivered. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Whether the listeners have got all published events. */
  get isDone(): boolean {
    return !this.#isDelivering && this.#waiting.size === 0
  }

  deliver(envelope: Envelope): void {
    // An event that a subscriber publishes comes after the event that it got, for all subscribers in the same order.
    if (this.#isDelivering || this.#waiting.size > 0) return this.#waiting.push(envelope)
    this.#deliver(envelope)
    if (this.#waiting.size > 0) this.#deliverNext()
  }

  // Subscribers that answer each other, or themselves, may never stop. Timers and sockets get a turn in between.
  #deliverNext(): void {
    for (let delivered = 0; delivered < eventsPerTurn; delivered++) {
      const next = this.#waiting.shift()
      if (!next) return
      this.#deliver(next)
    }
    if (this.#waiting.size > 0) this.#host.scheduler.turn(() => this.#deliverNext())
  }

  #deliver(envelope: Envelope): void {
    const { type, party, time } = envelope
    const { route, figures } = this.#ofType(type)
    figures.lastAt = time
    this.#today.published(time)
    const isMeasured = ++figures.published % measuredEach === 1
    const here = party === undefined ? route : this.#listeners.routeIn(party, route, type)
    if (envelope.expirytime !== undefined && this.#host.isExpired(envelope)) return deliverLate(here, envelope)
    const calling = this.#calling
    const outer = calling.event
    calling.since = undefined
    calling.event = envelope
    this.#isDelivering = true
    try {
      if (isMeasured) this.#measure(here, envelope, figures)
      else deliverTo(here, envelope, time - this.#began)
    } finally {
      calling.event = outer
      this.#isDelivering = false
    }
    if (type === systemError.type) this.#host.erred(envelope, here)
  }

  #measure(route: Route, envelope: Envelope, { published, times }: EventFigures): void {
    const start = this.#host.elapsed()
    const { atWork } = this.#calling
    const at = envelope.time - this.#began
    if (published % measuredBySubscriberEach === 1) deliverMeasured(route, envelope, at)
    else deliverTo(route, envelope, at)
    // A call that returned a promise is measured when the promise settles.
    if (this.#calling.atWork === atWork) times.took(this.#host.elapsed() - start)
  }

  #ofType(type: string): OfType {
    const known = this.#types.get(type)
    return known && known.changes === this.#everywhere.changes ? known : this.#newlyOfType(type)
  }

  #newlyOfType(type: string): OfType {
    const figures = this.#types.get(type)?.figures ?? new EventFigures()
    const ofType = { route: this.#listeners.route(type), changes: this.#everywhere.changes, figures }
    this.#types.set(type, ofType)
    return ofType
  }

  // ---- figures ----

  /** Called when the promise of a call with an event of this type has settled. @param ms after how many milliseconds */
  took(type: string, ms: number): void {
    this.#ofType(type).figures.times.took(ms)
  }

  /** A call with an event of this type has failed. */
  failed(type: string, now: number): void {
    this.#ofType(type).figures.failures++
    this.#today.failed(now)
  }

  today(now: number): TodayFigures {
    return this.#today.figures(now)
  }

  /** The figures of each type that was ever published. */
  get types(): Readonly<Record<string, TypeFigures>> {
    return Object.fromEntries(Array.from(this.#types, ([type, { figures }]) => [type, figures.figures]))
  }
}

/** Delivers an event, and measures each listener. */
function deliverMeasured(route: Route, envelope: Envelope, at: number): void {
  for (let place = 0; place < route.length; place++) route[place]?.hearMeasured(envelope, at)
}

function deliverLate(route: Route, envelope: Envelope): void {
  for (const listener of route) listener.hearLate(envelope)
}

/** Delivers an event to its listeners. A subscription that ends meanwhile gets no more events. */
function deliverTo(route: Route, envelope: Envelope, at: number): void {
  for (let place = 0; place < route.length; place++) route[place]?.hear(envelope, at)
}
