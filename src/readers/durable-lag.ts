import { TroupeError } from '../errors.ts'
import { type Address } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'

/** A durable name that is more positions behind in a partition keeps too many frames from being pruned, and is reported. */
const mostBehind = 10_000
/** After this many positions, a partition is checked again. */
const betweenChecks = 1_000

/** Reports durable names that are far behind, each once until it has caught up. */
export class DurableLag {
  /** The position at which each partition was checked last. */
  readonly #checked = new Map<Address, number>()
  /** The names that were reported, and the partition of each. */
  readonly #lagging = new Map<string, Address>()

  /**
   * A partition is about to be pruned up to a position.
   *
   * @param positionOf gives the position up to which a name has read that partition
   */
  pruning(
    partition: Address,
    upTo: number,
    system: System<Partition>,
    positionOf: (name: string) => Promise<number>,
  ): void {
    if (upTo - (this.#checked.get(partition) ?? 0) < betweenChecks) return
    this.#checked.set(partition, upTo)
    this.#check(partition, upTo, system, positionOf).catch((error: unknown) =>
      system.outside().reportError('error', error),
    )
  }

  async #check(
    partition: Address,
    upTo: number,
    system: System<Partition>,
    positionOf: (name: string) => Promise<number>,
  ): Promise<void> {
    for (const name of await system.journal.readers()) {
      const behind = upTo - (await positionOf(name))
      const isLagging = this.#lagging.has(name)
      if (behind <= mostBehind && this.#lagging.get(name) === partition) this.#lagging.delete(name)
      if (behind <= mostBehind || isLagging) continue
      this.#lagging.set(name, partition)
      system.outside().reportError('warning', new DurableLagError(name, partition, behind))
    }
  }

  forgetName(name: string): void {
    this.#lagging.delete(name)
  }

  forgetPartition(partition: Address): void {
    this.#checked.delete(partition)
    for (const [name, where] of this.#lagging) if (where === partition) this.#lagging.delete(name)
  }
}

/** No subscription reads on under a durable name, so the journal keeps the frames that the name has yet to read. */
export class DurableLagError extends TroupeError {
  readonly code = 'DURABLE_LAG'
  readonly subscriber: string
  readonly partition: Address
  /** How many positions. */
  readonly behind: number
  constructor(name: string, partition: Address, behind: number) {
    super(
      `The durable subscription "${name}" is ${behind} positions behind in "${partition}", so the journal keeps all frames after its position there. Subscribe under that name again, or forget it with bus.forgetDurable("${name}").`,
    )
    this.subscriber = name
    this.partition = partition
    this.behind = behind
  }
}
