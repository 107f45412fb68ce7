import { runtimePartition } from '../mail/address.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { Partition } from '../partition/partition.ts'

/** The events of a partition that subscribers were or will be told of, as the journal holds them, after a position. */
export async function* journalled({ address, system }: Partition, after: number): AsyncGenerator<Envelope> {
  for await (const { entries } of system.journal.read(address, after)) {
    for (const entry of entries) {
      if (entry.kind !== 'event' || entry.envelope.seq <= after) continue
      // What agents outside the parties heard of a party was told in that party.
      if (address === runtimePartition && entry.envelope.party !== undefined) continue
      yield entry.envelope
    }
  }
}
