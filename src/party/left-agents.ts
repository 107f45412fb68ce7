import type { Snapshot } from 'xstate'
import type { Actor } from '../actor/actor.ts'
import { addressOf } from '../actor/address.ts'
import type { Agent } from '../actor/agent.ts'
import { TroupeError } from '../errors.ts'
import { type Checkpoint, JournalCorruptError } from '../journal/journal.ts'
import type { AgentStanding, Standing } from '../journal/standing.ts'
import type { Recalled } from './recall.ts'
import type { Returned, Returning } from './returning.ts'

/** The agents of a partition that another owner has left, and the definitions that the program has of them. */
export class LeftAgents implements Returning {
  readonly standing: Standing
  readonly #checkpoints: ReadonlyMap<string, Checkpoint>
  readonly #definitions: ReadonlyMap<string, Agent>
  readonly #isWhole: boolean
  readonly #left: Map<string, AgentStanding>

  /** @param isWhole whether it comes back with all of them or not at all */
  constructor({ standing, checkpoints }: Recalled, definitions: readonly Agent[], isWhole: boolean) {
    this.standing = standing
    this.#checkpoints = checkpoints
    this.#definitions = new Map(definitions.map(agent => [agent.name, agent]))
    this.#isWhole = isWhole
    this.#left = new Map(
      [...standing.agents].filter(([, { gone, incarnation }]) => gone === undefined && incarnation > 0),
    )
  }

  agentOf(name: string): Agent | undefined {
    const { definition } = this.standing.agents.get(name) ?? { definition: '' }
    return this.#definitions.get(definition)
  }

  has(name: string): boolean {
    return this.#left.has(name)
  }

  isGone(name: string): boolean {
    return this.standing.agents.get(name)?.gone !== undefined
  }

  missing(name: string): void {
    const { definition } = this.standing.agents.get(name) ?? { definition: '' }
    if (this.#isWhole) throw new AgentUnknownError(addressOf(this.standing.partition, name), definition)
  }

  take(actor: Actor): Returned | undefined {
    const known = this.#left.get(actor.name)
    if (!known) return undefined
    const checkpoint = this.#checkpoints.get(actor.name)
    if (checkpoint?.position !== known.stepped || checkpoint.incarnation !== known.incarnation)
      throw new JournalCorruptError(this.standing.partition, `the checkpoint of the agent "${actor.name}"`)
    this.#left.delete(actor.name)
    return { incarnation: known.incarnation, snapshot: checkpoint.snapshot as Snapshot<unknown> }
  }
}

/** The journal holds an agent that the program does not have any more. */
export class AgentUnknownError extends TroupeError {
  readonly code = 'AGENT_UNKNOWN'
  readonly address: string
  readonly definition: string
  constructor(address: string, definition: string) {
    super(
      `The journal holds "${address}", an agent "${definition}" that this program does not have. List it in createRuntime({ registered: [...] }), and retry its party.`,
    )
    this.address = address
    this.definition = definition
  }
}
