import { crc32 } from 'node:zlib'
import type { Address } from '../index.ts'

/** Number of counters. With more partitions, several share a counter. */
const counts = 4_096

/** Counts the appends to each partition. Partitions may share a counter, which then grows too often. */
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
