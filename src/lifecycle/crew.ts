import { type AnyActorRef, createActor, type Snapshot } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import { numberAbove } from '../actor/inside.ts'
import type { Pool } from '../actor/pool.ts'
import { remembering } from '../actor/remembering.ts'
import { RestoredLogic, SteppedLogic } from '../actor/step.ts'
import { type Agent, AgentStartError } from '../agent/agent.ts'
import { isOf, type TroupeError } from '../errors.ts'
import { trusted } from '../events/event.ts'
import {
  agentDone,
  agentEscalated,
  agentRecovered,
  agentRemoved,
  agentRestarted,
  agentStarted,
  agentStarting,
  agentStopped,
  agentStopping,
} from '../events/runtime-events.ts'
import { AskFailedError, AskStoppedError } from '../invoke/ask-errors.ts'
import { bindHost } from '../invoke/outside.ts'
import type { Entry, GoneReason } from '../journal/frame.ts'
import type { Standing } from '../journal/standing.ts'
import { addressOf } from '../mail/address.ts'
import { type Origin, originIn } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import { keepInside } from '../partition/step-checkpoint.ts'
import { Steps } from '../partition/steps.ts'
import type { Exit } from '../supervision/child-spec.ts'
import { isPool, isSupervisor, type Supervised, type SupervisionOptions } from '../supervision/definition.ts'
import { EscalatedError, type RestartIntensity } from '../supervision/restart-intensity.ts'
import {
  type ChildSpec,
  type SupervisorEvent,
  type SupervisorHost,
  type SupervisorRules,
  supervisor,
} from '../supervision/supervisor.ts'
import { type Failure, failureOf } from '../thrown.ts'
import { takenOver } from '../values/copy.ts'
import { Children } from '../work/children.ts'
import { OutsideWork } from '../work/outside-work.ts'
import { AgentRecords } from './agent-records.ts'
import { AgentTimers } from './agent-timers.ts'
import { Hooks } from './hooks.ts'
import { RestoredAgents } from './restored-agents.ts'
import { DeadlyEventError, type Returned, type Returning, settleIn, settlePool } from './returning.ts'
import { memberNames, Roster, root } from './roster.ts'

/** Agents that stop at the same time, in one frame. */
const mostInOneFrame = 1_000

/** How the agents of a partition are looked after, in the end. */
export interface CrewOptions extends SupervisionOptions {
  readonly intensity: RestartIntensity
}

interface NamedOptions extends SupervisionOptions {
  readonly name: string
}

interface Beginning {
  readonly over: Promise<void>
  /** Ends the waiting: the agent was stopped meanwhile. */
  interrupt(error: AgentStartError): void
}

// All partitions share these two tables, because a table of weak references for each would slow down garbage collection.
/** The errors of incarnations that failed outside their machines, such as in `onInit`. */
const failures = new WeakMap<AnyActorRef, Failure>()
/** The origin of the failure because of which a supervisor gave up, by the supervisor's error. */
const escalations = new WeakMap<EscalatedError, Origin>()

/**
 * The agents of a partition from start to stop: one XState system, its root the supervisor, every agent a child whose
 * machine runs step by step. It carries out what the supervisor decides, and records it.
 */
export class Crew implements SupervisorHost {
  readonly timers: AgentTimers
  readonly #partition: Partition
  readonly #steps: Steps
  readonly #supervisor
  readonly #roster: Roster
  readonly #pauses = new Set<() => void>()
  readonly #intensity: RestartIntensity
  readonly #onGivenUp: (error: EscalatedError, escalated: Entry) => void
  readonly #logics = new Map<Agent, SteppedLogic>()
  /** None in a partition that began in this process. */
  #restored: RestoredAgents | undefined
  readonly #records: AgentRecords
  #lastEscalation: Origin | undefined
  #ended: TroupeError | undefined
  readonly #hooks: Hooks
  /** The first incarnations that do not handle mail yet. */
  readonly #beginning = new Map<Actor, Beginning>()
  readonly #children: Children
  readonly #work: OutsideWork
  #closing: Promise<unknown> = Promise.resolve()

