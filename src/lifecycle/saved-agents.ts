import type { Snapshot } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import type { Agent } from '../agent/agent.ts'
import type { MachineEditedError } from '../agent/edited.ts'
import { readIdentity } from '../agent/identity.ts'
import { MachineUnknownError, type Restorable, restorable } from '../agent/restorable.ts'
import type { AgentStanding } from '../journal/fold/agent-standing.ts'
import type { Standing } from '../journal/fold/standing.ts'
import { type Checkpoint, JournalCorruptError } from '../journal/journal.ts'
import type { Recalled } from '../journal/recall.ts'
import { type Origin, originIn } from '../mail/handled.ts'
import { decoded } from '../values/json.ts'

/** How the agents of a partition are restored. */
interface SavedAgentsOptions {
  /** Whether one agent that cannot be restored keeps all agents from being restored. */
  readonly isWhole: boolean
  /** Whether the application retries the party after its supervisor gave up. */
  readonly isRetried: boolean
  /** Whether machines that were edited go on where they still fit. */
  readonly development: boolean
  /** Called for each edited machine that goes on. */
  edited(warning: MachineEditedError): void
}

/** Where an agent was when it was saved. */
export interface SavedAgent {
  readonly incarnation: number
  /** `undefined` for an agent that begins anew. */
  readonly snapshot: Snapshot<unknown> | undefined
  /** The input of its incarnations. */
  readonly input: unknown
  /** Whether it was saved by another version of its machine. */
  readonly isMigrated: boolean
}

/** The agents of a partition that another process has saved, and the definitions that the program has of them. */
export class SavedAgents {
  /** Read again when agents are restored later than the others. */
  standing: Standing
  /**
   * The checkpoints of agents that are not restored yet. Used checkpoints are removed, because a checkpoint of a journal in
   * memory keeps its whole partition in memory.
   */
  readonly #checkpoints: Map<string, Checkpoint>
  readonly #definitions: readonly Agent[]
  readonly #options: SavedAgentsOptions
  /** The agents that are not restored yet. */
  readonly #saved: Map<string, AgentStanding>
  readonly #restorable = new Map<string, Restorable>()

  constructor({ standing, checkpoints }: Recalled, definitions: readonly Agent[], options: SavedAgentsOptions) {
    this.standing = standing
    this.#definitions = definitions
    this.#options = options
    const saved = [...standing.agents].filter(([, { gone, incarnation }]) => gone === undefined && incarnation > 0)
    this.#saved = new Map(saved)
    this.#checkpoints = new Map([...checkpoints].filter(([name]) => this.#saved.has(name)))
  }

  /** The names of agents and pools that are not restored yet, and that had mail, timers or outside work. */
  atWork(): ReadonlySet<string> {
    const names = [...this.#saved.values()].flatMap(({ name, under }) => {
      const { mail, timers, fired, works } = this.standing.agents.get(name) ?? {}
      const own = mail?.size || timers?.size || fired?.size || works?.size ? [name] : []
      return this.standing.pools.get(under)?.size ? [...own, under] : own
    })
    return new Set(names)
  }

  /** The names of the members of a pool that are not restored yet. */
  under(pool: string): readonly string[] {
    return [...this.#saved.values()].filter(({ under }) => under === pool).map(({ name }) => name)
  }

  /** Whether an agent or a pool of this name is not restored yet. */
  has(name: string): boolean {
    return [...this.#saved.values()].some(one => one.name === name || one.under === name)
  }

  /** Whether an agent does not go on where it was, because its supervisor gave up. */
  #beginsAnew(name: string): boolean {
    const known = this.standing.agents.get(name)
    return known?.beginsAnew || (this.#options.isRetried && known?.failure !== undefined)
  }

  /** Whether an agent had stopped for good. */
  isGone(name: string): boolean {
    const gone = this.standing.agents.get(name)?.gone
    // Outside the parties, agents whose supervisor gave up begin anew when the runtime starts.
    return gone !== undefined && (this.#options.isWhole || gone !== 'escalated')
  }

  /** The origin of the failure of an agent, if it has failed. */
  failedOn(name: string): Origin | undefined {
    const { on: causationid, correlation = causationid } = this.standing.agents.get(name)?.failure ?? {}
    if (correlation === undefined) return undefined
    return originIn({ correlationid: correlation, ...(causationid !== undefined && { causationid }) })
  }

  /** The definition that an agent is restored with: an older version may be registered. @throws why the agent cannot be restored */
  chosen(name: string, current: Agent): Agent {
    return this.#saved.has(name) && !this.#beginsAnew(name) ? this.#restored(name, current).agent : current
  }

  /** The definition of an agent, if the program has it. @throws why the agent cannot be restored with it */
  agentOf(name: string): Agent | undefined {
    try {
      return this.#restored(name, undefined).agent
    } catch (error) {
      // Outside the parties, the program that spawned the agent may spawn it again.
      if (!this.#options.isWhole && error instanceof MachineUnknownError) return undefined
      throw error
    }
  }

  /** An agent is not restored. @throws MachineUnknownError where all agents must be */
  missing(name: string): void {
    const { definition } = this.standing.agents.get(name) ?? { definition: '' }
    const identity = readIdentity(definition)
    if (this.#options.isWhole && identity) throw new MachineUnknownError(identity)
  }

  /** Where an agent was. The agent counts as restored from here on. @throws why it cannot be restored */
  take({ name, agent }: Actor): SavedAgent | undefined {
    const known = this.#saved.get(name)
    if (!known) return undefined
    const { incarnation } = known
    const restored = this.#beginsAnew(name) ? undefined : this.#restored(name, agent)
    this.#saved.delete(name)
    this.#checkpoints.delete(name)
    this.#restorable.delete(name)
    const input = known.input === undefined ? agent.input : decoded(known.input)
    return { incarnation, input, snapshot: restored?.snapshot, isMigrated: restored?.migratedFrom !== undefined }
  }

  #restored(name: string, current: Agent | undefined): Restorable {
    const known = this.#restorable.get(name)
    if (known) return known
    const { development } = this.#options
    const given = this.#saved.get(name)?.input
    const input = given === undefined ? undefined : decoded(given)
    const found = restorable(this.#checkpointOf(name), { current, registered: this.#definitions, development, input })
    this.#restorable.set(name, found)
    if (found.edited) this.#options.edited(found.edited)
    return found
  }

  #checkpointOf(name: string): Checkpoint {
    const checkpoint = this.#checkpoints.get(name)
    const known = this.#saved.get(name)
    if (!checkpoint || checkpoint.position !== known?.stepped || checkpoint.incarnation !== known.incarnation)
      throw new JournalCorruptError(this.standing.partition, `the checkpoint of the agent "${name}"`)
    return checkpoint
  }
}
