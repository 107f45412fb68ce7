import { type Address, runtimePartition } from '../mail/address.ts'
import type { Partition } from './partition.ts'

/** The partitions that are in this process: the one outside the parties first. */
export class Partitions {
  readonly #byAddress = new Map<Address, Partition>()
  #outside: Partition | undefined

  /** Where the agents outside the parties live; made with the runtime. */
  get outside(): Partition {
    if (!this.#outside) throw new Error('The partition outside the parties is not made yet.')
    return this.#outside
  }

  at(address: Address): Partition | undefined {
    return this.#byAddress.get(address)
  }

  add(partition: Partition): void {
    if (partition.address === runtimePartition) this.#outside = partition
    this.#byAddress.set(partition.address, partition)
  }

  delete(address: Address): void {
    this.#byAddress.delete(address)
  }

  [Symbol.iterator](): IterableIterator<Partition> {
    return this.#byAddress.values()
  }
}
