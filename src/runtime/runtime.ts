/**
 * The house, and the walk of one event through it:
 *
 *   your machine                       the runtime
 *   ------------                       -----------
 *   emits an event             ->      actor/step.ts          collects what the step wants, as data
 *                                      journal/step-frame.ts  one frame: what was handled, what it produced
 *                                      journal/watermark.ts   a position at once, durable a moment later
 *                                      party/store.ts         the party's state changes, in journal order
 *                                      actor/delivery.ts      inside the party at once: to whom it concerns
 *                                      actor/mailbox.ts       waits its turn
 *   handles the event          <-      actor/step.ts          one event enters the next machine
 *   party.watch, subscribers   <-      actor/bus.ts           durable: now everybody outside may know
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type * as z from 'zod'
import { MissedEvents } from '../actor/missed-events.ts'
import type { Agent } from '../agent/agent.ts'
import { Strays } from '../agent/strays.ts'
import { Bus, queueOf } from '../bus/bus.ts'
import { type RateLimitOptions, RateLimits } from '../bus/rate-limits.ts'
import { type Clock, systemClock, watched } from '../clock.ts'
import { TroupeError } from '../errors.ts'
import { type Catalog, type Definition, defineCatalog, type UnknownTopicError } from '../events/catalog.ts'
import { checkDeclared } from '../events/missing.ts'
import type { PersistRule } from '../events/persist.ts'
import type { RequestDefinition } from '../events/request.ts'
import {
  runtimeEvents,
  systemError,
  systemStarted,
  systemStarting,
  systemStopped,
  systemStopping,
} from '../events/runtime-events.ts'
import { type Transform, Transforms } from '../events/transform.ts'
import { createIds, type Ids } from '../ids.ts'
import { AskStoppedError } from '../invoke/ask-errors.ts'
import { AskTable } from '../invoke/ask-table.ts'
import { checkAsks, unheardAsks } from '../invoke/check-asks.ts'
import { withChildren } from '../invoke/child.ts'
import type { Answer } from '../invoke/gather.ts'
import { anyHandler, Handler, type HandlerFunction, type HandlerOptions, type HandlerRef } from '../invoke/handler.ts'
import type { Journal } from '../journal/journal.ts'
import { memoryJournal } from '../journal/memory.ts'
import { AgentRef } from '../lifecycle/agent-ref.ts'
import { Crew } from '../lifecycle/crew.ts'
import type { Whereabouts } from '../lifecycle/found.ts'
import { PoolRef, poolRefAt } from '../lifecycle/pool-ref.ts'
import { createLog, type Log, type Logger } from '../log.ts'
import {
  type Address,
  AddressTakenError,
  addressOf,
  checkId,
  NoAddressError,
  partitionOf,
  partyOf,
  runtimePartition,
  splitAddress,
} from '../mail/address.ts'
import { agingOf } from '../mail/aging.ts'
import { type DeadLetterRules, DeadLetters } from '../mail/dead-letters.ts'
import type { Envelope } from '../mail/envelope.ts'
import { emptyTally } from '../mail/tally.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import { type Idle, WaitInsideError } from '../partition/activity.ts'
import { HeldEffects } from '../partition/held-effects.ts'
import type { ObserveOptions, Observer } from '../partition/observation.ts'
import { Partition } from '../partition/partition.ts'
import { Persistence } from '../partition/persistence.ts'
import { type SnapshotOptions, Snapshots } from '../partition/snapshots.ts'
import type { Limits, System } from '../partition/system.ts'
import { type IdleOptions, idleOptions } from '../party/idle.ts'
import { Parties } from '../party/parties.ts'
import type { Party } from '../party/party.ts'
import { Rest } from '../party/rest.ts'
import { DurableSubscriptions } from '../readers/durable-subscriptions.ts'
import { observe } from '../readers/observers.ts'
import { ReplayMutedError } from '../readers/replay.ts'
import { Schedules } from '../readers/schedules.ts'
import { Unheard, unlisted } from '../readers/unheard.ts'
import { Recovery } from '../recovery/recovery.ts'
import type { AddedEvent, PartyDefinition, RemovedEvent } from '../state/definition.ts'
import type { Unwatch } from '../state/store.ts'
import { agentsOf, checkNames, isPool, type PoolDefinition, type Supervised } from '../supervision/definition.ts'
import { defaultIntensity, type RestartIntensity } from '../supervision/restart-intensity.ts'
import { Breath } from '../time/breath.ts'
import { ReadyQueue } from '../time/ready-queue.ts'
import { timersOf } from '../time/timers-of.ts'
import {
  askFromOutside,
  askManyFromOutside,
  checkAsked,
  checkAskedOfMany,
  type OutsideAskManyOptions,
  type OutsideAskOptions,
} from '../work/ask-from-outside.ts'
import { askHandler, Handlers } from '../work/handlers.ts'
import { checkRuntimeOptions } from './check-options.ts'
import { Cleanup } from './cleanup.ts'
import { isPulse, Pulse, type PulseOptions, type Summary } from './pulse.ts'
import { RuntimeBus } from './runtime-bus.ts'

/** What a runtime stands on; every part has a default. */
export interface RuntimeOptions<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  /** The kind of party that it gives; none: only agents outside parties. */
  readonly party?: PartyDefinition<S, A, R>
  /** Agents outside all parties, alone or under supervisors, started with the runtime. */
  readonly agents?: readonly Supervised[]
  /**
   * Refuses agents that invoke what would be run again after a crash, on a journal that outlives it, and topics that match nothing
   * that is declared; by default they are warnings.
   */
  readonly strict?: boolean
  /**
   * Whether this is a program that is being written: machines that were edited go on where what was saved still fits them, with a
   * warning, and warnings that nobody hears of are printed too. True by default, unless `NODE_ENV` is `production`.
   */
  readonly development?: boolean
  /** Agents that are spawned while it runs, and older versions of agents: what the journal holds of them goes on with these. */
  readonly registered?: readonly Agent[]
  /** Events and requests that no agent lists but somebody publishes or asks. */
  readonly events?: readonly Definition[]
  /** Where frames go; in memory by default. The runtime closes it when it stops. */
  readonly journal?: Journal
  readonly clock?: Clock
  /** Numbers from 0 up to but not including 1; `Math.random` by default. */
  readonly random?: () => number
  /**
   * Where operators read of errors: a logger with `info`, `warn` and `error` that takes fields and a message, as pino's does, or
   * `silent`. By default each error that no subscriber of `bus.errors` hears of is one line on stderr, and so are each party that
   * is quarantined, whoever hears, and, in development, each warning that nobody hears of.
   */
  readonly log?: Logger | 'silent'
  /** Where ids come from; a random prefix and a counter by default. */
  readonly ids?: Ids
  /** How often the agents of one supervisor may restart; 3 times in 5 seconds by default. */
  readonly intensity?: RestartIntensity
  /**
   * How often snapshots of partitions are taken, so that recovery has less to read, and how much of the journal is kept behind
   * them: every 100 frames and all where the journal outlives the process, every 10,000 frames and 10,000 positions where not.
   */
  readonly snapshots?: SnapshotOptions
  /** How many dead letters are kept, and for how long; 1,000 and 7 days by default. */
  readonly deadLetters?: DeadLetterRules
  /**
   * Which events are journalled, where their definitions leave it open; all by default. What a rule leaves out is delivered at
   * most once. Events that change the state of a party are always journalled, and `persist: false` of a definition always holds.
   */
  readonly persist?: PersistRule
  /** Steps between publish and delivery, in order. */
  readonly transforms?: readonly Transform[]
  /** How much may be published from outside; `true` for 100 a second, 1,000 a minute, 10,000 an hour, 50 at once; no limit by default. */
  readonly rateLimit?: RateLimitOptions | boolean
  /** How many agents there may be at one time: in all, and in one party or outside all of them; 1,000,000 each. */
  readonly limits?: Partial<Limits>
  /** How often `system.tick` and `system.metrics` are said; every 100 ms, and every 60 ticks. */
  readonly pulse?: PulseOptions
  /**
   * Events that may wait to be told to subscribers because subscribers said them; 10,000 by default. More are refused with
   * `BUS_FULL`.
   */
  readonly queue?: number
  /**
   * Milliseconds of waiting that make an event, or whoever waits to publish one, more urgent by one; 1,000 by default, so that
   * nothing waits for ever behind what is more urgent. Infinity: nothing becomes more urgent.
   */
  readonly aging?: number
  /**
   * Milliseconds between two looks through mailboxes for what nobody will be handed any more, while there may be such mail:
   * events whose time to live is over, requests that nobody waits for. 5 minutes by default.
   */
  readonly cleanup?: number
}

