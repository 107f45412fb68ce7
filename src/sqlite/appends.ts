import { crc32 } from 'node:zlib'
import type { Address } from '../index.ts'

/** Of each so many partitions, some share a count. */
const counts = 4_096

/** How often something was appended to each partition, or to one that shares its count. */
export class Appends {
  readonly #counts = new Uint32Array(counts)

  count(partition: Address): void {
    const place = placeOf(partition)
    this.#counts[place] = this.to(partition) + 1
  }

  to(partition: Address): number {
    return this.#counts[placeOf(partition)] ?? 0
  }
}

function placeOf(partition: Address): number {
  return crc32(partition) % counts
}
