import type { Actor } from '../actor/actor.ts'
import type { Agent } from '../agent/agent.ts'
import { definitionOf } from '../agent/identity.ts'
import { deepFrozen } from '../events/json.ts'
import type { AgentChange, Entry, GoneReason } from '../journal/frame.ts'
import type { Partition } from '../partition/partition.ts'
import { copyOf } from '../values/copy.ts'
import { encoded } from '../values/json.ts'

/** What the journal holds about the agents of a partition. */
export class AgentRecords {
  readonly #partition: Partition
  /** The definitions that the journal knows. */
  readonly #known = new Set<string>()

  constructor(partition: Partition) {
    this.#partition = partition
  }

  /** Notes definitions that the journal has from another owner. */
  know(definitions: Iterable<string>): void {
    for (const definition of definitions) this.#known.add(definition)
  }

  /** Appends that mail may wait for these agents from now on. A single agent needs no entry: its `starting` entry names it. */
  declared(actors: readonly Actor[], first: readonly Entry[]): void {
    const entries = [...first]
    for (const actor of actors.length > 1 ? actors : [])
      entries.push(...this.#definition(actor.agent), this.#change(actor, 'declared'))
    if (entries.length > 0) this.#partition.append({ kind: 'supervision' }, entries)
  }

  /** The entries for the start of an incarnation: its definition, unless the journal knows it, and the start. */
  starting(actor: Actor) {
    const [definition] = this.#definition(actor.agent)
    return { definition, change: this.#change(actor, actor.incarnation === 1 ? 'starting' : 'restarting') }
  }

  /** Appends the migrated machine of an agent, so that the migration is not run again. */
  migrated(actor: Actor, snapshot: unknown): void {
    const { agent, name, incarnation } = actor
    const checkpoint = { incarnation, definition: definitionOf(agent), snapshot }
    const entries = [...this.#definition(agent), this.#change(actor, 'migrated')]
    const checkpoints = (position: number) => new Map([[name, { ...checkpoint, position }]])
    this.#partition.frames.append({ kind: 'recovery' }, entries, [], undefined, checkpoints)
  }

  /** The entry for an agent that has stopped for good. */
  stopped(actor: Actor, reason: GoneReason): Entry {
    const { address: agent, incarnation } = actor
    const gone = {
      kind: 'agent' as const,
      seq: this.#partition.nextSeq(),
      agent,
      incarnation,
      what: 'stopped' as const,
    }
    return { ...gone, reason, ...(reason === 'done' && this.outputOf(actor)) }
  }

  /** The output of a machine that is done, as the journal holds it; nothing if it cannot be read any more. */
  outputOf({ address, ref }: Actor): { readonly output?: unknown } {
    const output: unknown = ref?.getSnapshot().output
    if (output === undefined) return {}
    try {
      return { output: deepFrozen(encoded(copyOf(output))) }
    } catch (error) {
      // The step has checked it, but a getter in it returns something else now.
      this.#partition.reportError('error', error, address)
      return {}
    }
  }

  /** The entry for a definition, unless the journal knows it already. */
  #definition(agent: Agent): readonly Entry[] {
    const definition = definitionOf(agent)
    if (this.#known.has(definition)) return []
    this.#known.add(definition)
    const hears = agent.hears.map(({ type }) => type)
    return [{ kind: 'definition', seq: this.#partition.nextSeq(), definition, hears }]
  }

  #change({ agent, address, incarnation, input, under }: Actor, what: AgentChange) {
    const entry = { kind: 'agent' as const, seq: this.#partition.nextSeq(), agent: address, incarnation, what }
    if (what === 'restarting') return entry
    const whole = { ...entry, definition: definitionOf(agent), under }
    return input === agent.input ? whole : { ...whole, input: encoded(input) }
  }
}