  /** @param onGivenUp appends that it gave up, before its agents stop */
  constructor(
    partition: Partition,
    options: CrewOptions,
    onGivenUp: (error: EscalatedError, escalated: Entry) => void,
  ) {
    this.#partition = partition
    this.#records = new AgentRecords(partition)
    this.#roster = new Roster(partition)
    this.#children = new Children(partition.registry, {
      start: (name, { agent, input, origin }, supervisor) => {
        this.begin([{ name: supervisor, agents: [], restart: 'temporary' }])
        return this.add(agent, name, supervisor, input ?? agent.input, origin)
      },
      stop: child => this.#ended || this.stop(child),
      removeSupervisor: name => {
        if (this.#roster.supervisor(name)?.getSnapshot().status === 'active') this.removeTree(name)
      },
      isAwaited: name => this.awaits(name),
    })
    this.#intensity = options.intensity
    this.#onGivenUp = onGivenUp
    this.#supervisor = createActor(supervisor(this, this.#rulesOf({ name: root, ...options })), { id: root })
    this.#steps = new Steps(partition, (actor, timer) => this.timers.set(actor, timer))
    this.#hooks = new Hooks(partition)
    this.timers = new AgentTimers(partition, this.#steps)
    this.#supervisor.system.scheduler = this.timers
    this.#work = new OutsideWork(partition, this.#steps, this.#children)
    bindHost(this.#supervisor.system, this.#work)
    this.#supervisor.start()
    this.#roster.runs(root, this.#supervisor)
  }

  /** Why its supervisor above all others gave up, if it has. */
  get gaveUp(): EscalatedError | undefined {
    return this.#ended instanceof EscalatedError ? this.#ended : undefined
  }

  /** Whether all its agents are stopped for good. */
  get stopped(): boolean {
    return this.#ended !== undefined
  }

  /**
   * Starts agents and trees of them in order; all of them have addresses, and mail waits for them, before the first is
   * started.
   *
   * @throws AddressTakenError, AgentLimitError, AgentStartError, IllegalIdError, NoSupervisorError
   */
  begin(tree: readonly Supervised[], under: string = root, first: readonly Entry[] = []): readonly Actor[] {
    if (this.#ended) throw this.#ended
    const fresh = tree.filter(one => isSupervisor(one) && !this.#roster.isTree(one.name))
    try {
      const declared = tree.flatMap(one => this.#roster.declareAll(one, under))
      this.#records.declared(declared, first)
      return this.#comingBack(
        tree.map(({ name }) => name),
        () => tree.flatMap(one => [...this.#start(one, under), ...this.#scaled(one)]),
      )
    } catch (error) {
      for (const { name } of fresh) if (this.#roster.isTree(name)) this.removeTree(name)
      throw error
    }
  }

  #start(one: Supervised, under: string): readonly Actor[] {
    if (!isSupervisor(one)) {
      const actor = this.#roster.named(one.name)
      if (actor.status !== 'stopped') return [this.#startAgent(actor)]
      // One that had done its work may be started again with its siblings.
      if (!this.#roster.isRetired(actor.name))
        this.#send(actor, { type: 'supervisor.know', spec: this.#agentSpec(actor) })
      return []
    }
    this.#roster.supervisor(under)?.send({ type: 'supervisor.start', spec: this.#specOf(one) })
    const started = this.#roster.under(one.name)
    for (const actor of started) this.#checkStarted(actor)
    return started
  }

  /** Members that a pool had besides those that it begins with. */
  #scaled(one: Supervised): readonly Actor[] {
    const [agent] = isPool(one) ? one.agents : []
    if (!agent || isSupervisor(agent)) return []
    return (this.#restored?.returning.under(one.name) ?? []).map(name => this.#add(agent, name, one.name))
  }

  /** Whether what is about to be spawned was there before, and has waited since. */
  awaits(name: string): boolean {
    return this.#restored?.returning.awaits(name) ?? false
  }

  /** The names of agents and pools that nobody has spawned again, although they had mail, timers or outside work. */
  leftAtWork(): Iterable<string> {
    return this.#restored?.returning.atWork() ?? []
  }

  /** How things stand now, for those that have waited until now. */
  catchUp(standing: Standing): void {
    if (!this.#restored) return
    // The timers of agents that were away did not run: each keeps the time that it had left.
    const { returning, since } = this.#restored
    standing.skip(Math.max(0, standing.date - since.date - standing.jumps.since(since.position)))
    returning.standing = standing
  }

  /** The agent that came back and that whoever spawns it again meets. */
  met(agent: Agent, name: string = agent.name): Actor | undefined {
    const known = this.#roster.find(name)
    const isMet = known?.agent.name === agent.name && known.status !== 'stopped' && this.#restored?.adoptable.has(known)
    return isMet ? known : undefined
  }

  /** Starts one agent more, under a name of its own. @throws as `begin` does */
  spawn(agent: Agent, name: string = agent.name, under: string = root, input: unknown = agent.input): Actor {
    const known = this.met(agent, name)
    if (known && this.#restored?.adoptable.delete(known)) return known
    return this.#comingBack([name], () => this.#add(agent, name, under, input))
  }

  /** Starts agents; those that had waited for their definition since the last process go on with what they had under way. */
  #comingBack<T>(names: readonly string[], start: () => T): T {
    // While everybody comes back, what waits goes on together with all others.
    const isLate = !this.#partition.standing && names.some(name => this.awaits(name))
    if (isLate) this.#partition.standing = this.#restored?.returning.standing
    try {
      const started = start()
      this.#arrive()
      if (isLate) this.goOn()
      if (isLate) this.link()
      return started
    } finally {
      if (isLate) this.#partition.standing = undefined
    }
  }

  /** Starts a member of a pool, or a child, whose name has more than one segment. @throws as `begin` does */
  add(agent: Agent, name: string, under: string, input?: unknown, led?: Origin): Actor {
    return this.#comingBack([name], () => this.#add(agent, name, under, input, led))
  }

  #add(agent: Agent, name: string, under: string, input: unknown = agent.input, led?: Origin): Actor {
    if (this.#ended) throw this.#ended
    const taken = takenOver(`the input of "${name}"`, input)
    const actor = this.#roster.declare(agent, name, under, led)
    if (input !== agent.input) actor.input = taken
    return this.#startAgent(actor)
  }

  #startAgent(actor: Actor): Actor {
    this.#send(actor, { type: 'supervisor.start', spec: this.#agentSpec(actor) })
    this.#checkStarted(actor)
    return actor
  }

  #specOf(one: Supervised): ChildSpec {
    const { name: id, restart } = one
    if (!isSupervisor(one)) return this.#agentSpec(this.#roster.named(id))
    const logic = () => supervisor(this, this.#rulesOf(one), specs)
    // The same values each time it is started, so that it knows which of its children it began with.
    const specs = isPool(one)
      ? memberNames(one).map(name => this.#agentSpec(this.#roster.named(name)))
      : one.agents.map(child => this.#specOf(child))
    return { id, restart, logic }
  }

  #agentSpec(actor: Actor): ChildSpec {
    return { id: actor.name, restart: actor.agent.restart, logic: () => this.#logicOf(actor), input: () => actor.input }
  }

  #rulesOf({ name, strategy = 'one_for_one', intensity = this.#intensity, backoff }: NamedOptions): SupervisorRules {
    return { name, strategy, intensity, backoff }
  }

  #checkStarted(actor: Actor): void {
    if (actor.status === 'running' || this.#beginning.has(actor)) return
    // One that was there before is its supervisor's to decide about: its mail waits.
    if (this.#restored?.isArriving(actor)) return
    const { status, error } = actor.ref?.getSnapshot() ?? {}
    // One that has reached its final state already has done its work.
    if (status === 'done') return
    this.#remove(actor, 'failed')
    throw new AgentStartError(actor.address, error)
  }

  /**
   * Brings back the agents that another owner has left, and hands them what they had not handled; those of the tree that it
   * had never started are started. To be called before anything else, and while nobody gets turns.
   *
   * @throws AddressTakenError, AgentLimitError, and why an agent cannot be restored
   */
  restore(tree: readonly Supervised[], returning: Returning): readonly Actor[] {
    const { standing } = returning
    const since = { date: this.#partition.date(), position: standing.position + 1 }
    const { adoptable } = (this.#restored = new RestoredAgents(returning, since))
    this.#roster.choose = (name, agent) => returning.chosen(name, agent)
    this.#records.know(standing.hears.keys())
    for (const one of tree) for (const actor of this.#roster.declareAll(one, root)) this.#layToRest(actor, returning)
    const started = tree.flatMap(one => this.#start(one, root))
    for (const { name, under, gone, incarnation } of standing.agents.values()) {
      if (gone !== undefined || incarnation === 0 || this.#roster.find(name)) continue
      const agent = returning.agentOf(name)
      if (!agent || !this.#standsUnder(under)) returning.missing(name)
      else {
        const actor = this.#add(agent, name, under)
        adoptable.add(actor)
        this.#children.childRestored(actor)
        started.push(actor)
      }
    }
    this.#arrive()
    return started
  }

  /** One that was there no more is not started; its supervisor may yet do so. */
  #layToRest(actor: Actor, returning: Returning): void {
    const { gone, incarnation = 0 } = returning.standing.agents.get(actor.name) ?? {}
    if (gone === undefined) return
    actor.incarnation = incarnation
    if (!returning.isGone(actor.name)) return
    actor.status = 'stopped'
    this.#partition.registry.retire(actor)
    if (gone === 'stopped') this.#roster.retire(actor.name)
  }

  /** Whether there is, or can be, a supervisor of this name. */
  #standsUnder(under: string): boolean {
    if (under === root || this.#roster.isTree(under)) return true
    // That of a child comes with it.
    if (under.endsWith(`/${root}`)) this.begin([{ name: under, agents: [], restart: 'temporary' }])
    return this.#roster.isTree(under)
  }

  /** Hands those that have come back what they had not handled. */
  #arrive(): void {
    if (!this.#restored) return
    const { migrated, returning } = this.#restored
    const fail = (actor: Actor, type: string) => this.#fail(actor, type, new DeadlyEventError(actor.address, type))
    for (const actor of this.#restored.takeArrived()) {
      const isMigrated = migrated.delete(actor)
      if (isMigrated) this.#work.forgetLost(actor)
      this.#children.parentRestored(actor)
      settleIn(actor, returning.standing, this.#partition, this.timers, { isMigrated, fail })
    }
    for (const name of [...returning.standing.pools.keys()]) settlePool(name, returning.standing, this.#partition)
  }

  /** Goes on with what restored agents had wanted done outside. */
  goOn(): void {
    this.#work.goOn()
  }

  /** Everybody has gone on: what is done on behalf of others ends with that. */
  link(): void {
    this.#work.link()
  }

  /** Resolves when the start of these agents is durable and they handle mail. @throws AgentStartError, JournalAppendError */
  begun(actors: readonly Actor[]): Promise<unknown> {
    const beginning = actors.flatMap(actor => this.#beginning.get(actor)?.over ?? [])
    const durable = this.#partition.watermark.reached()
    return beginning.length === 0 ? durable : Promise.all([durable, ...beginning])
  }

  /** Stops an agent for good. */
  stop(actor: Actor): void {
    if (actor.status !== 'stopped') this.#remove(actor, 'stopped')
  }

  /** Stops a pool for good, the youngest member first. */
  stopPool(pool: Pool): void {
    if (this.#partition.registry.pool(pool.name) === pool) this.removeTree(pool.name)
  }

  /** Stops a supervisor and all that stands under it; its name is free then. */
  removeTree(name: string): void {
    this.#roster.retire(name)
    const members = this.#roster.under(name)
    this.#roster.supervisor(this.#roster.aboveOf(name) ?? root)?.send({ type: 'supervisor.stop', id: name })
    this.#forget(members.toReversed(), 'stopped')
    this.#roster.remove(name)
  }

  /**
   * Stops all agents in the reverse order of their start, for good.
   *
   * @param why what is told to who wants something of them afterwards
   */
  end(reason: GoneReason, why: TroupeError): void {
    if (this.#ended) return
    this.#ended = why
    keepInside(this.#partition.registry)
    this.#supervisor.stop()
    this.#forget([...this.#partition.registry].toReversed(), reason)
    this.#roster.clear()
    this.timers.clear()
    for (const cancel of this.#pauses) cancel()
    const { watermark, activity } = this.#partition
    watermark.whenDurable(
      () => activity.release(),
      error => activity.release(error),
    )
  }

  /** Resolves when all that was stopped so far is durable, and what waited for it has become dead letters. */
  async closed(): Promise<void> {
    await this.#closing
    await this.#partition.watermark.reached()
  }

  #remove(actor: Actor, reason: GoneReason): void {
    this.#roster.retire(actor.name)
    this.#send(actor, { type: 'supervisor.stop', id: actor.name })
    this.#forget([actor], reason)
  }

  // One whose supervisor is down just now needs only not be started again.
  #send({ under }: Actor, event: SupervisorEvent): void {
    const supervisor = this.#roster.supervisor(under)
    if (supervisor?.getSnapshot().status === 'active') supervisor.send(event)
  }

  /** Those that have not stopped have now: recorded in few frames, however many they are. */
  #forget(actors: readonly Actor[], reason: GoneReason): void {
    const stopping = actors.filter(({ status }) => status !== 'stopped')
    for (let from = 0; from < stopping.length; from += mostInOneFrame) {
      const some = stopping.slice(from, from + mostInOneFrame)
      this.#partition.append(
        { kind: 'supervision' },
        some.map(actor => {
          const { address, incarnation } = actor
          const stopping = () => agentStopping({ address, incarnation })
          this.#partition.note(agentStopping.type, stopping, this.#endOf(actor, reason))
          actor.status = 'stopped'
          return this.#records.stopped(actor, reason)
        }),
      )
      for (const actor of some) this.#letGo(actor, reason)
    }
  }

  #letGo(actor: Actor, reason: GoneReason): void {
    const { address, incarnation } = actor
    this.#partition.registry.retire(actor)
    this.#partition.system.observers?.stopped(this.#partition, actor, reason)
    this.#roster.stopped(actor)
    this.#loseMail(actor)
    this.#partition.system.asks.failAllTo(address, ask => new AskStoppedError(ask.type, address))
    const origin = this.#endOf(actor, reason)
    const tell = () => {
      this.#partition.report(trusted(agentStopped, { address, incarnation, reason }), origin)
      this.#partition.note(agentRemoved.type, () => agentRemoved({ address }), origin)
    }
    this.#beginning.get(actor)?.interrupt(new AgentStartError(address, this.#ended ?? 'it was stopped meanwhile'))
    this.#children.stopped(actor, reason)
    const ending = this.#hooks.end(actor)
    if (ending) this.#close(ending.then(tell))
    else tell()
  }

  /** What led to the end of an agent: what it was handling, or what somebody else was. */
  #endOf({ handled }: Actor, reason: GoneReason): Origin | undefined {
    if (reason === 'escalated') return this.#lastEscalation
    return reason === 'stopped' ? (this.#partition.stepping?.handled ?? this.#partition.origin) : handled
  }

  #loseMail(actor: Actor): void {
    const { waited, spilled } = actor.renew()
    for (const envelope of waited) this.#partition.lose(actor, envelope, 'stopped')
    if (spilled) this.#close(this.#partition.loseSpilled(actor, spilled))
  }

  #close(work: Promise<unknown>): void {
    this.#closing = Promise.all([this.#closing, work])
  }

  // ---- what the supervisor tells ----

  elapsed(): number {
    return this.#partition.elapsed()
  }

  atWatermark(decide: () => void): void {
    const { activity, watermark } = this.#partition
    activity.begin()
    const end = (then: () => void) => () => {
      then()
      activity.end()
    }
    watermark.whenDurable(
      // A supervisor that has stopped meanwhile has nothing left to decide.
      end(() => this.#ended || decide()),
      end(() => {}),
    )
  }

  random(): number {
    return this.#partition.system.random()
  }

  after(ms: number, fn: () => void): () => void {
    const { activity, system } = this.#partition
    activity.begin()
    const over = () => {
      if (this.#pauses.delete(cancel)) activity.end()
    }
    const cancelTimer = system.timers.after(ms, () => {
      fn()
      over()
    })
    const cancel = () => {
      cancelTimer()
      over()
    }
    this.#pauses.add(cancel)
    return cancel
  }

  isRetired(id: string): boolean {
    return this.#roster.isRetired(id)
  }

  isAway(id: string): boolean {
    return this.#restored?.returning.isGone(id) ?? false
  }

  start(id: string, create: () => AnyActorRef): AnyActorRef {
    if (this.#roster.isTree(id)) {
      const ref = create()
      this.#roster.runs(id, ref)
      ref.start()
      return ref
    }
    const actor = this.#roster.named(id)
    const isFirst = actor.status === 'declared' && actor.incarnation === 0
    const restored = this.#restored
    const back = isFirst ? restored?.returning.take(actor) : undefined
    if (back) actor.input = back.input
    const ref =
      restored && back?.snapshot
        ? this.#bringBack(actor, restored, { ...back, snapshot: back.snapshot }, create)
        : this.#beginNext(actor, back?.incarnation, create)
    this.#started(actor)
    return ref
  }

  /** @param before the incarnation that it was in another process, if it begins anew */
  #beginNext(actor: Actor, before: number | undefined, create: () => AnyActorRef): AnyActorRef {
    if (before !== undefined) {
      actor.incarnation = before
      actor.led = this.#restored?.returning.failedOn(actor.name)
      this.#restored?.unsettled.add(actor)
    }
    // One that had done its work is started again together with a sibling.
    if (actor.status === 'stopped') this.#partition.registry.add(actor)
    actor.status = 'declared'
    const incarnation = ++actor.incarnation
    if (incarnation > 1 && actor.agent.onRestart === 'anew') this.#loseMail(actor)
    const starting = () => agentStarting({ address: actor.address, incarnation })
    this.#partition.note(agentStarting.type, starting, actor.led)
    // Part of the frame of the first step.
    const { definition, change } = this.#records.starting(actor)
    if (definition) this.#steps.plan(definition)
    this.#steps.plan(change)
    const { seq } = change
    // Not what caused it: each start that fails counts as a failure of its own.
    const correlationid = actor.led?.correlationid ?? `${this.#partition.address}/${seq}`
    actor.announce({ seq, type: 'xstate.init', correlationid })
    // An incarnation that failed before it had a context remembers nothing.
    actor.kept = actor.ref?.getSnapshot().context ?? actor.kept
    actor.ref = undefined
    actor.rounds = 0
    // What machines inside it do when they start belongs to its start.
    const outer = this.#partition.enter(actor)
    try {
      const ref = create()
      actor.ref = ref
      ref.start()
      return ref
    } finally {
      this.#partition.leave(outer)
    }
  }

  #bringBack(
    actor: Actor,
    restored: RestoredAgents,
    { incarnation, snapshot, isMigrated }: Returned & { readonly snapshot: Snapshot<unknown> },
    create: () => AnyActorRef,
  ): AnyActorRef {
    actor.incarnation = incarnation
    if (isMigrated) this.#records.migrated(actor, snapshot)
    if (isMigrated) restored.migrated.add(actor)
    restored.snapshots.set(actor, snapshot)
    numberAbove(this.#supervisor.system, snapshot)
    try {
      actor.ref = create()
    } finally {
      restored.snapshots.delete(actor)
    }
    actor.show(actor.ref.getSnapshot())
    restored.arrived.add(actor)
    restored.all.add(actor)
    this.#partition.system.observers?.cameBack(this.#partition, actor)
    actor.ref.start()
    return actor.ref
  }

  #started(actor: Actor): void {
    // One that has ended in its first step is about to be reported as such.
    if (actor.ref?.getSnapshot().status !== 'active') return
    const begun = this.#hooks.begin(actor)
    if (begun) this.#runAfter(begun, actor)
    else this.#run(actor)
  }

  /** Lets an incarnation handle mail once that is done which it wants done before. */
  #runAfter(begun: Promise<void>, actor: Actor): void {
    const { address, incarnation, ref } = actor
    const over = begun.then(
      () => {
        if (actor.ref === ref && actor.status === 'declared') this.#run(actor)
      },
      (error: unknown) => {
        if (actor.ref !== ref || actor.status !== 'declared') return
        if (incarnation === 1 && !this.#restored?.all.has(actor)) {
          this.#beginning.delete(actor)
          this.#remove(actor, 'failed')
          throw new AgentStartError(address, error)
        }
        this.#fail(actor, 'onInit', error)
      },
    )
    if (incarnation > 1 || this.#restored?.all.has(actor)) return
    const stopped = Promise.withResolvers<never>()
    const beginning = Promise.race([over, stopped.promise]).finally(() => this.#beginning.delete(actor))
    // Avoids an unhandled rejection; callers of `begun` still get it.
    beginning.catch(() => {})
    this.#beginning.set(actor, { over: beginning, interrupt: stopped.reject })
  }

  /** An incarnation has failed in something that its machine knows nothing of. */
  #fail(actor: Actor, handled: string, error: unknown): void {
    const { name, ref } = actor
    const failure = failureOf(error)
    this.#partition.reportFailed(actor, handled, failure, actor.handled ?? actor.led)
    if (!ref) return
    failures.set(ref, failure)
    this.#send(actor, { type: 'supervisor.fail', id: name, ref })
  }

  #run(actor: Actor): void {
    const { address, incarnation } = actor
    const begun = incarnation === 1 ? agentStarted : agentRestarted
    const isBack = this.#restored?.arrived.has(actor)
    this.#partition.report(trusted(isBack ? agentRecovered : begun, { address, incarnation }), actor.led)
    actor.run()
  }

  pausing(ids: readonly string[]): void {
    keepInside(ids.flatMap(id => (this.#roster.isTree(id) ? this.#roster.under(id) : (this.#roster.find(id) ?? []))))
  }

  causeOf(id: string): string | undefined {
    return this.#originOf(id)?.causationid
  }

  /** What led to the failure of an agent, or to that because of which a supervisor gave up. */
  #originOf(id: string): Origin | undefined {
    if (this.#roster.isTree(id)) {
      const error: unknown = this.#roster.supervisor(id)?.getSnapshot().error
      return isOf(error, EscalatedError) ? escalations.get(error) : undefined
    }
    const { handled, name } = this.#roster.named(id)
    return handled ?? this.#restored?.returning.failedOn(name)
  }

  restarting(ended: string, ids: readonly string[]): void {
    const origin = this.#originOf(ended)
    const led = origin && originIn(origin)
    const actors = ids.flatMap(id => (this.#roster.isTree(id) ? this.#roster.under(id) : this.#roster.named(id)))
    for (const actor of actors) actor.led = led
  }

  exited(id: string, exit?: Exit): void {
    // What has become of a supervisor's agents, it has told itself; at the end, all are forgotten in order.
    if (this.#ended || this.#roster.isTree(id)) return
    const actor = this.#roster.named(id)
    if (actor.status === 'stopped') return
    actor.status = 'down'
    const { address, incarnation } = actor
    if (exit === 'done') this.#reportDone(actor)
    void this.#hooks.end(actor)
    const failure = exit === 'failed' ? this.#failureOf(actor.ref) : undefined
    const why = failure ? `it ended before it answered, by ${failure.words.message}` : 'it ended before it answered'
    const cause = failure && { cause: failure.error }
    this.#partition.system.asks.failAllTo(address, ask =>
      ask.takenBy === incarnation ? new AskFailedError(ask.type, address, why, cause) : undefined,
    )
  }

  #reportDone(actor: Actor): void {
    const { address, incarnation } = actor
    // Not checked again: as the journal holds it, an output of 1,000 levels has some thousand.
    const done = { address, incarnation, ...this.#records.outputOf(actor) }
    this.#partition.report(trusted(agentDone, done), actor.handled)
  }

  gone(id: string, why: GoneReason): void {
    if (this.#ended) return
    const isTree = this.#roster.isTree(id)
    const actors = isTree ? this.#roster.under(id) : [this.#roster.named(id)]
    this.#forget(actors.toReversed(), isTree ? 'escalated' : why)
    // A temporary one is never started again.
    if (this.#roster.isTemporary(id)) this.#roster.remove(id)
  }

  escalated(
    { name, intensity: { within } }: SupervisorRules,
    id: string,
    restarts: number,
  ): EscalatedError | undefined {
    const { incarnation } = this.#partition.registry.named(id) ?? { incarnation: 0 }
    const address = addressOf(this.#partition.address, id)
    const origin = this.#originOf(id)
    const { lastError, failure } = this.#lastErrorOf(id)
    const cause = failure && { cause: failure.error }
    const error = new EscalatedError(address, restarts, within, lastError, origin?.causationid, cause)
    this.#lastEscalation = origin
    if (origin) escalations.set(error, origin)
    const tell = (severity: 'warning' | 'error' | 'critical') => {
      this.#partition.report(agentEscalated({ address, incarnation, restarts, within }), origin)
      this.#partition.reportError(severity, error, undefined, origin)
    }
    if (name !== root) {
      tell('warning')
      // The one above may give up as well, and they are stopped before it does.
      keepInside(this.#roster.under(name))
      return error
    }
    const isOutside = this.#partition.party === undefined
    // Without those outside the parties, nobody is served any more, whatever the journal takes.
    if (isOutside) tell('critical')
    const { code, stack } = failure?.words ?? {}
    const thrown = { ...(code !== undefined && { code }), ...(stack !== undefined && { stack }) }
    const escalated = { agent: address, restarts, within, error: error.lastError, ...thrown }
    this.#onGivenUp(error, { kind: 'escalated', seq: this.#partition.nextSeq(), ...escalated })
    // Whoever hears of it may retry the party at once.
    if (!isOutside) tell('error')
    // The journal keeps the agents as they were: who starts them again hands them their mail.
    this.#partition.unrecorded(() => this.end('escalated', error))
    return undefined
  }

  /** Why a child ended the last time, in words and as it was thrown. */
  #lastErrorOf(id: string): { readonly lastError: string; readonly failure?: Failure } {
    const ref = this.#roster.isTree(id) ? this.#roster.supervisor(id) : this.#roster.find(id)?.ref
    const { status, error } = ref?.getSnapshot() ?? {}
    if (status === 'done') return { lastError: 'none, as it was done each time' }
    const failure = this.#failureOf(ref)
    const lastError = isOf(error, EscalatedError) ? `${error.address}: ${error.lastError}` : failure.words.message
    return { lastError, failure }
  }

  #failureOf(ref: AnyActorRef | undefined): Failure {
    const known = ref && failures.get(ref)
    return known ?? failureOf(ref?.getSnapshot().error)
  }

  #logicOf(actor: Actor): SteppedLogic {
    const { agent } = actor
    const back = this.#restored?.snapshots.get(actor)
    if (back) return new RestoredLogic(agent, this.#steps, back)
    if (agent.onRestart === 'keep' && actor.kept)
      return new SteppedLogic({ machine: remembering(agent.machine, actor.kept) }, this.#steps)
    // One for all actors of an agent: what it needs to know of each, it asks.
    let logic = this.#logics.get(agent)
    if (!logic) this.#logics.set(agent, (logic = new SteppedLogic(agent, this.#steps)))
    return logic
  }
}
