import type * as z from 'zod'
import type { Agent } from '../agent/agent.ts'
import type { RequestDefinition } from '../events/request.ts'
import { systemStarted, systemStarting } from '../events/runtime-events.ts'
import { unheardAsks } from '../invoke/check-asks.ts'
import type { Answer } from '../invoke/gather.ts'
import type { HandlerFunction, HandlerOptions, HandlerRef } from '../invoke/handler.ts'
import { PartitionOwnedError } from '../journal/ownership.ts'
import { type IdleOptions, idleOptions } from '../kinds/idle.ts'
import { isOfKind, PartitionKindUnregisteredError, type PartitionsOf } from '../kinds/partitions-of.ts'
import { type AgentRef, agentRefAt } from '../lifecycle/agent-ref.ts'
import { type PoolRef, poolRefAt } from '../lifecycle/pool-ref.ts'
import { type Address, NoAddressError, splitAddress } from '../mail/address.ts'
import { checkOptionNames } from '../options.ts'
import type { Idle } from '../partition/activity.ts'
import type { HeldEffects } from '../partition/held-effects.ts'
import type { ObserveOptions, Observer } from '../partition/observation.ts'
import type { Parties } from '../party/parties.ts'
import { observe } from '../readers/observers.ts'
import type { Schedules } from '../readers/schedules.ts'
import type { AddedEvent, RemovedEvent } from '../state/definition.ts'
import type { PartitionKind } from '../state/kind.ts'
import type { Unwatch } from '../state/store.ts'
import type { PoolDefinition } from '../supervision/definition.ts'
import { askAgent, askHandler } from '../work/ask-from-outside.ts'
import { askManyFromOutside } from '../work/ask-many-from-outside.ts'
import { AgentCallee, HandlerCallee } from '../work/callee.ts'
import {
  checkAsked,
  checkAskedOfMany,
  type OutsideAskManyOptions,
  type OutsideAskOptions,
} from '../work/outside-ask-options.ts'
import { RemoteCallee } from '../work/remote-callee.ts'
import { describedCatalog, type RuntimeCatalog } from './catalog.ts'
import { checkRuntimeOptions } from './check-options.ts'
import type { OwnedPartitions } from './owned-partitions.ts'
import type { RuntimeBus } from './runtime-bus.ts'
import type { RuntimeOptions } from './runtime-options.ts'
import type { StopOptions } from './shutdown.ts'
import { type SpawnOptions, spawn } from './spawn.ts'
import { RuntimeStateError } from './status.ts'
import { unlisted } from './unlisted.ts'
import { type Parts, wire } from './wiring.ts'

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

/** Parties, agents outside the parties, and the bus between all of them. */
export class Runtime<
  S extends object = object,
  A extends AddedEvent = AddedEvent,
  R extends RemovedEvent = RemovedEvent,