/** Where an agent is spawned. */
export interface SpawnOptions<I = unknown> {
  /** What its machine begins with, in each incarnation and in each process; that of its definition by default. */
  readonly input?: I
  /** The last part of its address; the agent's own name by default. */
  readonly name?: string
  /** The party that it joins; outside all parties by default. */
  readonly party?: string
  /** The supervisor that it joins, by name; the one above all others by default. */
  readonly supervisor?: string
}

/** How a runtime stops. */
export interface StopOptions {
  /** Milliseconds that work under way may still take; 30,000 by default. */
  readonly timeout?: number
}

/** Milliseconds that a journal may take for the last frames when nothing is waited for otherwise. */
const closingLimit = 1_000

/** Topics that nobody declares of which somebody is warned, at most. */
const mostUnknownTopics = 100

const runtimeOptions: OptionNames<RuntimeOptions> = {
  party: true,
  agents: true,
  strict: true,
  development: true,
  registered: true,
  events: true,
  journal: true,
  clock: true,
  random: true,
  log: true,
  ids: true,
  intensity: true,
  snapshots: true,
  deadLetters: true,
  persist: true,
  transforms: true,
  rateLimit: true,
  limits: true,
  pulse: true,
  queue: true,
  aging: true,
  cleanup: true,
}
const limitOptions: OptionNames<Limits> = { agents: true, partyAgents: true }
const spawnOptions: OptionNames<SpawnOptions> = { input: true, name: true, party: true, supervisor: true }
const stopOptions: OptionNames<StopOptions> = { timeout: true }
const handlerOptions: OptionNames<HandlerOptions> = { name: true, limit: true }

