import type { Actor } from '../actor/actor.ts'
import type { Agent } from '../agent/agent.ts'
import type { MachineEditedError } from '../agent/edited.ts'
import { readIdentity } from '../agent/identity.ts'
import { MachineUnknownError, type Restorable, restorable } from '../agent/restorable.ts'
import type { AgentStanding } from '../journal/agent-standing.ts'
import { type Checkpoint, JournalCorruptError } from '../journal/journal.ts'
import type { Recalled } from '../journal/recall.ts'
import type { Standing } from '../journal/standing.ts'
import type { Returned, Returning } from '../lifecycle/returning.ts'
import { type Origin, originIn } from '../mail/handled.ts'
import { decoded } from '../values/json.ts'

/** How the agents of a partition come back. */
export interface LeftOptions {
  /** Whether it comes back with all of them or not at all. */
  readonly isWhole: boolean
  /** Whether somebody retries it after its supervisor gave up. */
  readonly isRetried: boolean
  /** Whether machines that were edited go on where they still fit. */
  readonly development: boolean
  /** One of these does. */
  edited(warning: MachineEditedError): void
}

/** The agents of a partition that another owner has left, and the definitions that the program has of them. */
export class LeftAgents implements Returning {
  standing: Standing
  /** Of those that are yet to come back: one of a journal in memory holds all of the partition that its agent was in. */
  readonly #checkpoints: Map<string, Checkpoint>
  readonly #definitions: readonly Agent[]
  readonly #options: LeftOptions
  readonly #left: Map<string, AgentStanding>
  readonly #restorable = new Map<string, Restorable>()

  constructor({ standing, checkpoints }: Recalled, definitions: readonly Agent[], options: LeftOptions) {
    this.standing = standing
    this.#definitions = definitions
    this.#options = options
    const left = [...standing.agents].filter(([, { gone, incarnation }]) => gone === undefined && incarnation > 0)
    this.#left = new Map(left)
    this.#checkpoints = new Map([...checkpoints].filter(([name]) => this.#left.has(name)))
  }

  has(name: string): boolean {
    return this.#left.has(name)
  }

  atWork(): ReadonlySet<string> {
    const names = [...this.#left.values()].flatMap(({ name, under }) => {
      const { mail, timers, fired, works } = this.standing.agents.get(name) ?? {}
      const own = mail?.size || timers?.size || fired?.size || works?.size ? [name] : []
      return this.standing.pools.get(under)?.size ? [...own, under] : own
    })
    return new Set(names)
  }

  under(pool: string): readonly string[] {
    return [...this.#left.values()].filter(({ under }) => under === pool).map(({ name }) => name)
  }

  awaits(name: string): boolean {
    return [...this.#left.values()].some(one => one.name === name || one.under === name)
  }

  /** Whether it is not to go on where it was, because its supervisor gave up. */
  #beginsAnew(name: string): boolean {
    const known = this.standing.agents.get(name)
    return known?.beginsAnew || (this.#options.isRetried && known?.failure !== undefined)
  }

  isGone(name: string): boolean {
    const gone = this.standing.agents.get(name)?.gone
    // Outside the parties a start is a new beginning for those whose supervisor gave up.
    return gone !== undefined && (this.#options.isWhole || gone !== 'escalated')
  }

  failedOn(name: string): Origin | undefined {
    const { on: causationid, correlation = causationid } = this.standing.agents.get(name)?.failure ?? {}
    if (correlation === undefined) return undefined
    return originIn({ correlationid: correlation, ...(causationid !== undefined && { causationid }) })
  }

  chosen(name: string, current: Agent): Agent {
    return this.#left.has(name) && !this.#beginsAnew(name) ? this.#restored(name, current).agent : current
  }

  agentOf(name: string): Agent | undefined {
    try {
      return this.#restored(name, undefined).agent
    } catch (error) {
      // Outside the parties, whoever spawned it may do so again.
      if (!this.#options.isWhole && error instanceof MachineUnknownError) return undefined
      throw error
    }
  }

  missing(name: string): void {
    const { definition } = this.standing.agents.get(name) ?? { definition: '' }
    const identity = readIdentity(definition)
    if (this.#options.isWhole && identity) throw new MachineUnknownError(identity)
  }

  take({ name, agent }: Actor): Returned | undefined {
    const known = this.#left.get(name)
    if (!known) return undefined
    const { incarnation } = known
    const restored = this.#beginsAnew(name) ? undefined : this.#restored(name, agent)
    this.#left.delete(name)
    this.#checkpoints.delete(name)
    this.#restorable.delete(name)
    const input = known.input === undefined ? agent.input : decoded(known.input)
    return { incarnation, input, snapshot: restored?.snapshot, isMigrated: restored?.migratedFrom !== undefined }
  }

  #restored(name: string, current: Agent | undefined): Restorable {
    const known = this.#restorable.get(name)
    if (known) return known
    const { development } = this.#options
    const given = this.#left.get(name)?.input
    const input = given === undefined ? undefined : decoded(given)
    const found = restorable(this.#checkpointOf(name), { current, registered: this.#definitions, development, input })
    this.#restorable.set(name, found)
    if (found.edited) this.#options.edited(found.edited)
    return found
  }

  #checkpointOf(name: string): Checkpoint {
    const checkpoint = this.#checkpoints.get(name)
    const known = this.#left.get(name)
    if (!checkpoint || checkpoint.position !== known?.stepped || checkpoint.incarnation !== known.incarnation)
      throw new JournalCorruptError(this.standing.partition, `the checkpoint of the agent "${name}"`)
    return checkpoint
  }
}
