import { dateOf } from '../journal/frame.ts'
import type { InHand, PartitionInfo } from '../journal/journal.ts'
import { type Address, runtimePartition } from '../mail/address.ts'
import type { Storage, Time } from '../partition/system.ts'

/** What the journal says of its last owner: the process that wrote to it last. */
export interface Owner {
  /** All that the journal holds. */
  readonly partitions: readonly PartitionInfo[]
  /** Which of them this runtime is to claim and recover, by their addresses; also `runtime`, whether the journal holds it or not. */
  readonly chosen: ReadonlySet<Address>
  /** The newest epoch of all partitions. */
  readonly epoch: number
  /** The time of its last frame, epoch milliseconds; 0 if unknown. */
  readonly lastMoment: number
  /** The event that it was handing to an agent when it ended. */
  readonly inHand: InHand | undefined
}

/** The owner of an empty journal. */
export const nobody: Owner = { partitions: [], chosen: new Set(), epoch: 0, lastMoment: 0, inHand: undefined }

/** Recalls the last owner of the journal, and chooses what this runtime is to own; nothing if the journal is new. */
export async function recallOwner(system: Storage & Time): Promise<Owner | undefined> {
  const { journal, claims } = system
  const partitions = await journal.partitions()
  if (partitions.length === 0 && !claims.isShared) return undefined
  const epoch = newestEpoch(partitions)
  const addresses = new Set([runtimePartition, ...partitions.map(({ partition }) => partition)])
  const chosen = new Set(await claims.choose([...addresses]))
  // The newest frame says nothing of partitions that belong to several runtimes.
  const moment = claims.isShared ? 0 : await lastMoment(system)
  return { partitions, chosen, epoch, lastMoment: moment, inHand: await journal.inHand?.() }
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
