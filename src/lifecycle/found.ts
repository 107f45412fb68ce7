import type { Registry } from '../actor/registry.ts'
import type { TroupeError } from '../errors.ts'
import type { Partition } from '../partition/partition.ts'
import type { Crew } from './crew.ts'

/** The partition of an agent or a pool, and its crew. A party has new ones once it is recovered. */
export interface Whereabouts {
  readonly partition: Partition
  readonly crew: Crew
  /** Its agents and pools; while a party is recovered, those that it had before. */
  readonly registry: Registry
  /** Why no agent and no pool has this name. */
  missing(name: string): TroupeError
  /** @throws why the agents there take no work */
  checkOpen(): void
  /** @throws why no agent there can be stopped for good: the agents may be recovered */
  checkStoppable(): void
}

/** An agent or a pool: found again by its name once its party was recovered. */
export class Found<T extends { readonly name: string }> {
  readonly #place: Whereabouts
  readonly #find: (registry: Registry, name: string) => T | undefined
  #registry: Registry
  #known: T

  constructor(place: Whereabouts, known: T, find: (registry: Registry, name: string) => T | undefined) {
    this.#place = place
    this.#registry = place.registry
    this.#known = known
    this.#find = find
  }

  get now(): T {
    const { registry } = this.#place
    const again = registry === this.#registry ? undefined : this.#find(registry, this.#known.name)
    if (again) {
      this.#registry = registry
      this.#known = again
    }
    return this.#known
  }
}
