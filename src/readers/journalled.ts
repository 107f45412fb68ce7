import { runtimePartition } from '../mail/address.ts'
import { type Envelope, keyIn } from '../mail/envelope.ts'
import type { Partition } from '../partition/partition.ts'

/** The journalled events of a partition after a position, as subscribers get them. */
export async function* journalled({ address, system }: Partition, after: number): AsyncGenerator<Envelope> {
  for await (const { entries } of system.journal.read(address, after)) {
    for (const entry of entries) {
      if (entry.kind !== 'event' || entry.envelope.seq <= after) continue
      // An event of another partition that agents outside the parties heard is in the journal of that partition too.
      if (address === runtimePartition && keyIn(entry.envelope) !== undefined) continue
      yield entry.envelope
    }
  }
}