type Status = 'created' | 'running' | 'stopping' | 'stopped'

/**
 * Makes a runtime; `start` it, and `stop` it when done.
 *
 * @example
 * const runtime = await createRuntime({ party: partyPlanner }).start()
 * const party = await runtime.parties.create({ inputs: ['jungle theme party for 75 guests'] })
 * await party.idle()
 * await runtime.stop()
 *
 * @throws DuplicateEventError, DuplicateNameError, AmbiguousAskError if the agents' definitions contradict each other;
 *   UnknownOptionError, MissingDefinitionError, AgingError, BusQueueError, CleanupError, RateLimitOptionsError, RuntimeOptionsError,
 *   SnapshotOptionsError; StrayWorkError where it is strict
 */
export function createRuntime<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
>(options: RuntimeOptions<S, A, R> = {}): Runtime<S, A, R> {
  return new Runtime(options)
}

/** Parties, agents outside them, and the bus between everybody. */
export class Runtime<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  readonly bus: RuntimeBus
  readonly parties: Parties<S, A, R>
  /** Events that are said at certain times. */
  readonly schedules: Schedules
  /** Effects of which nobody knows whether they were done. */
  readonly held = new HeldEffects()
  readonly #options: RuntimeOptions<S, A, R>
  readonly #log: Log
  readonly #development: boolean
  readonly #system: System<Partition>
  readonly #outside: Partition
  readonly #crew: Crew
  /** Where agents outside the parties are. */
  readonly #place: Whereabouts
  readonly #pulse: Pulse
  readonly #cleanup: Cleanup
  readonly #handlers = new Handlers()
  readonly #rest: Rest
  readonly #recovery: Recovery
  readonly #strays: Strays
  readonly #warnings: TroupeError[] = []
  readonly #unknownTopics = new Set<string>()
  readonly #durable = new DurableSubscriptions()
  #status: Status = 'created'
  readonly #ending = new AbortController()
  #stopping: Promise<void> | undefined
  /** Somebody wants the stop that is under way to be over sooner. */
  readonly #hurried = Promise.withResolvers<undefined>()

  constructor(options: RuntimeOptions<S, A, R>) {
    checkRuntimeOptions(options)
    this.#options = options
    const { party, agents = [], events = [], intensity = defaultIntensity } = options
    checkOptionNames('createRuntime', options, runtimeOptions)
    checkOptionNames('limits', options.limits ?? {}, limitOptions)
    for (const agent of options.registered ?? []) checkDeclared('registered', 'an agent', agent, 'name')
    const outsiders = [...agentsOf(agents), ...(party?.shared ?? [])]
    checkNames('the runtime', [...(party?.shared ?? []), ...agents])
    checkAsks(party?.agents ?? [], outsiders)
    const { development = process.env['NODE_ENV'] !== 'production' } = options
    this.#development = development
    const log = createLog(options.log, { development })
    this.#log = log
    const given = options.clock ?? systemClock
    const partitions = new Map<Address, Partition>()
    const clock = watched(given, () =>
      // Not in the middle of whatever has read the date.
      queueMicrotask(() => {
        for (const partition of partitions.values()) partition.frames.recordJump()
      }),
    )
    const { random = Math.random, journal = memoryJournal() } = options
    const aging = agingOf(options.aging)
    this.#strays = new Strays({
      isLasting: journal.isLasting ?? false,
      isStrict: options.strict ?? false,
      warn: error => this.#warn(error),
    })
    this.#strays.checkAgents(withChildren([...(party?.agents ?? []), ...outsiders]))
    const timers = timersOf(given, error => this.#outside.reportError('error', error))
    const bus = new Bus({
      timers,
      insideSubscriber: new AsyncLocalStorage(),
      aging,
      queue: queueOf(options.queue),
      isExpired: envelope => this.#isExpired(envelope),
      expired: (envelope, address) => this.#expire(envelope, address),
      mayExpire: listener => this.#cleanup.expectOf(listener),
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      isByName: isPulse,
      changed: () => this.#pulse.check(),
      failed: error => this.#outside.reportError('warning', error),
      erred: ({ data }, isHeard) => {
        const error = systemError.schema.parse(data)
        log.told(error, isHeard)
        // Not in the middle of what is being told.
        if (error.severity === 'critical') queueMicrotask(() => void (this.#stopping ??= this.#stop({})))
      },
    })
    this.#pulse = new Pulse({ clock, bus, outside: () => this.#outside, summary: () => this.#summary() }, options.pulse)
    this.#cleanup = new Cleanup({ clock, partition: address => partitions.get(address) }, options.cleanup)
    this.#system = {
      clock,
      timers,
      ids: options.ids ?? createIds(random),
      random,
      aging,
      ready: new ReadyQueue(),
      breath: new Breath(),
      stepping: undefined,
      observers: undefined,
      journal,
      bus,
      heard: (partition, type, isHeard) => this.#pulse.heard(partition, type, isHeard),
      handlers: this.#handlers,
      asks: new AskTable(
        timers,
        () => clock.elapsed(),
        ask => this.#cleanup.abandoned(ask),
      ),
      persistence: this.#persistenceOf(options),
      transforms: new Transforms(options.transforms ?? []),
      strays: this.#strays,
      missedEvents: new MissedEvents(),
      unsaid: new Set(),
      isRestless: false,
      rateLimits: new RateLimits(timers, () => clock.elapsed(), aging),
      held: this.held,
      arrivals: new Set(),
      scheduled: partition => this.schedules.in(partition),
      snapshots: new Snapshots(
        {
          journal,
          heard: () => this.#recovery.heard(),
          mayAskAgain: key => this.#mayAskAgain(key),
          pruning: (partition, upTo) => this.#durable.pruning(partition, upTo, this.#system),
          fault: error => this.#outside.reportError('error', error),
        },
        options.snapshots,
      ),
      deadLetters: new DeadLetters(clock, options.deadLetters),
      tally: emptyTally(),
      limits: { agents: 1_000_000, partyAgents: 1_000_000, ...options.limits },
      population: 0,
      insideEffect: new AsyncLocalStorage(),
      replaying: new AsyncLocalStorage(),
      running: { effects: 0, hasReplayed: false },
      stopping: this.#ending.signal,
      catalog: catalogOf([...(party?.agents ?? []), ...outsiders, ...(options.registered ?? [])], party, events),
      partition: address => partitions.get(address),
      partitions: () => partitions.values(),
      isAnyAway: () => this.parties.quarantined().length > 0,
      returning: address => this.parties.returning(address),
      isRunning: () => this.#status === 'running',
      checkLive: () => this.#checkLive(),
      checkRunning: () => this.#checkRunning(),
      mayExpire: (partition, actor) => this.#cleanup.expect(partition, actor),
      overhear: envelope => {
        // What was meant for one agent is nobody else's to hear.
        if (envelope.party !== undefined && envelope.to === undefined) this.#outside.hear(envelope)
      },
    }
    this.#system.rateLimits.switchTo(options.rateLimit ?? false)
    this.#outside = new Partition(this.#system, runtimePartition, undefined, error => {
      this.#crew.end('failed', error)
      this.#outside.reportError('error', error)
    })
    partitions.set(runtimePartition, this.#outside)
    this.#crew = new Crew(this.#outside, { intensity }, (error, escalated) => {
      this.#outside.append({ kind: 'supervision' }, [escalated])
      // Nobody is left who would hear it, and the runtime is about to stop.
      this.#outside.admit = () => {
        throw error
      }
    })
    const checkStoppable = () => {
      const { gaveUp } = this.#crew
      if (gaveUp) throw gaveUp
    }
    const checkOpen = () => {
      this.#checkRunning()
      checkStoppable()
    }
    this.#place = { partition: this.#outside, crew: this.#crew, checkOpen, checkStoppable }
    const durable = this.#durable
    const recover = (partition: Address, how: { readonly isRetry: boolean }) => this.#recovery.again(partition, how)
    const drop = (partition: Address) => {
      this.schedules.forget(partition)
      this.#cleanup.forget(partition)
    }
    const forget = (partition: Address) => {
      drop(partition)
      bus.forget(partyOf(partition) ?? '')
    }
    const isTransformed = (options.transforms ?? []).length > 0
    const unheard = new Unheard(party, {
      outside: this.#outside,
      development,
      // A transformation may send it to somebody else.
      isWanted: type => isTransformed || bus.isWanted(type),
      isTold: (type, id) => isTransformed || bus.isHeard(type, id),
      warn: warning => this.#outside.reportError('warning', warning),
    })
    this.schedules = new Schedules({
      system: this.#system,
      partition: id => this.#placeOf(id).partition,
      unheard,
    })
    this.parties = new Parties({
      definition: party,
      system: this.#system,
      intensity,
      partitions,
      durable,
      recover,
      drop,
      forget,
    })
    this.bus = new RuntimeBus({
      system: this.#system,
      outside: this.#outside,
      parties: this.parties,
      durable,
      unheard,
      unknownTopic: unknown => this.#unknownTopic(unknown),
    })
    this.#recovery = new Recovery({
      system: this.#system,
      outside: this.#outside,
      crew: this.#crew,
      tree: [...(party?.shared ?? []), ...agents],
      definitions: withChildren([...(options.registered ?? []), ...(party?.agents ?? []), ...outsiders]),
      schedules: this.schedules,
      development,
      recovering: () => durable.recovering(),
      recovered: () => durable.recovered(this.#system),
      comeback: id => this.parties.comeback(id),
      arrived: (partition, position) => durable.arrived(partition, position, this.#system),
      quarantine: (partition, error) => this.parties.quarantine(partition, error),
      quarantined: () => this.parties.quarantined().length,
    })
    this.#rest = new Rest({ outside: this.#outside, crew: this.#crew, parties: () => this.parties.list() })
  }

  #persistenceOf({ persist, party }: RuntimeOptions<S, A, R>): Persistence | undefined {
    if (!persist) return undefined
    return new Persistence(persist, party?.changes ?? new Set(), error =>
      // Not in the middle of what is being said.
      queueMicrotask(() => this.#outside.reportError('warning', error)),
    )
  }

  #partitionOf({ party }: Envelope): Partition | undefined {
    return party === undefined ? this.#outside : this.#system.partition(partitionOf(party))
  }

  /** Told once the runtime has started. */
  #warn(error: TroupeError): void {
    if (this.#status === 'created') this.#warnings.push(error)
    else this.#outside.reportError('warning', error)
  }

  /** An agent that is spawned later may declare it, so it is a warning, once for each of the first topics. */
  #unknownTopic(unknown: UnknownTopicError): void {
    if (this.#options.strict) throw unknown
    if (this.#unknownTopics.has(unknown.topic) || this.#unknownTopics.size >= mostUnknownTopics) return
    this.#unknownTopics.add(unknown.topic)
    this.#warn(unknown)
  }

  /** Whether nobody may be told of an event any more, also where its party is gone. */
  #isExpired(envelope: Envelope): boolean {
    const partition = this.#partitionOf(envelope)
    if (partition) return partition.isExpired(envelope)
    return envelope.expirytime !== undefined && envelope.expirytime <= this.#system.clock.now()
  }

  #expire(envelope: Envelope, address: Address): void {
    const partition = this.#partitionOf(envelope) ?? this.#outside
    // Of what is not journalled, the journal need not tell how it ended.
    if (partition.persists(envelope)) partition.losses.loseOutside(envelope, address, 'expired')
    else partition.losses.bury(envelope, address, 'expired')
  }

  #mayAskAgain(key: string): boolean {
    if (this.#recovery.isUnderWay) return true
    const { partition: at } = splitAddress(key)
    if (this.parties.isKept(at)) return true
    const asker = this.#system.partition(at)
    if (!asker) return false
    const { asking } = asker
    // Of several that are asked, each has a key below that of the ask.
    return asking === undefined || asking.has(key) || asking.has(key.slice(0, key.lastIndexOf('/')))
  }

  /** Starts the agents outside the parties; resolves to itself when that is durable. @throws AgentStartError, EscalatedError, RuntimeStateError */
  async start(): Promise<this> {
    if (this.#status !== 'created') throw new RuntimeStateError('start', this.#status)
    this.#status = 'running'
    this.#outside.report(systemStarting({}))
    for (const warning of this.#warnings) this.#outside.reportError('warning', warning)
    const { party, agents = [], registered = [] } = this.#options
    const all = [...(party?.agents ?? []), ...(party?.shared ?? []), ...agentsOf(agents)]
    const isHandled = (type: string) => this.#handlers.answering(type) !== undefined
    for (const warning of unheardAsks(all, registered, isHandled)) this.#outside.reportError('warning', warning)
    if (this.#development)
      for (const warning of unlisted(all, this.#system.catalog)) this.#outside.reportError('warning', warning)
    const tree = [...(party?.shared ?? []), ...agents]
    try {
      const isBack = await this.#recovery.all()
      await this.#crew.begun(isBack ? [] : this.#crew.begin(tree))
      const { gaveUp } = this.#crew
      if (gaveUp) throw gaveUp
    } catch (error) {
      await this.stop({ timeout: 0 })
      throw error
    }
    // It may have been stopped meanwhile.
    this.#checkRunning()
    this.#outside.report(systemStarted({}))
    this.#log.info('The runtime has started.', this.#counts())
    return this
  }

  /**
   * Starts an agent or a pool outside all parties, or in one; resolves when its start is durable.
   *
   * @example
   * const quotes = await runtime.spawn(quotesAgent) // reached at runtime/quotes
   *
   * @throws AddressTakenError, AgentStartError, AmbiguousAskError, IllegalIdError, NoSupervisorError, PartyNotFoundError,
   *   RuntimeStateError, ValueError; StrayWorkError where it is strict
   */
  async spawn<I>(agent: Agent<string, I>, options?: SpawnOptions<NoInfer<I>>): Promise<AgentRef>
  async spawn(pool: PoolDefinition, options?: Omit<SpawnOptions, 'input'>): Promise<PoolRef>
  async spawn(agent: Agent | PoolDefinition, options: SpawnOptions = {}): Promise<AgentRef | PoolRef> {
    this.#checkRunning()
    checkDeclared('runtime.spawn', 'an agent', agent, 'name')
    checkOptionNames('runtime.spawn', options, spawnOptions)
    const { name, party, supervisor, input } = options
    // Before the catalogue knows of it.
    checkId(isPool(agent) ? 'pool' : 'agent', name ?? agent.name)
    const joined = party === undefined ? undefined : this.parties.get(party)
    const place = joined ?? this.#place
    const isMet = !isPool(agent) && place.crew.met(agent, name) !== undefined
    if (!isMet && (isPool(agent) || !place.partition.registry.hasSeveral(agent)))
      this.#checkFits(agentsOf([agent]), joined)
    if (!isPool(agent)) {
      const actor = await this.#caughtUp(place, name ?? agent.name, () =>
        place.crew.spawn(agent, name, supervisor, input),
      )
      this.#arrived()
      await place.crew.begun([actor])
      return new AgentRef(place, actor)
    }
    const named = name === undefined ? agent : { ...agent, name }
    const members = await this.#caughtUp(place, named.name, () => place.crew.begin([named], supervisor))
    const pool = poolRefAt(place, named.name)
    try {
      await place.crew.begun(members)
    } catch (error) {
      // Its party may have failed meanwhile, which is why it did not begin.
      await pool.stop().catch(() => {})
      throw error
    }
    return pool
  }

  /** Starts something; what waited under its name since the last process goes on from how things stand now. */
  #caughtUp<T>(place: Whereabouts, name: string, start: () => T): T | Promise<T> {
    const { partition, crew } = place
    const startIfOpen = () => {
      place.checkOpen()
      return start()
    }
    return crew.awaits(name) ? this.#recovery.caughtUp(partition, crew, startIfOpen) : startIfOpen()
  }

  /** Where events and agents of a party go, or those outside all of them. @throws PartyNotFoundError, RuntimeStateError */
  #placeOf(party: string | undefined): Whereabouts {
    this.#checkRunning()
    const place = party === undefined ? this.#place : this.parties.get(party)
    place.checkOpen()
    return place
  }

  /** Checks what their definitions say against those that are there, and adds what they hear and say to the catalogue. */
  #checkFits(added: readonly Agent[], joined: Party<S, A, R> | undefined): void {
    const catalog = this.#system.catalog.with(withChildren(added).flatMap(({ hears, says }) => [...hears, ...says]))
    this.#strays.checkAgents(withChildren(added))
    const outsiders = this.#outside.registry.agents()
    if (joined) checkAsks([...joined.partition.registry.agents(), ...added], outsiders)
    else checkAsks(this.#options.party?.agents ?? [], [...outsiders, ...added])
    this.#system.catalog = catalog
  }

  /** An agent outside all parties. @throws NoAddressError */
  agent(name: string): AgentRef {
    const actor = this.#outside.registry.named(name)
    if (!actor) throw new NoAddressError(addressOf(runtimePartition, name))
    return new AgentRef(this.#place, actor)
  }

  /** A pool outside all parties. @throws NoAddressError */
  pool(name: string): PoolRef {
    return poolRefAt(this.#place, name)
  }

  /**
   * Asks an agent anywhere and waits for its reply.
   *
   * @example
   * const { guests } = await runtime.ask('party/p1/input-analyzer', guestCount, { why: 'seating' }, { deadline: 2_000 })
   *
   * @param options `deadline` in milliseconds, 60,000 by default; `signal` gives up waiting
   * @throws NoAddressError, AskTimeoutError, AskStoppedError, AskFailedError, AskRefusedError, AskCancelledError
   */
  async ask<T extends string, I extends z.ZodType, O extends z.ZodType>(
    address: Address,
    request: RequestDefinition<T, I, O>,
    input: z.input<I>,
    options?: OutsideAskOptions,
  ): Promise<z.output<O>> {
    this.#checkRunning()
    checkAsked('runtime.ask', request, options)
    const handler = this.#handlers.at(address)
    if (handler) {
      const breath = this.#system.breath.dueToAsker(this.#system.clock)
      if (breath) await breath
      return await askHandler(this.#outside, handler, request, input, options)
    }
    const { partition: at, name } = splitAddress(address)
    const partition = this.#system.partition(at)
    const actor = partition?.registry.meant(name, { type: request.type, data: input })
    if (!partition || !actor) return await this.#system.breath.refuse(new NoAddressError(address), this.#system.clock)
    // Awaited here, so that the stack of a failure leads back to the caller's line.
    return await askFromOutside(partition, actor, request, input, options)
  }

  /**
   * Lets a function answer a request, outside all parties: agents ask it like an agent, and so does `runtime.ask`. Nothing of
   * it is journalled; where an agent outside the parties hears the request too, that one is asked.
   *
   * @example
   * const handler = runtime.handle(guestCount, async ({ why }, { signal }) => ({ guests: await count(why, signal) }))
   * await runtime.ask(handler.address, guestCount, { why: 'seating' })
   *
   * @param options `name`: the last part of its address; `limit`: requests in hand at one time, 1,000 by default
   * @throws AddressTakenError, IllegalIdError, DuplicateEventError, RuntimeStateError
   */
  handle<T extends string, I extends z.ZodType, O extends z.ZodType>(
    request: RequestDefinition<T, I, O>,
    answer: HandlerFunction<z.output<I>, z.input<O>>,
    options: HandlerOptions = {},
  ): HandlerRef {
    checkDeclared('runtime.handle', 'a request', request)
    checkOptionNames('runtime.handle', options, handlerOptions)
    const { name = request.type.replaceAll(/[._]/g, '-'), limit = 1_000 } = options
    // Before it starts too: agents that come back may wait for an answer.
    if (this.#status !== 'created') this.#checkRunning()
    const address = addressOf(runtimePartition, checkId('handler', name))
    const taken = this.#outside.registry.named(name)
    const isTaken =
      this.#outside.registry.pool(name) ?? this.#handlers.at(address) ?? (taken && taken.status !== 'stopped')
    if (isTaken) throw new AddressTakenError(address)
    this.#system.catalog = this.#system.catalog.with([request])
    const handler = new Handler(address, request, anyHandler(answer), limit)
    this.#handlers.add(handler)
    this.#arrived()
    return { address, stop: () => this.#stopHandler(handler) }
  }

  /** Somebody is there whom agents that came back may wait for. */
  #arrived(): void {
    for (const arrival of [...this.#system.arrivals]) arrival()
  }

  #stopHandler(handler: Handler): void {
    const { address, request } = handler
    if (this.#handlers.at(address) !== handler) return
    this.#handlers.remove(handler)
    this.#system.asks.failAllTo(address, () => new AskStoppedError(request.type, address))
  }

  /**
   * Asks several agents the same, and resolves with their answers as soon as enough have come, in the order in which they
   * came; those that are no longer needed are cancelled.
   *
   * @example
   * const prices = await runtime.askMany(['runtime/shop', 'runtime/market'], price, { of: 'cake' }, { need: 'first' })
   *
   * @param options like those of `ask`; `need`: `first`, `majority`, `all` (the default) or a number
   * @throws AskManyError, NeedError, RuntimeStateError
   */
  async askMany<T extends string, I extends z.ZodType, O extends z.ZodType>(
    addresses: readonly Address[],
    request: RequestDefinition<T, I, O>,
    input: z.input<I>,
    options?: OutsideAskManyOptions,
  ): Promise<readonly Answer<z.output<O>>[]> {
    this.#checkRunning()
    checkAskedOfMany('runtime.askMany', request, options)
    return await askManyFromOutside(addresses, request, options, (to, one) => this.ask(to, request, input, one))
  }

  /**
   * Tells a function of everything that happens to agents, from now on: first of every one that is there, the parents before
   * their children, then of starts, handled events, restarts, stops, asks, dead letters and what is said, each once it is
   * durable. It changes nothing; one that throws is reported once, and told on. While nobody observes, it costs nothing.
   *
   * @example
   * const stop = runtime.observe(one => console.log(one.kind, one.address), { only: (_, party) => party === 'p1' })
   *
   * @returns a function that ends it
   * @throws RuntimeStateError after `stop`
   */
  observe(observer: Observer, options: ObserveOptions = {}): Unwatch {
    if (this.#status === 'stopped') throw new RuntimeStateError('be observed', this.#status)
    return observe(this.#system, observer, options)
  }

  /** Waits until the agents outside the parties and all parties are at rest at the same time; see `party.idle`. */
  async idle(options: IdleOptions = {}): Promise<Idle> {
    checkOptionNames('runtime.idle', options, idleOptions)
    return this.#rest.idle(options, () => this.#status === 'stopped')
  }

  /**
   * Takes no more work, lets what is under way finish within a limit, stops all agents in order, and closes the journal.
   * Called again meanwhile, it stops as soon as the shorter limit says.
   *
   * @throws WaitInsideError inside an effect or subscriber, which it would wait for
   */
  async stop(options: StopOptions = {}): Promise<void> {
    this.#checkLive()
    checkOptionNames('runtime.stop', options, stopOptions)
    const effect = this.#system.insideEffect.getStore()
    if (this.#system.bus.told || (effect && !effect.isOver)) throw new WaitInsideError(runtimePartition, 'stop')
    if (this.#status === 'stopping') this.#hurry(options)
    this.#stopping ??= this.#stop(options)
    return this.#stopping
  }

  // 1 no new work, 2 drain, 3 parties, 4 agents outside them, 5 timers and journal.
  async #stop({ timeout = 30_000 }: StopOptions): Promise<void> {
    this.#status = 'stopping'
    const refusal = new RuntimeStateError('take work', 'stopping')
    this.#system.rateLimits.close(refusal)
    this.#ending.abort(refusal)
    this.#outside.report(systemStopping({}))
    const drained = timeout === 0 ? this.#rest.isQuiet : await this.#rest.drained(timeout, this.#hurried.promise)
    const limit = timeout === 0 ? closingLimit : timeout
    this.#recovery.leave()
    // What is left to do, the journal keeps: another runtime goes on with it.
    for (const partition of this.#system.partitions()) partition.frames.suspend()
    await this.#within(limit, this.parties.stopAll())
    this.#crew.end('stopped', new RuntimeStateError('take work', 'stopped'))
    await this.#within(limit, this.#crew.closed())
    for (const handler of this.#handlers) this.#stopHandler(handler)
    this.#outside.reports.report(systemStopped({ drained }), undefined, 'now')
    this.#log.info('The runtime has stopped.', { drained })
    this.#status = 'stopped'
    if (timeout > 0) await this.#within(limit, this.#system.bus.drained())
    this.#system.bus.close()
    await this.#within(limit, this.#durable.kept())
    await this.#within(limit, this.#system.snapshots.end())
    await this.#within(limit, this.#system.journal.close())
    this.#pulse.end()
    this.#cleanup.end()
    this.#system.timers.clear()
  }

  #hurry({ timeout = 30_000 }: StopOptions): void {
    if (timeout === 0) this.#hurried.resolve(undefined)
    else this.#system.timers.after(timeout, () => this.#hurried.resolve(undefined))
  }

  /** Waits for something that a journal may keep waiting for ever, but not longer than a limit in milliseconds. */
  async #within(limit: number, work: Promise<unknown>): Promise<void> {
    let cancel = () => {}
    const over = new Promise<void>(resolve => {
      cancel = this.#system.timers.after(limit, resolve)
      void this.#hurried.promise.then(() => this.#system.timers.after(Math.min(limit, closingLimit), resolve))
    })
    await Promise.race([work.catch((error: unknown) => this.#outside.reportError('error', error)), over])
    cancel()
  }

  #counts() {
    return { parties: this.parties.list().length, quarantined: this.parties.quarantined().length }
  }

  #summary(): Summary {
    return { parties: this.parties.list().length, agents: this.#system.population, ...this.bus.metrics() }
  }

  #checkRunning(): void {
    if (this.#status !== 'running') throw new RuntimeStateError('take work', this.#status)
    this.#checkLive()
  }

  #checkLive(): void {
    const { running, replaying } = this.#system
    const muted = running.hasReplayed ? replaying.getStore() : undefined
    if (!muted) return
    muted.muted++
    throw new ReplayMutedError()
  }
}

/** Every event and request that the agents, the party, the user and the runtime know. */
function catalogOf(
  agents: readonly Agent[],
  party: Pick<PartyDefinition<object>, 'events' | 'inputs'> | undefined,
  events: readonly Definition[],
): Catalog {
  const listed = withChildren(agents).flatMap(agent => [...agent.hears, ...agent.says])
  const ofParty = party ? [...party.events, party.inputs.added, party.inputs.removed] : []
  return defineCatalog([...runtimeEvents, ...listed, ...ofParty, ...events])
}

/** The runtime was asked for something that it does not do in the state that it is in. */
export class RuntimeStateError extends TroupeError {
  readonly code = 'RUNTIME_STATE'
  readonly status: Status
  constructor(what: string, status: Status) {
    super(
      `The runtime cannot ${what}: it is ${status}. Start it once with runtime.start(), and make a new one after stop().`,
    )
    this.status = status
  }
}
