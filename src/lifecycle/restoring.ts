import type { Actor } from '../actor/actor.ts'
import type { Agent } from '../agent/agent.ts'
import type { Standing } from '../journal/standing.ts'
import type { Partition } from '../partition/partition.ts'
import { isPool, isSupervisor, type Supervised } from '../supervision/definition.ts'
import type { Children } from '../work/children.ts'
import type { OutsideWork } from '../work/outside-work.ts'
import type { AgentRecords } from './agent-records.ts'
import type { AgentTimers } from './agent-timers.ts'
import type { Incarnations } from './incarnations.ts'
import { RestoredAgents } from './restored-agents.ts'
import { DeadlyEventError, type Returning, settleIn, settlePool } from './returning.ts'
import { type Roster, root } from './roster.ts'
import type { Starting } from './starting.ts'

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

  /** None in a partition that began in this process. */
  get #restored(): RestoredAgents | undefined {
    return this.#parts.incarnations.restored
  }

  /** Whether an agent or a pool that a program is about to spawn was there before, and is not restored yet. */
  awaits(name: string): boolean {
    return this.#restored?.returning.awaits(name) ?? false
  }

  /** The names of agents and pools that no program has spawned again, although they have mail, timers or outside work. */
  leftAtWork(): Iterable<string> {
    return this.#restored?.returning.atWork() ?? []
  }

  /** The members that a pool had in another process besides those that it begins with. */
  formerMembersOf(one: Supervised): { readonly agent?: Agent; readonly names: readonly string[] } {
    const [agent] = isPool(one) ? one.agents : []
    if (!agent || isSupervisor(agent)) return { names: [] }
    return { agent, names: this.#restored?.returning.under(one.name) ?? [] }
  }

  /** Takes the newest standing of the partition, for agents that are restored later than the others. */
  recallLate(standing: Standing): void {
    if (!this.#restored) return
    // The timers of agents that were away did not run: each keeps the time that it had left.
    const { returning, since } = this.#restored
    standing.skip(Math.max(0, standing.date - since.date - standing.jumps.since(since.position)))
    returning.standing = standing
  }

  /** The restored agent that `spawn` returns instead of starting a new one. */
  met(agent: Agent, name: string = agent.name): Actor | undefined {
    const known = this.#parts.roster.find(name)
    const isMet = known?.agent.name === agent.name && known.status !== 'stopped' && this.#restored?.adoptable.has(known)
    return isMet ? known : undefined
  }

  /** The same, once: the next `spawn` of this name starts a new agent. */
  adopt(agent: Agent, name: string): Actor | undefined {
    const known = this.met(agent, name)
    return known && this.#restored?.adoptable.delete(known) ? known : undefined
  }

  /** Starts agents. Those of them that were not restored with the others go on with their mail, timers and outside work now. */
  during<T>(names: readonly string[], start: () => T): T {
    const restored = this.#restored
    // Before `bindToAsks`, the work of all agents of the partition is resumed together.
    if (!restored?.isResumed || !names.some(name => this.awaits(name))) {
      const started = start()
      this.#deliverUnhandled()
      return started
    }
    restored.isResumed = false
    try {
      const started = start()
      this.#deliverUnhandled()
      this.#parts.work.resume(new Map([[this.#partition.address, restored.returning.standing]]))
      this.#parts.work.bindToAsks()
      return started
    } finally {
      restored.isResumed = true
    }
  }

  /** See `Crew.bindToAsks`. */
  bindToAsks(): void {
    this.#parts.work.bindToAsks()
    if (this.#restored) this.#restored.isResumed = true
  }

  /** See `Crew.restore`. */
  restore(tree: readonly Supervised[], returning: Returning): readonly Actor[] {
    const { roster, records, incarnations, starting, children } = this.#parts
    const { standing } = returning
    const since = { date: this.#partition.date(), position: standing.position + 1 }
    const { adoptable } = (incarnations.restored = new RestoredAgents(returning, since))
    records.know(standing.hears.keys())
    for (const one of tree) for (const actor of roster.declareAll(one, root)) this.#markStopped(actor, returning)
    const started = tree.flatMap(one => starting.start(one, root))
    for (const { name, under, gone, incarnation } of standing.agents.values()) {
      if (gone !== undefined || incarnation === 0 || roster.find(name)) continue
      const agent = returning.agentOf(name)
      if (!agent || !this.#hasSupervisor(under)) returning.missing(name)
      else {
        const actor = starting.add({ agent, name, under })
        adoptable.add(actor)
        children.childRestored(actor)
        started.push(actor)
      }
    }
    this.#deliverUnhandled()
    return started
  }

  /** Marks an agent of a tree as stopped if it had stopped for good. Its supervisor may still start it again. */
  #markStopped(actor: Actor, returning: Returning): void {
    const { gone, incarnation = 0 } = returning.standing.agents.get(actor.name) ?? {}
    if (gone === undefined) return
    actor.incarnation = incarnation
    if (!returning.isGone(actor.name)) return
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
    const { standing } = restored.returning
    const fail = (actor: Actor, type: string) =>
      incarnations.fail(actor, type, new DeadlyEventError(actor.address, type))
    for (const actor of restored.takeArrived()) {
      const isMigrated = restored.migrated.delete(actor)
      const works = standing.agents.get(actor.name)?.works
      if (isMigrated && works) work.dropUnwanted(works)
      children.parentRestored(actor)
      settleIn(actor, standing, this.#partition, timers, { isMigrated, fail })
    }
    for (const name of [...standing.pools.keys()]) settlePool(name, standing, this.#partition)
  }
}
