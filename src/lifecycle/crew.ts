import { createActor } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import type { Pool } from '../actor/pool.ts'
import type { Agent } from '../agent/agent.ts'
import type { TroupeError } from '../errors.ts'
import { bindHost } from '../invoke/outside.ts'
import type { SavedRequests } from '../journal/fold/answers.ts'
import type { Entry, GoneReason } from '../journal/frame.ts'
import type { Partition } from '../partition/partition.ts'
import { Steps } from '../partition/steps.ts'
import type { Supervised, SupervisionOptions } from '../supervision/definition.ts'
import { EscalatedError, type RestartIntensity } from '../supervision/restart-intensity.ts'
import { SupervisorLogic } from '../supervision/supervisor.ts'
import { Children, type ChildStarts } from '../work/children.ts'
import { OutsideWork } from '../work/outside-work.ts'
import { AgentRecords } from './agent-records.ts'
import { AgentTimers } from './agent-timers.ts'
import { Beginnings } from './beginnings.ts'
import { ChildSpecs } from './child-specs.ts'
import { Hooks } from './hooks.ts'
import { Incarnations } from './incarnations.ts'
import { Restoring } from './restoring.ts'
import { Roster, root } from './roster.ts'
import { type NewAgent, Starting } from './starting.ts'
import { type Ending, Stopping } from './stopping.ts'
import { SupervisedAgents } from './supervised.ts'

/** How the agents of a partition are supervised, and how often they may restart by default. */
export interface CrewOptions extends SupervisionOptions {
  readonly intensity: RestartIntensity
}

/**
 * The agents of a partition from start to stop: one XState system whose root is the uppermost supervisor, and in which every agent
 * is a child that runs step by step. The parts are in the files beside this one: `starting`, `incarnations` and `supervised` start agents
 * and carry out what supervisors decide, `stopping` stops agents, `restoring` restores those of another process.
 */
export class Crew {
  readonly timers: AgentTimers
  readonly restoring: Restoring
  readonly #partition: Partition
  readonly #supervisor
  readonly #roster: Roster
  readonly #supervised: SupervisedAgents
  readonly #starting: Starting
  readonly #stopping: Stopping
  readonly #work: OutsideWork

