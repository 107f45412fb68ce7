import { TroupeError, textOf } from '../errors.ts'
import { systemError } from '../events/runtime-events.ts'
import type { Envelope } from './envelope.ts'
import { Fifo } from './fifo.ts'
import { checkPattern, matcher } from './pattern.ts'

/** Takes a subscription back. */
export interface Subscription {
  unsubscribe(): void
}

/** What to look for in the history. */
export interface HistoryQuery {
  readonly party?: string
  /** An exact type or a pattern. */
  readonly type?: string
  /** The newest so many. */
  readonly limit?: number
}

type Subscriber = (envelope: Envelope) => unknown

interface Entry {
  readonly pattern: string
  readonly subscriber: Subscriber
}

/** What the bus needs from the runtime around it. */
export interface BusHost {
  /** Whether only those are told of a type who name it: what happens all the time is no news to a pattern. */
  isByName(type: string): boolean
  /** Somebody subscribed, or did so no more. */
  changed(): void
  failed(error: SubscriberError): void
}

/** How many events the history keeps (S4: 1,000). */
export const historyLimit = 1_000

/**
 * Broadcast by type to functions outside the agents. They are told what is durable, one after the other, and one that
 * throws or rejects harms nobody: its failure is handed on.
 */
export class Bus {
  readonly #subscribers = new Set<Entry>()
  readonly #routes = new Map<string, readonly Entry[]>()
  readonly #history: Envelope[] = []
  readonly #host: BusHost
  #oldest = 0
  readonly #untold = new Fifo<Envelope>()
  #telling: Envelope | undefined

  constructor(host: BusHost) {
    this.#host = host
  }

  /** What subscribers are being told of right now. */
  get telling(): Envelope | undefined {
    return this.#telling
  }

  /** Calls a function for every event of a type, or of a pattern such as `party.agent.*` or `*`. @throws IllegalPatternError */
  subscribe(pattern: string, subscriber: Subscriber): Subscription {
    const entry: Entry = { pattern: checkPattern(pattern), subscriber }
    this.#subscribers.add(entry)
    this.#changed()
    return {
      unsubscribe: () => {
        this.#subscribers.delete(entry)
        this.#changed()
      },
    }
  }

  /** Whether anybody would be told of an event of this type. */
  isHeard(type: string): boolean {
    return this.#route(type).length > 0
  }

  /** The newest 1,000 events that subscribers could have heard, oldest first. */
  history({ party, type, limit = historyLimit }: HistoryQuery = {}): readonly Envelope[] {
    const matches = type === undefined ? () => true : matcher(checkPattern(type))
    const inOrder = [...this.#history.slice(this.#oldest), ...this.#history.slice(0, this.#oldest)]
    const found = inOrder.filter(
      envelope => (party === undefined || envelope.party === party) && matches(envelope.type),
    )
    return limit < found.length ? found.slice(found.length - limit) : found
  }

  /** Remembers an event and tells it to all that subscribed to it. */
  tell(envelope: Envelope): void {
    this.#remember(envelope)
    this.mention(envelope)
  }

  /** Tells an event to all that subscribed to it, and keeps it out of the history. */
  mention(envelope: Envelope): void {
    // What a subscriber publishes is told after what it was told of, to everybody in the same order.
    if (this.#telling) return this.#untold.push(envelope)
    for (let next: Envelope | undefined = envelope; next; next = this.#untold.shift()) this.#tellAll(next)
  }

  #tellAll(envelope: Envelope): void {
    this.#telling = envelope
    for (const entry of this.#route(envelope.type)) {
      // One subscriber may have ended another's subscription.
      if (this.#subscribers.has(entry)) this.#call(entry, envelope)
    }
    this.#telling = undefined
  }

  #call(entry: Entry, envelope: Envelope): void {
    try {
      const waiting = entry.subscriber(envelope)
      if (waiting instanceof Promise) waiting.catch((error: unknown) => this.#failed(entry, envelope, error))
    } catch (error) {
      this.#failed(entry, envelope, error)
    }
  }

  #failed(entry: Entry, envelope: Envelope, error: unknown): void {
    // A subscriber to everything that always throws would be told of its own failures for ever.
    if (envelope.type !== systemError.type) this.#host.failed(new SubscriberError(entry.pattern, envelope, error))
  }

  #remember(envelope: Envelope): void {
    if (this.#history.length < historyLimit) this.#history.push(envelope)
    else {
      this.#history[this.#oldest] = envelope
      this.#oldest = (this.#oldest + 1) % historyLimit
    }
  }

  #changed(): void {
    this.#routes.clear()
    this.#host.changed()
  }

  #route(type: string): readonly Entry[] {
    let route = this.#routes.get(type)
    if (!route) {
      const isByName = this.#host.isByName(type)
      route = [...this.#subscribers].filter(({ pattern }) => (isByName ? pattern === type : matcher(pattern)(type)))
      this.#routes.set(type, route)
    }
    return route
  }
}

/** A subscriber threw or rejected. */
export class SubscriberError extends TroupeError {
  readonly code = 'SUBSCRIBER_FAILED'
  readonly pattern: string
  readonly envelope: Envelope
  constructor(pattern: string, envelope: Envelope, cause: unknown) {
    super(
      `A subscriber to "${pattern}" failed on "${envelope.type}": ${textOf(cause)}. The others were told all the same.`,
      {
        cause,
      },
    )
    this.pattern = pattern
    this.envelope = envelope
  }
}
