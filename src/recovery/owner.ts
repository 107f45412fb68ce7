import { dateOf } from '../journal/frame.ts'
import type { InHand, PartitionInfo } from '../journal/journal.ts'
import type { Storage, Time } from '../partition/system.ts'

/** What the journal says of its last owner: the process that wrote to it last. */
export interface Owner {
  readonly partitions: readonly PartitionInfo[]
  /** The newest epoch of all partitions. */
  readonly epoch: number
  /** The time of its last frame, epoch milliseconds; 0 if unknown. */
  readonly lastMoment: number
  /** The event that it was handing to an agent when it ended. */
  readonly inHand: InHand | undefined
}

/** Recalls the last owner of the journal; nothing if the journal is new. */
export async function recallOwner(system: Storage & Time): Promise<Owner | undefined> {
  const { journal } = system
  const partitions = await journal.partitions()
  if (partitions.length === 0) return undefined
  const epoch = newestEpoch(partitions)
  return { partitions, epoch, lastMoment: await lastMoment(system), inHand: await journal.inHand?.() }
}

/** The time of the newest frame. 0 if that time is in the future, or cannot be read. */
async function lastMoment({ journal, clock }: Storage & Time): Promise<number> {
  try {
    const [newest] = await journal.newest(1)
    const date = newest ? dateOf(newest) : 0
    return date <= clock.now() ? date : 0
  } catch {
    return 0
  }
}

/** More owners than a partition ever has, and far enough below the largest exact number. */
const mostOwners = 2 ** 52

/** The newest epoch. Ignores numbers that no runtime can have written. */
function newestEpoch(partitions: readonly PartitionInfo[]): number {
  const isCount = (epoch: number) => Number.isInteger(epoch) && epoch <= mostOwners
  return partitions.reduce((most, { epoch }) => (isCount(epoch) ? Math.max(most, epoch) : most), 0)
}