> {
  readonly bus: RuntimeBus
  readonly parties: Parties<S, A, R>
  /** Events that are published at certain times. */
  readonly schedules: Schedules
  /** Effects that a crash interrupted: a person decides whether they were done. */
  readonly held: HeldEffects
  /** Which runtime owns which partition, where several runtimes have one journal. */
  readonly ownership: OwnedPartitions
  readonly #parts: Parts<S, A, R>

  constructor(options: RuntimeOptions<S, A, R>) {
    checkRuntimeOptions(options)
    const parts = wire(options)
    this.#parts = parts
    this.bus = parts.bus
    this.parties = parts.parties
    this.schedules = parts.schedules
    this.held = parts.held
    this.ownership = parts.owned
  }

  /**
   * Everything that can be published or asked here, as plain data: types, versions, JSON Schemas, and the agents that say and hear
   * each. Documents such as OpenAPI or AsyncAPI, and pages, can be made of it. It is put together at each call, so that it has the
   * agents that were spawned since.
   *
   * @example
   * for (const { type, saidBy, heardBy } of runtime.catalog.events) console.log(type, saidBy, heardBy)
   */
  get catalog(): RuntimeCatalog {
    const { system, definitions } = this.#parts
    return describedCatalog(system, definitions)
  }

  /**
   * Restores what the journal holds, or starts the agents outside the parties; resolves to the runtime itself when that is durable.
   *
   * @throws AgentStartError, EscalatedError, RuntimeStateError
   */
  async start(): Promise<this> {
    const { status, outside, warnings, recovery, definitions, log, owned } = this.#parts
    const { partition } = outside
    if (status.state !== 'created') throw new RuntimeStateError('start', status.state)
    status.state = 'running'
    partition.report(systemStarting({}))
    warnings.start()
    for (const warning of this.#unheard()) partition.reportError('warning', warning)
    try {
      const isRestored = await recovery.all()
      if (!outside.elsewhere) {
        await outside.crew.begun(isRestored ? [] : outside.crew.begin(definitions.tree))
        outside.checkStoppable()
      }
    } catch (error) {
      await this.stop({ timeout: 0 })
      throw error
    }
    // It may have been stopped meanwhile.
    status.checkRunning()
    owned.follow()
    outside.partition.report(systemStarted({}))
    const { parties } = this
    log.info('The runtime has started.', { parties: parties.list().length, quarantined: parties.quarantined().length })
    return this
  }

  /** Warnings of requests and events that no agent will receive. */
  *#unheard() {
    const { definitions, handlers, development, system } = this.#parts
    const all = [...definitions.insiders, ...definitions.outsiders]
    yield* unheardAsks(all, definitions.registered, type => handlers.answering(type) !== undefined)
    if (development) yield* unlisted(all, system.catalog)
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
    this.#parts.status.checkRunning()
    return await spawn(this.#parts, agent, options)
  }

  /**
   * The partitions of a kind of your own.
   *
   * @example
   * const main = await runtime.partitions(ledger).open('main') // its agents are reached at ledger/main/<agent>
   *
   * @throws PartitionKindUnregisteredError unless `createRuntime({ kinds })` has this kind
   */
  partitions<K extends object>(kind: PartitionKind<K>): PartitionsOf<K> {
    const known = this.#parts.ownKinds.get(kind.prefix)
    if (!isOfKind(known, kind)) throw new PartitionKindUnregisteredError(kind.name)
    return known
  }

  /** An agent outside all parties. @throws NoAddressError */
  agent(name: string): AgentRef {
    return agentRefAt(this.#parts.outside, name)
  }

  /** A pool outside all parties. @throws NoAddressError */
  pool(name: string): PoolRef {
    return poolRefAt(this.#parts.outside, name)
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
    const { status, handlers, outside, system } = this.#parts
    status.checkRunning()
    checkAsked('runtime.ask', request, options)
    const handler = handlers.at(address)
    if (handler) {
      const turn = system.loopTurns.dueToAsker(system.clock)
      if (turn) await turn
      return await askHandler(new HandlerCallee(outside.partition, handler), request, input, options)
    }
    const { partition: at, name } = splitAddress(address)
    const { links } = system
    const partition = system.partition(at)
    if (links && !(partition && system.claims.isOwned(at))) {
      const callee = new RemoteCallee(outside.partition, links, { there: at, to: address })
      return await askAgent(callee, request, input, options)
    }
    const actor = partition?.registry.meant(name, { type: request.type, data: input })
    if (!partition || !actor) {
      const { claims } = system
      const error = claims.isOwned(at) ? new NoAddressError(address) : new PartitionOwnedError(at, claims.ownerOf(at))
      return await system.loopTurns.refuse(error, system.clock)
    }
    // Awaited here, so that the stack of a failure leads back to the caller's line.
    return await askAgent(new AgentCallee(partition, actor, false), request, input, options)
  }

  /**
   * Lets a function answer a request, outside all parties: agents ask it like an agent, and so does `runtime.ask`. Nothing of
   * this is journalled. If an agent outside the parties hears the request too, that agent is asked.
   *
   * @example
   * const handler = runtime.handle(guestCount, async ({ why }, { signal }) => ({ guests: await count(why, signal) }))
   * await runtime.ask(handler.address, guestCount, { why: 'seating' })
   *
   * @param options `name`: the last part of its address; `limit`: unanswered requests at one time, 1,000 by default
   * @throws AddressTakenError, IllegalIdError, DuplicateEventError, RuntimeStateError
   */
  handle<T extends string, I extends z.ZodType, O extends z.ZodType>(
    request: RequestDefinition<T, I, O>,
    answer: HandlerFunction<z.output<I>, z.input<O>>,
    options: HandlerOptions = {},
  ): HandlerRef {
    return this.#parts.handling.start(request, answer, options)
  }

  /**
   * Asks several agents the same, and resolves with their answers as soon as enough have come, in the order in which they came;
   * asks that are no longer needed are cancelled.
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
    this.#parts.status.checkRunning()
    checkAskedOfMany('runtime.askMany', request, options)
    return await askManyFromOutside(addresses, request, options, (to, one) => this.ask(to, request, input, one))
  }

  /**
   * Calls a function with everything that happens to agents: first with each present agent, parents before their children, then
   * with starts, handled events, restarts, stops, asks, dead letters and published events, each once it is durable. It changes
   * nothing. A function that throws is reported once, and still called afterwards. Without an observer, it costs nothing.
   *
   * @example
   * const stop = runtime.observe(one => console.log(one.kind, one.address), { only: (_, party) => party === 'p1' })
   *
   * @returns a function that ends it
   * @throws RuntimeStateError after `stop`
   */
  observe(observer: Observer, options: ObserveOptions = {}): Unwatch {
    const { status, system } = this.#parts
    if (status.state === 'stopped') throw new RuntimeStateError('be observed', status.state)
    return observe(system, observer, options)
  }

  /** Waits until the agents outside the parties and all parties are at rest at the same time; see `party.idle`. */
  async idle(options: IdleOptions = {}): Promise<Idle> {
    const { status, rest } = this.#parts
    checkOptionNames('runtime.idle', options, idleOptions)
    return rest.idle(options, () => status.state === 'stopped')
  }

  /**
   * Takes no more work, lets unfinished work end within a time limit, stops all agents in order, and closes the journal.
   * A second call meanwhile can only shorten the time limit.
   *
   * @throws WaitInsideError inside an effect or subscriber, because it would wait for itself
   */
  async stop(options: StopOptions = {}): Promise<void> {
    return this.#parts.shutdown.stop(options)
  }
}
