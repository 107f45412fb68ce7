import type { Partition } from '../partition/partition.ts'
import type { Crew } from './crew.ts'

/** The partition of an agent or a pool, and its crew. A party has new ones once it is recovered. */
export interface Whereabouts {
  readonly partition: Partition
  readonly crew: Crew
  /** @throws why the agents there take no work */
  checkOpen(): void
  /** @throws why no agent there can be stopped for good: the agents may be recovered */
  checkStoppable(): void
}

/** An agent or a pool: found again by its name once its party was recovered. */
export class Found<T extends { readonly name: string }> {
  readonly #place: Whereabouts
  readonly #find: (partition: Partition, name: string) => T | undefined
  #partition: Partition
  #known: T

  constructor(place: Whereabouts, known: T, find: (partition: Partition, name: string) => T | undefined) {
    this.#place = place
    this.#partition = place.partition
    this.#known = known
    this.#find = find
  }

  get now(): T {
    const { partition } = this.#place
    const again = partition === this.#partition ? undefined : this.#find(partition, this.#known.name)
    if (again) {
      this.#partition = partition
      this.#known = again
    }
    return this.#known
  }
}
