import { type Address, runtimePartition } from '../mail/address.ts'
import type { Partition } from './partition.ts'

/** How messages reach the partitions. */
interface Reach {
  /** Makes a partition reachable for others; the returned function ends that. */
  open(partition: Partition): () => void
  /** Whether this runtime owns a partition. Another runtime gets the messages for every other partition. */
  isOwned(address: Address): boolean
}

/** The partitions that are in this process: the one outside the parties first. */
export class Partitions {
  readonly #byAddress = new Map<Address, Partition>()
  readonly #reach: Reach | undefined
  readonly #leaving = new Map<Address, () => void>()
  #outside: Partition | undefined

  /** @param reach left out while partitions reach each other by reference */
  constructor(reach?: Reach) {
    this.#reach = reach
  }

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
    this.#close(partition.address)
    this.open(partition.address)
  }

  /** Makes a partition reachable, if it is here and this runtime owns it. */
  open(address: Address): void {
    const partition = this.#byAddress.get(address)
    if (partition && this.#reach?.isOwned(address) && !this.#leaving.has(address))
      this.#leaving.set(address, this.#reach.open(partition))
  }

  delete(address: Address): void {
    this.#byAddress.delete(address)
    this.#close(address)
  }

  #close(address: Address): void {
    this.#leaving.get(address)?.()
    this.#leaving.delete(address)
  }

  [Symbol.iterator](): IterableIterator<Partition> {
    return this.#byAddress.values()
  }
}
