import type * as z from 'zod'
import type { Bus } from '../bus/bus.ts'
import { EventStream } from '../bus/event-stream.ts'
import type { HistoryQuery } from '../bus/history.ts'
import type { RateLimitOptions } from '../bus/rate-limits.ts'
import { type SubscribeOptions, streamNames, subscribeNames } from '../bus/subscribe-options.ts'
import type { Subscription, SubscriptionInfo } from '../bus/subscription.ts'
import type { UncheckedEvent, UnknownTopicError } from '../events/catalog.ts'
import { systemError } from '../events/runtime-events.ts'
import { checkIsTopic, type Topic, typesOf } from '../events/topic.ts'
import type { Envelope, EnvelopeOf } from '../mail/envelope.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { checkPublished, type PublishOptions, publishOptions } from '../partition/offer.ts'
import type { Partition } from '../partition/partition.ts'
import { publish } from '../partition/publish.ts'
import type { System } from '../partition/system.ts'
import { DeadLetterOffice } from '../readers/dead-letter-office.ts'
import type { DurableName, DurableSubscriptions } from '../readers/durable-subscriptions.ts'
import { type Replayed, type ReplayOptions, type ReplayQuery } from '../readers/replay.ts'
import type { Unheard } from '../readers/unheard.ts'
import type { ChangeOptions } from '../state/admission.ts'
import { type BusMetrics, metricsOf } from './bus-metrics.ts'
import { replayTo } from './bus-replay.ts'

/** Where an event from outside goes. */
export interface BusPublishOptions extends PublishOptions, ChangeOptions {
  /** The party that hears it; left out, only agents outside parties do. */
  readonly party?: string
}

/**
 * The data of `system.error`.
 *
 * @useDeclaredType
 */
export type SystemError = z.output<typeof systemError.schema>

/** Which errors to receive. */
export interface ErrorOptions {
  /** Errors of this severity and worse; all by default. */
  readonly atLeast?: SystemError['severity']
}

const publishNames: OptionNames<BusPublishOptions> = { ...publishOptions, party: true, expectedVersion: true }
const errorNames: OptionNames<ErrorOptions> = { atLeast: true }

const severities = systemError.schema.shape.severity.options

/** The part of a party that the bus uses. */
interface Member {
  readonly life: { readonly partition: Partition }
  publish(event: UncheckedEvent, options: PublishOptions & ChangeOptions): Promise<Envelope>
}

interface BusHost {
  readonly system: System<Partition>
  readonly outside: { readonly partition: Partition }
  readonly parties: { get(id: string): Member }
  readonly durable: DurableSubscriptions
  readonly unheard: Unheard
  /** A topic matches nothing that is declared. @throws UnknownTopicError where the runtime is strict */
  unknownTopic(unknown: UnknownTopicError): void
}

/** The bus, for code outside the agents. */
export class RuntimeBus {
  readonly #host: BusHost
  readonly #bus: Bus
  /** Events that could not be delivered, and why. */
  readonly deadLetters: DeadLetterOffice

  constructor(host: BusHost) {
    this.#host = host
    this.#bus = host.system.bus
    this.deadLetters = new DeadLetterOffice(host.system, host.durable)
  }