  /** @param onGivenUp appends that the uppermost supervisor gave up, before its agents stop */
  constructor(
    partition: Partition,
    options: CrewOptions,
    onGivenUp: (error: EscalatedError, escalated: Entry) => void,
  ) {
    this.#partition = partition
    const records = new AgentRecords(partition)
    const hooks = new Hooks(partition)
    const beginnings = new Beginnings()
    const steps = new Steps(partition, (actor, timer) => this.timers.set(actor, timer))
    const timers = new AgentTimers(partition, steps)
    const children = new Children(partition.registry, this.#childStarts())
    const roster = new Roster(partition, (name, agent) => incarnations.restored?.saved.chosen(name, agent) ?? agent)
    const stopped = (actor: Actor, reason: GoneReason) => children.stopped(actor, reason)
    const stopping = new Stopping(partition, { roster, records, hooks, beginnings, stopped })
    const work = new OutsideWork(partition, steps, children)
    this.#work = work
    const incarnations = new Incarnations(partition, { steps, roster, records, hooks, beginnings, stopping, work })
    const end = (ending: Ending) => this.#end(ending)
    this.#supervised = new SupervisedAgents(partition, {
      roster,
      records,
      hooks,
      incarnations,
      stopping,
      onGivenUp,
      end,
    })
    const specs = new ChildSpecs(roster, incarnations, this.#supervised, options.intensity)
    const starting = new Starting(partition, { roster, records, beginnings, stopping, incarnations, specs })
    this.#supervisor = createActor(new SupervisorLogic(this.#supervised, specs.rulesOf({ name: root, ...options })), {
      id: root,
    })
    this.#supervisor.system.scheduler = timers
    bindHost(this.#supervisor.system, this.#work)
    const beginSupervisor = (name: string) => void this.begin([{ name, agents: [], restart: 'temporary' }])
    this.restoring = new Restoring(partition, {
      roster,
      records,
      incarnations,
      starting,
      children,
      timers,
      work: this.#work,
      beginSupervisor,
    })
    this.timers = timers
    this.#roster = roster
    this.#starting = starting
    this.#stopping = stopping
    this.#supervisor.start()
    roster.runs(root, this.#supervisor)
  }

  /** Why its uppermost supervisor gave up, if it has. */
  get gaveUp(): EscalatedError | undefined {
    const { ended } = this.#stopping
    return ended instanceof EscalatedError ? ended : undefined
  }

  /** Whether all its agents are stopped for good. */
  get stopped(): boolean {
    return this.#stopping.ended !== undefined
  }

  // ---- start ----

  /**
   * Starts agents and trees of them in order. All of them have addresses, and mail waits for them, before the first starts.
   *
   * @param first entries of the same frame, before those of the agents
   * @throws AddressTakenError, AgentLimitError, AgentStartError, IllegalIdError, NoSupervisorError
   */
  begin(tree: readonly Supervised[], under: string = root, first: readonly Entry[] = []): readonly Actor[] {
    const names = tree.map(({ name }) => name)
    const start = (one: Supervised) => [...this.#starting.start(one, under), ...this.#startFormerMembers(one)]
    return this.#starting.declareAndStart(tree, under, first, () =>
      this.restoring.during(names, () => tree.flatMap(start)),
    )
  }

  /** Starts the members that a pool had in another process besides those that it begins with. */
  #startFormerMembers(one: Supervised): readonly Actor[] {
    const { agent, names } = this.restoring.formerMembersOf(one)
    return agent ? names.map(name => this.#starting.add({ agent, name, under: one.name })) : []
  }

  /** Starts one agent more, under a name of its own, or returns the restored one of this name. @throws as `begin` does */
  spawn(agent: Agent, name: string = agent.name, under: string = root, input?: unknown): Actor {
    return this.restoring.claim(agent, name) ?? this.add({ agent, name, under, input })
  }

  /** Starts one agent more, also a member of a pool, or a child, whose name has more than one segment. @throws as `begin` does */
  add(one: NewAgent): Actor {
    return this.restoring.during([one.name], () => this.#starting.add(one))
  }

  /** Resolves when the start of these agents is durable and they handle mail. @throws AgentStartError, JournalAppendError */
  begun(actors: readonly Actor[]): Promise<unknown> {
    return this.#starting.begun(actors)
  }

  #childStarts(): ChildStarts {
    return {
      start: (name, { agent, input, origin }, under) => {
        this.begin([{ name: under, agents: [], restart: 'temporary' }])
        return this.add({ agent, name, under, input: input ?? agent.input, led: origin })
      },
      stop: child => this.stopped || this.stop(child),
      removeSupervisor: name => {
        if (this.#roster.supervisor(name)?.getSnapshot().status === 'active') this.#stopping.removeTree(name)
      },
      isAwaited: name => this.restoring.hasSaved(name),
    }
  }

  // ---- work and stop ----

  /**
   * Resumes the outside work of restored agents.
   *
   * @param requests what the journal says of requests that agents may have got
   */
  resume(requests: SavedRequests): void {
    this.#work.resume(requests)
  }

  /** Stops an agent for good. */
  stop(actor: Actor): void {
    if (actor.status !== 'stopped') this.#stopping.stop(actor, 'stopped')
  }

  /** Stops a pool for good, the youngest member first. */
  stopPool(pool: Pool): void {
    if (this.#partition.registry.pool(pool.name) === pool) this.#stopping.removeTree(pool.name)
  }

  /**
   * Stops all agents for good, in the reverse order of their start.
   *
   * @param error thrown at callers that want something of the agents afterwards
   */
  end(reason: GoneReason, error: TroupeError): void {
    this.#end({ reason, error })
  }

  #end(ending: Ending): void {
    if (this.stopped) return
    this.#stopping.stopAll(this.#supervisor, ending)
    this.timers.clear()
    this.#supervised.cancelPauses()
    const { watermark, activity } = this.#partition
    watermark.whenDurable(
      () => activity.release(),
      error => activity.release(error),
    )
  }

  /** Resolves when every stop so far is durable, and the mail of the stopped agents has become dead letters. */
  closed(): Promise<void> {
    return this.#stopping.closed()
  }
}
