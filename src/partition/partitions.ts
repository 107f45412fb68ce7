import { type Address, partitionOf, runtimePartition } from '../mail/address.ts'
import type { Partition } from './partition.ts'

/** The partitions that are in this process: the one outside the parties first, then one for each party. */
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

  /** The partition of a party, or the one outside all parties. */
  of(party: string | undefined): Partition | undefined {
    return party === undefined ? this.#outside : this.#byAddress.get(partitionOf(party))
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
