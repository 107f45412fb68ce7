import type { Actor } from '../actor/actor.ts'
import { type Agent, AgentStartError } from '../agent/agent.ts'
import type { Entry } from '../journal/frame.ts'
import type { Origin } from '../mail/handled.ts'
import type { Partition } from '../partition/partition.ts'
import { isSupervisor, type Supervised } from '../supervision/definition.ts'
import { takenOver } from '../values/copy.ts'
import type { AgentRecords } from './agent-records.ts'
import type { Beginnings } from './beginnings.ts'
import type { ChildSpecs } from './child-specs.ts'
import type { Incarnations } from './incarnations.ts'
import type { Roster } from './roster.ts'
import type { Stopping } from './stopping.ts'

interface StartingParts {
  readonly roster: Roster
  readonly records: AgentRecords
  readonly beginnings: Beginnings
  readonly stopping: Stopping
  readonly incarnations: Incarnations
  readonly specs: ChildSpecs
}

/** An agent to start, under a name of its own. */
export interface NewAgent {
  readonly agent: Agent
  readonly name: string
  /** The name of its supervisor. */
  readonly under: string
  /** The input of its machine; by default the input of the agent's definition. */
  readonly input?: unknown
  /** The event that led to the start. */
  readonly led?: Origin | undefined
}

/** Gives agents and supervisors their addresses, and lets their supervisors start them. */
export class Starting {
  readonly #partition: Partition
  readonly #parts: StartingParts

  constructor(partition: Partition, parts: StartingParts) {
    this.#partition = partition
    this.#parts = parts
  }

  /**
   * Declares trees of agents: all of them have addresses, and mail waits for them. If that fails or `start` throws, the trees are removed.
   *
   * @param first entries of the same frame, before the declarations
   * @throws AddressTakenError, AgentLimitError, IllegalIdError, NoSupervisorError, and what `start` throws
   */
  declareAndStart<T>(tree: readonly Supervised[], under: string, first: readonly Entry[], start: () => T): T {
    const { roster, records, stopping } = this.#parts
    if (stopping.ended) throw stopping.ended
    const fresh = tree.filter(one => isSupervisor(one) && !roster.isTree(one.name))
    try {
      const declared = tree.flatMap(one => roster.declareAll(one, under))
      records.declared(declared, first)
      return start()
    } catch (error) {
      for (const { name } of fresh) if (roster.isTree(name)) stopping.removeTree(name)
      throw error
    }
  }

  /** Starts a declared agent, or a tree of them. @throws AgentStartError */
  start(one: Supervised, under: string): readonly Actor[] {
    const { roster, specs } = this.#parts
    if (!isSupervisor(one)) {
      const actor = roster.named(one.name)
      if (actor.status !== 'stopped') return [this.#startAgent(actor)]
      // An agent that had done its work may be started again with its siblings.
      if (!roster.isRetired(actor.name))
        roster.sendAbove(actor, { type: 'supervisor.know', spec: specs.ofAgent(actor) })
      return []
    }
    roster.supervisor(under)?.send({ type: 'supervisor.start', spec: specs.of(one) })
    const started = roster.under(one.name)
    for (const actor of started) this.#checkStarted(actor)
    return started
  }

  /** Declares and starts one agent. @throws AddressTakenError, AgentLimitError, NoSupervisorError, AgentStartError */
  add({ agent, name, under, input = agent.input, led }: NewAgent): Actor {
    const { roster, stopping } = this.#parts
    if (stopping.ended) throw stopping.ended
    const taken = takenOver(`the input of "${name}"`, input)
    const actor = roster.declare(agent, name, under, led)
    if (input !== agent.input) actor.input = taken
    return this.#startAgent(actor)
  }

  #startAgent(actor: Actor): Actor {
    const { roster, specs } = this.#parts
    roster.sendAbove(actor, { type: 'supervisor.start', spec: specs.ofAgent(actor) })
    this.#checkStarted(actor)
    return actor
  }

  #checkStarted(actor: Actor): void {
    const { beginnings, incarnations, stopping } = this.#parts
    if (actor.status === 'running' || beginnings.has(actor)) return
    // The supervisor of a restored agent decides what happens when it fails. Its mail waits.
    if (incarnations.restored?.awaitsMail(actor)) return
    const { status, error } = actor.ref?.getSnapshot() ?? {}
    // An agent that is in its final state already has done its work.
    if (status === 'done') return
    stopping.stop(actor, 'failed')
    throw new AgentStartError(actor.address, error)
  }

  /** Resolves when the start of these agents is durable and they handle mail. @throws AgentStartError, JournalAppendError */
  begun(actors: readonly Actor[]): Promise<unknown> {
    const beginning = this.#parts.beginnings.of(actors)
    const durable = this.#partition.watermark.reached()
    return beginning.length === 0 ? durable : Promise.all([durable, ...beginning])
  }
}