  /**
   * Publishes an event; resolves with its envelope when it is durable.
   *
   * @example
   * await runtime.bus.publish(taskCompleted({ taskId: 'book-venue' }), { party: party.id })
   *
   * @throws UnknownEventError, EventPayloadError, EventVersionError, PartyNotFoundError, VersionConflictError, PublishCancelledError,
   *   RateLimitError, MailboxFullError, JournalAppendError
   */
  publish(event: UncheckedEvent, options?: BusPublishOptions): Promise<Envelope> {
    try {
      this.#host.system.checkRunning()
      // Nearly all calls have an event with a type and no options. A closer check would be the largest cost of this function.
      if (typeof event?.type !== 'string' || options) checkPublished('bus.publish', event, options, publishNames)
      const { parties, unheard } = this.#host
      if (options?.party === undefined) {
        const { partition } = this.#host.outside
        unheard.said(event.type, partition)
        return publish(partition, event, options)
      }
      const party = parties.get(options.party)
      unheard.said(event.type, party.life.partition)
      return party.publish(event, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Calls a function for every event of a topic, once it is durable. A function that throws, hangs or is slow affects no other
   * subscriber; its failure is published as `system.error`. If it returns a promise, it gets the next event when that has settled.
   *
   * @example
   * const subscription = runtime.bus.subscribe(agentCompleted, ({ data, party }) => console.log(party, data.agentName))
   * runtime.bus.subscribe([taskCompleted, 'party.budget.*'], save, { party: party.id, filter: ({ priority }) => priority < 5 })
   * subscription.unsubscribe()
   *
   * @param topic definitions, types, or patterns such as `party.agent.*` or `*`
   * @throws UnknownTopicError where the runtime is strict, MissingDefinitionError, UnknownOptionError, IllegalPatternError, PriorityError, SubscribeOptionsError,
   *   DurableNameTakenError, IllegalIdError
   */
  subscribe<const W extends Topic>(
    topic: W,
    subscriber: (envelope: EnvelopeOf<W>) => unknown,
    options?: SubscribeOptions<EnvelopeOf<W>>,
  ): Subscription {
    this.#checkTopic('bus.subscribe', topic, options, subscribeNames)
    const { durable, system } = this.#host
    const { call, rest } = untyped(subscriber, options)
    if (rest.durable === undefined) return this.#bus.subscribe(typesOf(topic), call, rest)
    return durable.subscribe(typesOf(topic), call, rest, system)
  }

  /**
   * The events of a topic as an async iterable: the loop takes one event after the other. Leaving the loop ends the subscription.
   * It also ends with the runtime, or with the deletion of its only party, once the loop has taken the events that wait.
   *
   * @example
   * for await (const { data } of runtime.bus.events(agentCompleted)) console.log(data.agentName)
   *
   * @throws UnknownTopicError where the runtime is strict, MissingDefinitionError, UnknownOptionError, IllegalPatternError, PriorityError, SubscribeOptionsError
   */
  events<const W extends Topic>(
    topic: W,
    options?: Omit<SubscribeOptions<EnvelopeOf<W>>, 'timeout' | 'durable' | 'from'>,
  ): EventStream<EnvelopeOf<W>> {
    this.#checkTopic('bus.events', topic, options, streamNames)
    return new EventStream<EnvelopeOf<W>>(hand => {
      const { call, rest } = untyped(hand, { ...options, timeout: Number.POSITIVE_INFINITY })
      return this.#bus.subscribe(typesOf(topic), call, rest)
    })
  }

  /** @throws MissingDefinitionError, UnknownOptionError, IllegalPatternError, UnknownTopicError where the runtime is strict */
  #checkTopic(at: string, topic: Topic, options: object = {}, known: Readonly<Record<string, true>>): void {
    checkIsTopic(at, topic)
    checkOptionNames(at, options, known)
    for (const unknown of this.#host.system.catalog.unknownIn(topic)) this.#host.unknownTopic(unknown)
  }

  /**
   * All subscriptions, or those of one subscriber: to which topics, and how far behind each is.
   *
   * @example
   * const [{ count, lag, missed }] = runtime.bus.subscriptions('my-agent')
   */
  subscriptions(subscriber?: string): readonly SubscriptionInfo[] {
    const all = Array.from(this.#bus.listeners(), ({ info }) => info)
    return subscriber === undefined ? all : all.filter(info => info.subscriber === subscriber)
  }

  /**
   * The names of the durable subscriptions whose places the journal keeps, also from earlier processes, and how many positions each
   * has yet to read. The journal does not forget these positions.
   *
   * @example
   * for (const { name, isSubscribed, behind } of await runtime.bus.durableNames()) console.log(name, isSubscribed, behind)
   *
   * @throws JournalClosedError, and what else the journal throws
   */
  durableNames(): Promise<readonly DurableName[]> {
    return this.#host.durable.names(this.#host.system)
  }

  /**
   * Forgets the position of a durable subscription for good, and ends the subscription if it is open; resolves to whether there
   * was a position. A later subscription with this name begins anew.
   *
   * @example
   * await runtime.bus.forgetDurable('ledger') // true
   *
   * @throws IllegalIdError, ReplayMutedError, JournalClosedError, and what else the journal throws
   */
  async forgetDurable(name: string): Promise<boolean> {
    this.#host.system.checkLive()
    return this.#host.durable.drop(name, this.#host.system)
  }

  /**
   * Calls a function for every error that the runtime or an agent reports. After a `warning` the work goes on, an `error` ends that
   * work, and a `critical` error stops the runtime in order.
   *
   * @example
   * runtime.bus.errors(({ data }) => log(data.severity, data.code, data.message), { atLeast: 'error' })
   */
  errors(
    subscriber: (envelope: Envelope<'system.error', SystemError>) => unknown,
    options: ErrorOptions = {},
  ): Subscription {
    checkOptionNames('bus.errors', options, errorNames)
    const { atLeast = 'warning' } = options
    const least = severities.indexOf(atLeast)
    return this.subscribe(systemError, subscriber, {
      filter: ({ data }) => severities.indexOf(data.severity) >= least,
    })
  }

  /**
   * Limits what is published from outside from now on: `true` for the defaults (100 a second, 1,000 a minute, 10,000 an hour, 50
   * at one moment), `false` for no limit.
   *
   * @example
   * runtime.bus.rateLimit({ perSecond: 100, burst: 50, source: { perSecond: 20 }, exceeded: 'delay' })
   *
   * @throws RateLimitOptionsError
   */
  rateLimit(rules: RateLimitOptions | boolean): void {
    this.#host.system.rateLimits.switchTo(rules)
  }

  /** The newest 1,000 durable events, oldest first, without those of deleted parties; by party, type or pattern, tags, and number. */
  history(query?: HistoryQuery): readonly Envelope[] {
    return this.#bus.history(query)
  }

  /**
   * Calls a function with each event that the journal holds, in the order of time, or delivers them to a subscription in its turn;
   * resolves after the last event. Agents receive nothing, and the runtime refuses what the handler asks of it meanwhile.
   *
   * @example
   * await runtime.bus.replay({ party: party.id, type: agentCompleted }, ({ data }) => console.log(data.agentName))
   * await runtime.bus.replay({ correlationId, speed: 1 }, subscription)
   *
   * @throws PartyNotFoundError, PartyQuarantinedError, IllegalPatternError, ReplayQueryError, JournalAppendError,
   *   WaitInsideError for a subscription that calls it itself, RuntimeStateError when the runtime stops, the signal's reason
   */
  async replay<const W extends Topic = '*'>(
    query: ReplayQuery<W>,
    target: ((envelope: EnvelopeOf<W>) => unknown) | Subscription,
    options: ReplayOptions = {},
  ): Promise<Replayed> {
    return replayTo(this.#host, query, target, options)
  }

  /**
   * How deliveries ended since the runtime was made: created = handled + ignored + failed + dead +
   * coalesced + waiting.
   *
   * @example
   * const { created, dead } = runtime.bus.metrics()
   */
  metrics(): BusMetrics {
    const { system } = this.#host
    return metricsOf(system, [...system.partitions()])
  }
}

/** A subscriber for the bus, which passes on only events of its topic; the catalogue has checked each by its own schema. */
function untyped<E extends Envelope>(subscriber: (envelope: E) => unknown, options: SubscribeOptions<E> = {}) {
  return { call: subscriber as (envelope: Envelope) => unknown, rest: options as SubscribeOptions }
}
