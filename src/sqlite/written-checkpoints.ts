import { type Address, type Checkpoint, JournalCorruptError, type Patch, patched, patchesBetween } from '../index.ts'
import type { CheckpointRow, CheckpointWrite } from './protocol.ts'

/** Characters. Of a longer checkpoint, only the changes are written. */
const long = 65_536

/** The cost of reading one more change, in characters of a checkpoint. */
const changeCosts = 1_000

/**
 * Most characters of long checkpoints in memory; the last checkpoint may exceed it. A checkpoint that is not in memory is written
 * whole the next time.
 */
const mostKnown = 67_108_864

/** A long checkpoint, as the journal would give it back. */
interface Written {
  readonly value: unknown
  /** Characters of the last whole write. */
  readonly length: number
  /** Characters of the changes that were written since. */
  changes: number
}

/** The long checkpoints of a partition. */
interface Known {
  readonly agents: Map<string, Written>
  /** The position up to which they are known, durable or not. */
  end: number
}

/**
 * Decides what to write of a checkpoint: the whole, or for a long checkpoint only the changes since the last write. When the
 * changes are as long as the whole, the whole is written again. So reading takes at most twice as long.
 */
export class WrittenCheckpoints {
  readonly #known = new Map<Address, Known>()
  /** Characters of all known checkpoints. */
  #length = 0

  /**
   * @param expected the position after which these checkpoints are appended. If it is not the end of the append before, the
   *   journal refuses one of the two appends, and it is unknown which
   * @param end the position at which this append ends
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

  /** Forgets a partition, because it is unknown which of its checkpoints were written. */
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
    // A copy, because the agent may change its own object in place.
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

/** The last checkpoint of an agent, read back. @throws JournalCorruptError */
export function checkpointIn(partition: Address, [agent, body, changes]: CheckpointRow): Checkpoint {
  const patches = changes.flatMap((change): readonly Patch[] => JSON.parse(change))
  const checkpoint: Checkpoint = JSON.parse(body)
  try {
    // No change replaces the whole checkpoint, so the result is in `checkpoint`.
    patched(checkpoint, patches)
  } catch {
    throw new JournalCorruptError(partition, `the checkpoint of "${agent}"`)
  }
  return checkpoint
}
