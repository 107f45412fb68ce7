import type * as z from 'zod'
import type { MailboxFigures } from '../actor/actor.ts'
import type { Bus, BusFigures } from '../bus/bus.ts'
import type { TypeFigures } from '../bus/event-figures.ts'
import { EventStream } from '../bus/event-stream.ts'
import type { HistoryQuery } from '../bus/history.ts'
import type { RateFigures, RateLimitOptions } from '../bus/rate-limits.ts'
import { type SubscribeOptions, streamNames, subscribeNames } from '../bus/subscribe-options.ts'
import { Subscriber } from '../bus/subscriber.ts'
import type { Subscription, SubscriptionInfo } from '../bus/subscription.ts'
import type { TodayFigures } from '../bus/today.ts'
import type { UncheckedEvent, UnknownTopicError } from '../events/catalog.ts'
import { checkPattern } from '../events/pattern.ts'
import { systemError } from '../events/runtime-events.ts'
import { checkIsTopic, type Topic, typesOf } from '../events/topic.ts'
import type { TransformFigures } from '../events/transform.ts'
import { partitionOf } from '../mail/address.ts'
import type { Envelope, EnvelopeOf } from '../mail/envelope.ts'
import type { Tally } from '../mail/tally.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { WaitInsideError } from '../partition/activity.ts'
import { checkPublished, type PublishOptions, publishOptions } from '../partition/offer.ts'
import type { Partition } from '../partition/partition.ts'
import { publish } from '../partition/publish.ts'
import type { System } from '../partition/system.ts'
import { DeadLetterOffice } from '../readers/dead-letter-office.ts'
import type { DurableName, DurableSubscriptions } from '../readers/durable-subscriptions.ts'
import {
  type Replayed,
  type ReplayOptions,
  type ReplayQuery,
  ReplayQueryError,
  replay,
  replayNames,
  replayOptionNames,
} from '../readers/replay.ts'
import type { Unheard } from '../readers/unheard.ts'
import type { ChangeOptions } from '../state/admission.ts'

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
  /** Since midnight, UTC. */
  readonly today: TodayFigures
  /** Whether anything may be published. */
  readonly isRunning: boolean
  /** Of function subscribers. */
  readonly subscribers: BusFigures
  /** Of the transformations, by name. */
  readonly transforms: Readonly<Record<string, TransformFigures>>
  /** Of the limits on what is published from outside. */
  readonly rateLimits: RateFigures
  /** By type, of every event that was ever told. */
  readonly types: Readonly<Record<string, TypeFigures>>
}

/** What `system.error` tells. */
export type SystemError = z.output<typeof systemError.schema>

/** Which errors are wanted. */
export interface ErrorOptions {
  /** Those of this severity and worse; all by default. */
  readonly atLeast?: SystemError['severity']
}

const publishNames: OptionNames<BusPublishOptions> = { ...publishOptions, party: true, expectedVersion: true }
const errorNames: OptionNames<ErrorOptions> = { atLeast: true }

const severities = systemError.schema.shape.severity.options

/** A party, as far as the bus is concerned. */
interface Member {
  readonly partition: Partition
  publish(event: UncheckedEvent, options: PublishOptions & ChangeOptions): Promise<Envelope>
}

interface BusHost {
  readonly system: System<Partition>
  readonly outside: Partition
  readonly parties: { readonly present: Iterable<Member>; get(id: string): Member }
  readonly durable: DurableSubscriptions
  readonly unheard: Unheard
  /** Somebody subscribes to what nobody declares. @throws UnknownTopicError where it is refused */
  unknownTopic(unknown: UnknownTopicError): void
}

/** The bus as people outside the agents use it. */
export class RuntimeBus {
  readonly #host: BusHost
  readonly #bus: Bus
  /** What could not be delivered, and why. */
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
      // Nearly all events are, and have none: looking closer would cost them more than anything else here.
      if (typeof event?.type !== 'string' || options) checkPublished('bus.publish', event, options, publishNames)
      const { outside, parties, unheard } = this.#host
      if (options?.party === undefined) {
        unheard.said(event.type, outside)
        return publish(outside, event, options)
      }
      const party = parties.get(options.party)
      unheard.said(event.type, party.partition)
      return party.publish(event, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Calls a function for every event of a topic, once it is durable. One that throws, hangs or is slow harms nobody; its
   * failure is the event `system.error`. One that returns a promise is told of the next event when that has settled.
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
    if (options?.durable === undefined) return this.#subscribe(topic, subscriber, options)
    // As below.
    const tell = subscriber as (envelope: Envelope) => unknown
    return durable.subscribe(typesOf(topic), tell, options as SubscribeOptions, system)
  }

