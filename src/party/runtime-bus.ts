import type * as z from 'zod'
import type { MailboxFigures } from '../actor/actor.ts'
import type { Bus, HistoryQuery, Subscription } from '../actor/bus.ts'
import type { Envelope } from '../actor/envelope.ts'
import type { Tally } from '../actor/tally.ts'
import type { UncheckedEvent } from '../events/catalog.ts'
import type { EventDefinition } from '../events/event.ts'
import { systemError } from '../events/runtime-events.ts'
import type { ChangeOptions } from './admission.ts'
import { DeadLetterOffice } from './dead-letter-office.ts'
import type { AddedEvent, RemovedEvent } from './definition.ts'
import type { Parties } from './parties.ts'
import type { Partition, Shared } from './partition.ts'
import { type PublishOptions, publish } from './publish.ts'

/** Where an event from outside goes. */
export interface BusPublishOptions extends PublishOptions, ChangeOptions {
  /** The party that hears it; left out, only agents outside parties do. */
  readonly party?: string
}

/** Figures of the bus since the runtime was made. */
export interface BusMetrics extends Readonly<Tally> {
  /** Events that wait in mailboxes. */
  readonly waiting: number
  /** Those of them that only the journal holds. */
  readonly spilled: number
  /** Milliseconds that the oldest of those in memory has waited. */
  readonly age: number
  /** Milliseconds that the agent has been busy which has been so for longest. */
  readonly busy: number
  readonly deadLetters: number
  /** Asks that nobody has answered yet. */
  readonly pendingAsks: number
}

/** What `system.error` tells. */
export type SystemError = z.output<typeof systemError.schema>

/** Which errors are wanted. */
export interface ErrorOptions {
  /** Those of this severity and worse; all by default. */
  readonly atLeast?: SystemError['severity']
}

const severities = systemError.schema.shape.severity.options

interface BusHost<S extends object, A extends AddedEvent, R extends RemovedEvent> {
  readonly shared: Shared
  readonly outside: Partition
  readonly parties: Parties<S, A, R>
}

/** The bus as people outside the agents use it. */
export class RuntimeBus<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  readonly #host: BusHost<S, A, R>
  readonly #bus: Bus
  /** What could not be delivered, and why. */
  readonly deadLetters: DeadLetterOffice

  constructor(host: BusHost<S, A, R>) {
    this.#host = host
    this.#bus = host.shared.bus
    this.deadLetters = new DeadLetterOffice(host.shared)
  }

  /**
   * Publishes an event; resolves with its envelope when it is durable.
   *
   * @example
   * await runtime.bus.publish(taskCompleted({ taskId: 'book-venue' }), { party: party.id })
   *
   * @throws UnknownEventError, EventPayloadError, EventVersionError, PartyNotFoundError, VersionConflictError, JournalAppendError
   */
  async publish(event: UncheckedEvent, options: BusPublishOptions = {}): Promise<Envelope> {
    const { party } = options
    this.#host.shared.checkRunning()
    if (party !== undefined) return this.#host.parties.get(party).publish(event, options)
    return publish(this.#host.outside, event, options)
  }

  /**
   * Calls a function for every event of a definition, a type, or a pattern such as `party.agent.*` or `*`, once it is
   * durable. One that throws harms nobody; its failure is the event `system.error`.
   *
   * @example
   * const subscription = runtime.bus.subscribe(agentCompleted, ({ data, party }) => console.log(party, data.agentName))
   * subscription.unsubscribe()
   *
   * @throws IllegalPatternError
   */
  subscribe<T extends string, D extends z.ZodType>(
    event: EventDefinition<T, D>,
    subscriber: (envelope: Envelope<T, z.output<D>>) => unknown,
  ): Subscription
  subscribe(pattern: string, subscriber: (envelope: Envelope) => unknown): Subscription
  subscribe(event: string | EventDefinition, subscriber: (envelope: Envelope) => unknown): Subscription {
    return typeof event === 'string'
      ? this.#bus.subscribe(event, subscriber)
      : this.#bus.subscribe(event.type, subscriber)
  }

  /**
   * Calls a function for every error that the runtime or an agent tells of: `warning` is a note, `error` abandons the work
   * at hand, `critical` stops the system in order.
   *
   * @example
   * runtime.bus.errors(({ data }) => log(data.severity, data.code, data.message), { atLeast: 'error' })
   */
  errors(
    subscriber: (envelope: Envelope<'system.error', SystemError>) => unknown,
    { atLeast = 'warning' }: ErrorOptions = {},
  ): Subscription {
    const least = severities.indexOf(atLeast)
    return this.subscribe(systemError, envelope =>
      severities.indexOf(envelope.data.severity) >= least ? subscriber(envelope) : undefined,
    )
  }

  /** The newest 1,000 durable events, oldest first; by party, type or pattern, and number. */
  history(query?: HistoryQuery): readonly Envelope[] {
    return this.#bus.history(query)
  }

  /**
   * How deliveries ended since the runtime was made: created = handled + ignored + failed + dead +
   * coalesced + waiting.
   *
   * @example
   * const { created, dead } = runtime.bus.metrics()
   */
  metrics(): BusMetrics {
    const { shared, outside, parties } = this.#host
    const partitions = [outside, ...Array.from(parties.present, ({ partition }) => partition)]
    const mailboxes = { waiting: 0, spilled: 0, age: 0, busy: 0 }
    for (const { registry } of partitions) for (const actor of registry) add(mailboxes, actor.figures)
    return { ...shared.tally, ...mailboxes, deadLetters: shared.deadLetters.total, pendingAsks: shared.asks.size }
  }
}

type Mailboxes = { -readonly [K in 'waiting' | 'spilled' | 'age' | 'busy']: BusMetrics[K] }

function add(mailboxes: Mailboxes, { depth, spilled, age, busy }: MailboxFigures): void {
  mailboxes.waiting += depth
  mailboxes.spilled += spilled
  mailboxes.age = Math.max(mailboxes.age, age)
  mailboxes.busy = Math.max(mailboxes.busy, busy)
}
