import { type Address, runtimePartition } from '../mail/address.ts'
import type { Partition } from './partition.ts'

/** Makes a partition reachable for others; the returned function ends that. */
type Open = (partition: Partition) => () => void

/** The partitions that are in this process: the one outside the parties first. */
export class Partitions {
  readonly #byAddress = new Map<Address, Partition>()
  readonly #open: Open | undefined
  readonly #leaving = new Map<Address, () => void>()
  #outside: Partition | undefined

  /** @param open left out while partitions reach each other by reference */
  constructor(open?: Open) {
    this.#open = open
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
    if (!this.#open) return
    this.#leaving.get(partition.address)?.()
    this.#leaving.set(partition.address, this.#open(partition))
  }

  delete(address: Address): void {
    this.#byAddress.delete(address)
    this.#leaving.get(address)?.()
    this.#leaving.delete(address)
  }

  [Symbol.iterator](): IterableIterator<Partition> {
    return this.#byAddress.values()
  }
}
