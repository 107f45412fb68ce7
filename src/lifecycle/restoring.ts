import type { Actor } from '../actor/actor.ts'
import type { Agent } from '../agent/agent.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { Partition } from '../partition/partition.ts'
import { isPool, isSupervisor, type Supervised } from '../supervision/definition.ts'
import type { Children } from '../work/children.ts'
import type { OutsideWork } from '../work/outside-work.ts'
import { openRecalled } from '../work/recalled-requests.ts'
import type { AgentRecords } from './agent-records.ts'
import type { AgentTimers } from './agent-timers.ts'
import type { Incarnations } from './incarnations.ts'
import { RestoredAgents } from './restored-agents.ts'
import { type Roster, root } from './roster.ts'
import type { SavedAgents } from './saved-agents.ts'
import type { Starting } from './starting.ts'
import { DeadlyEventError, deliverUnhandled, deliverUnhandledOfPool } from './unhandled.ts'

interface RestoringParts {
  readonly roster: Roster
  readonly records: AgentRecords
  readonly incarnations: Incarnations
  readonly starting: Starting
  readonly children: Children
  readonly timers: AgentTimers
  readonly work: OutsideWork
  /** Starts the supervisor of a child. */
  beginSupervisor(name: string): void
}

/** Restores the agents of a partition as another process has left them: all at the start, and later those that a program spawns again. */
export class Restoring {
  readonly #partition: Partition
  readonly #parts: RestoringParts

  constructor(partition: Partition, parts: RestoringParts) {
    this.#partition = partition
    this.#parts = parts
  }

  /** `undefined` in a partition that began in this process. */
  get #restored(): RestoredAgents | undefined {
    return this.#parts.incarnations.restored
  }

  /** Whether an agent or a pool that a program is about to spawn was there before, and is not restored yet. */
  hasSaved(name: string): boolean {
    return this.#restored?.saved.has(name) ?? false
  }

  /** The names of agents and pools that no program has spawned again, although they have mail, timers or outside work. */
  savedAtWork(): Iterable<string> {
    return this.#restored?.saved.atWork() ?? []
  }

  /** The members that a pool had in another process besides those that it begins with. */
  formerMembersOf(one: Supervised): { readonly agent?: Agent; readonly names: readonly string[] } {
    const [agent] = isPool(one) ? one.agents : []
    if (!agent || isSupervisor(agent)) return { names: [] }
    return { agent, names: this.#restored?.saved.under(one.name) ?? [] }
  }

  /** Takes the newest standing of the partition, for agents that are restored later than the others. */
  recallLate(standing: Standing): void {
    if (!this.#restored) return
    // The timers of agents that were away did not run: each keeps the time that it had left.
    const { saved, since } = this.#restored
    standing.skip(Math.max(0, standing.date - since.date - standing.jumps.since(since.position)))
    saved.standing = standing
  }

  /** The restored agent that `spawn` returns instead of starting a new one. */
  unclaimed(agent: Agent, name: string = agent.name): Actor | undefined {
    const known = this.#parts.roster.find(name)
    const isUnclaimed =
      known?.agent.name === agent.name && known.status !== 'stopped' && this.#restored?.unclaimed.has(known)
    return isUnclaimed ? known : undefined
  }

  /** The same, once: the next `spawn` of this name starts a new agent. */
  claim(agent: Agent, name: string): Actor | undefined {
    const known = this.unclaimed(agent, name)
    return known && this.#restored?.unclaimed.delete(known) ? known : undefined
  }

  /** Starts agents. Agents that were saved, and not restored at the start, go on with their mail, timers and outside work. */
  during<T>(names: readonly string[], start: () => T): T {
    const restored = this.#restored
    // Before `bindToAsks`, the work of all agents of the partition is resumed together.
    if (!restored?.isResumed || !names.some(name => this.hasSaved(name))) {
      const started = start()
      this.#deliverUnhandled()
      return started
    }
    restored.isResumed = false
    try {
      const started = start()
      this.#deliverUnhandled()
      this.#parts.work.resume(new Map([[this.#partition.address, restored.saved.standing]]))
      this.#parts.work.bindToAsks()
      return started
    } finally {
      restored.isResumed = true
    }
  }

  /** Binds the work of agents to the asks for which it is done: it ends with them. To be called when all work goes on. */
  bindToAsks(): void {
    this.#parts.work.bindToAsks()
    if (this.#restored) this.#restored.isResumed = true
  }

  /**
   * Restores the agents that another owner has left, and hands them what they had not handled. Agents of the tree that never started
   * are started. To be called before anything else, and while no agent gets turns.
   *
   * @throws AddressTakenError, AgentLimitError, and why an agent cannot be restored
   */
  restore(tree: readonly Supervised[], saved: SavedAgents): readonly Actor[] {
    const { roster, records, incarnations, starting, children } = this.#parts
    const { standing } = saved
    const since = { date: this.#partition.date(), position: standing.position + 1 }
    const { unclaimed } = (incarnations.restored = new RestoredAgents(saved, since))
    records.know(standing.hears.keys())
    for (const one of tree) for (const actor of roster.declareAll(one, root)) this.#markStopped(actor, saved)
    const started = tree.flatMap(one => starting.start(one, root))
    for (const { name, under, gone, incarnation } of standing.agents.values()) {
      if (gone !== undefined || incarnation === 0 || roster.find(name)) continue
      const agent = saved.agentOf(name)
      if (!agent || !this.#hasSupervisor(under)) saved.missing(name)
      else {
        const actor = starting.add({ agent, name, under })
        unclaimed.add(actor)
        children.childRestored(actor)
        started.push(actor)
      }
    }
    this.#deliverUnhandled()
    return started
  }

  /** Marks an agent of a tree as stopped if it had stopped for good. Its supervisor may still start it again. */
  #markStopped(actor: Actor, saved: SavedAgents): void {
    const { gone, incarnation = 0 } = saved.standing.agents.get(actor.name) ?? {}
    if (gone === undefined) return
    actor.incarnation = incarnation
    if (!saved.isGone(actor.name)) return
    actor.status = 'stopped'
    this.#partition.registry.retire(actor)
    if (gone === 'stopped') this.#parts.roster.retire(actor.name)
  }

  /** Whether there is a supervisor of this name. The supervisor of a child is started with the child. */
  #hasSupervisor(name: string): boolean {
    const { roster } = this.#parts
    if (name === root || roster.isTree(name)) return true
    if (name.endsWith(`/${root}`)) this.#parts.beginSupervisor(name)
    return roster.isTree(name)
  }

  /** Delivers to agents that were just restored the mail, timers and outcomes that they had not handled. */
  #deliverUnhandled(): void {
    const restored = this.#restored
    if (!restored) return
    const { incarnations, children, timers, work } = this.#parts
    const { standing } = restored.saved
    const fail = (actor: Actor, type: string) =>
      incarnations.fail(actor, type, new DeadlyEventError(actor.address, type))
    for (const actor of restored.takeAwaitingMail()) {
      const isMigrated = restored.migrated.delete(actor)
      const saved = standing.agents.get(actor.name)
      const works = saved?.works
      if (isMigrated && works) work.dropUnwanted(works)
      children.parentRestored(actor)
      if (saved) openRecalled(this.#partition, actor, saved)
      deliverUnhandled(actor, standing, this.#partition, { timers, isMigrated, fail })
    }
    for (const name of [...standing.pools.keys()]) deliverUnhandledOfPool(name, standing, this.#partition)
  }
}