  /**
   * The same as events to iterate over: each is handed over when it is asked for; leaving the loop ends it, and so does the
   * end of the runtime or, of one party alone, its deletion, once what waits was taken.
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
    return new EventStream(tell => this.#subscribe(topic, tell, { ...options, timeout: Number.POSITIVE_INFINITY }))
  }

  /** @throws MissingDefinitionError, UnknownOptionError, IllegalPatternError, UnknownTopicError where the runtime is strict */
  #checkTopic(at: string, topic: Topic, options: object = {}, known: Readonly<Record<string, true>>): void {
    checkIsTopic(at, topic)
    checkOptionNames(at, options, known)
    for (const unknown of this.#host.system.catalog.unknownIn(topic)) this.#host.unknownTopic(unknown)
  }

  #subscribe<W extends Topic>(
    topic: W,
    subscriber: (envelope: EnvelopeOf<W>) => unknown,
    options?: SubscribeOptions<EnvelopeOf<W>>,
  ) {
    // The bus tells only what these types and patterns match, and the catalogue has checked each by its own schema.
    const tell = subscriber as (envelope: Envelope) => unknown
    return this.#bus.subscribe(typesOf(topic), tell, options as SubscribeOptions | undefined)
  }

  /**
   * Who is told of what, and how far he has come: all, or those of one subscriber.
   *
   * @example
   * const [{ count, lag, missed }] = runtime.bus.subscriptions('my-agent')
   */
  subscriptions(subscriber?: string): readonly SubscriptionInfo[] {
    const all = Array.from(this.#bus.listeners(), ({ info }) => info)
    return subscriber === undefined ? all : all.filter(info => info.subscriber === subscriber)
  }

  /**
   * The names of durable subscriptions that the journal keeps a place for, those of earlier processes too, and how many positions
   * each has yet to read: as long as it has, that is not pruned.
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
   * Forgets the place of a durable subscription, for good, and ends it if it is there; resolves to whether there was a place.
   * A subscription that takes the name later begins anew.
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
   * Calls a function for every error that the runtime or an agent tells of: `warning` is a note, `error` abandons the work
   * at hand, `critical` stops the system in order.
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

  /** The newest 1,000 durable events, but for parties that are deleted, oldest first; by party, type or pattern, tags, and number. */
  history(query?: HistoryQuery): readonly Envelope[] {
    return this.#bus.history(query)
  }

  /**
   * Tells a function, or a subscription in its turn, what the journal holds, in the order of time; resolves when all was
   * told. Nothing else happens: agents hear nothing of it, and what the handler wants of the runtime is refused.
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
    const { system, parties } = this.#host
    checkOptionNames('bus.replay', query, replayNames)
    checkOptionNames('bus.replay', options, replayOptionNames)
    const { party, type, ...rest } = query
    if (party === undefined && (rest.after !== undefined || rest.until !== undefined))
      throw new ReplayQueryError('positions of no party', 'the positions of one party, because each counts its own')
    const partitions = party === undefined ? [...system.partitions()] : [parties.get(party).partition]
    const types = (type === undefined ? ['*'] : typesOf(type)).map(checkPattern)
    const chosen = { ...rest, types, partitions }
    if (typeof target !== 'function' && this.#bus.isInside(target))
      throw new WaitInsideError(target.info.subscriber, 'replay')
    if (party !== undefined) {
      await system.returning(partitionOf(party))
      // Where that was in vain, it says why there is nothing to replay.
      parties.get(party)
    }
    if (typeof target !== 'function') return replay(system, chosen, envelope => target.again(envelope), options)
    // The types and patterns are those of the query, and the catalogue has checked each event by its own schema.
    const tell = target as (envelope: Envelope) => unknown
    const subscriber = new Subscriber({ name: 'replay', types, timeout: 60_000 }, tell, this.#bus)
    return replay(system, chosen, one => this.#bus.during(one, () => subscriber.told(one)), options)
  }

  /**
   * How deliveries ended since the runtime was made: created = handled + ignored + failed + dead +
   * coalesced + waiting.
   *
   * @example
   * const { created, dead } = runtime.bus.metrics()
   */
  metrics(): BusMetrics {
    const { system, outside, parties } = this.#host
    const partitions = [outside, ...Array.from(parties.present, ({ partition }) => partition)]
    const mailboxes = { waiting: 0, spilled: 0, age: 0, busy: 0 }
    for (const { registry } of partitions) for (const actor of registry) add(mailboxes, actor.figures)
    const { tally, bus } = system
    return {
      ...tally,
      ...mailboxes,
      deadLetters: system.deadLetters.total,
      pendingAsks: system.asks.size,
      today: bus.today,
      isRunning: system.isRunning(),
      subscribers: bus.figures,
      rateLimits: system.rateLimits.figures,
      transforms: system.transforms.figures,
      types: bus.types,
    }
  }
}

type Mailboxes = { -readonly [K in 'waiting' | 'spilled' | 'age' | 'busy']: BusMetrics[K] }

function add(mailboxes: Mailboxes, { depth, spilled, age, busy }: MailboxFigures): void {
  mailboxes.waiting += depth
  mailboxes.spilled += spilled
  mailboxes.age = Math.max(mailboxes.age, age)
  mailboxes.busy = Math.max(mailboxes.busy, busy)
}
