import { type Address, type Checkpoint, JournalCorruptError, type Patch, patched, patchesBetween } from '../index.ts'
import type { CheckpointRow, CheckpointWrite } from './protocol.ts'

/** Checkpoints that are longer are not written whole each time, characters. */
const long = 65_536

/** What reading one more change costs, as characters of a checkpoint. */
const changeCosts = 1_000

/** Characters of long checkpoints that are known at once, but for a last one that is longer; of others, the next one is written whole. */
const mostKnown = 67_108_864

/** A long checkpoint, as it can be read back. */
interface Written {
  readonly value: unknown
  /** When it was written whole, characters. */
  readonly length: number
  /** Of what was written since, characters. */
  changes: number
}

/** The long checkpoints of a partition. */
interface Known {
  readonly agents: Map<string, Written>
  /** Up to which position they are known, durable or not. */
  end: number
}

/**
 * What is to be written of checkpoints: all of one, or where that is long, what has changed since it was last written. When the
 * changes have become as long as the whole, the whole is written again, so that reading takes twice as long at most.
 */
export class WrittenCheckpoints {
  readonly #known = new Map<Address, Known>()
  /** Of all that are known, characters. */
  #length = 0

  /**
   * @param expected the position that an append of these goes on from: if that is not where the one before ends, one of them is
   *   refused, and nobody knows which
   * @param end where it ends
   */
  of(
    partition: Address,
    expected: number,
    end: number,
    checkpoints: ReadonlyMap<string, Checkpoint | undefined>,
  ): readonly CheckpointWrite[] {
    const before = this.#known.get(partition)
    if (before && before.end !== expected) this.forget(partition)
    const writes = Array.from(checkpoints, ([agent, one]) => this.#writeOf(partition, agent, one))
    const after = this.#known.get(partition)
    if (after) after.end = end
    return writes
  }

  #writeOf(partition: Address, agent: string, checkpoint: Checkpoint | undefined): CheckpointWrite {
    const known = this.#known.get(partition)?.agents.get(agent)
    if (!checkpoint) {
      this.#drop(partition, agent)
      return [agent, 'whole', undefined]
    }
    const { incarnation, position, definition, snapshot } = checkpoint
    const value = { incarnation, position, definition, snapshot }
    if (known) {
      const patches = patchesBetween(known.value, value)
      const body = JSON.stringify(patches)
      known.changes += body.length + changeCosts
      if (known.changes < known.length) {
        patched(known.value, patches)
        return [agent, 'change', body]
      }
      this.#drop(partition, agent)
    }
    const body = JSON.stringify(value)
    if (body.length > long) this.#keep(partition, agent, value, body.length)
    return [agent, 'whole', body]
  }

  /** Nobody knows what was written of a partition. */
  forget(partition: Address): void {
    for (const { length } of this.#known.get(partition)?.agents.values() ?? []) this.#length -= length
    this.#known.delete(partition)
  }

  #keep(partition: Address, agent: string, whole: object, length: number): void {
    this.#length += length
    for (const oldest of this.#known.keys()) {
      if (this.#length <= mostKnown) break
      this.forget(oldest)
    }
    const known = this.#known.get(partition) ?? { agents: new Map<string, Written>(), end: 0 }
    this.#known.set(partition, known)
    // A copy, because what an agent has may change in place.
    known.agents.set(agent, {
      value: patched(undefined, [{ op: 'replace', path: [], value: whole }]),
      length,
      changes: 0,
    })
  }

  #drop(partition: Address, agent: string): void {
    const agents = this.#known.get(partition)?.agents
    const known = agents?.get(agent)
    if (!agents || !known) return
    agents.delete(agent)
    this.#length -= known.length
    if (agents.size === 0) this.#known.delete(partition)
  }
}

/** The checkpoint that is the last one of an agent. @throws JournalCorruptError */
export function checkpointIn(partition: Address, [agent, body, changes]: CheckpointRow): Checkpoint {
  const patches = changes.flatMap((change): readonly Patch[] => JSON.parse(change))
  const checkpoint: Checkpoint = JSON.parse(body)
  try {
    // No change is of all of it.
    patched(checkpoint, patches)
  } catch {
    throw new JournalCorruptError(partition, `the checkpoint of "${agent}"`)
  }
  return checkpoint
}
