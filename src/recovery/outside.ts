import { Standing } from '../journal/fold/standing.ts'
import type { PartitionInfo } from '../journal/journal.ts'
import { PartitionOwnedError } from '../journal/ownership.ts'
import { type Recalled, recall } from '../journal/recall.ts'
import { keyOf, runtimePartition } from '../mail/address.ts'
import { GaveUpError } from '../supervision/restart-intensity.ts'
import { recordedCause } from '../thrown.ts'
import type { RecoveryNeeds } from './needs.ts'
import type { Owner } from './owner.ts'
import { claimed, restoreAgents, takeOver } from './restore.ts'

/** What the journal says of the agents outside the parties, and the epoch under which this runtime writes of them. */
export interface RecalledOutside {
  readonly epoch: number
  readonly recalled: Recalled | undefined
}

/** Recalls the agents outside the parties, if there were any. @throws PartitionOwnedError */
export async function recallOutside({ system }: RecoveryNeeds, owner: Owner): Promise<RecalledOutside> {
  const { claims, journal } = system
  const info = owner.partitions.find(({ partition }) => partition === runtimePartition)
  if (!owner.chosen.has(runtimePartition))
    throw new PartitionOwnedError(runtimePartition, claims.ownerOf(runtimePartition))
  const { epoch } = await claims.claim(runtimePartition, info?.epoch ?? owner.epoch)
  const recalled = info && (await recall(journal, info))
  return { epoch, recalled: recalled && { ...recalled, epoch } }
}

/** Restores the agents outside the parties. */
export async function restoreOutside(
  needs: RecoveryNeeds,
  owner: Owner,
  { epoch, recalled }: RecalledOutside,
): Promise<void> {
  const { outside, crew, tree } = needs
  if (!recalled) {
    // Each owner gets an epoch of its own, even if no party can be restored.
    outside.frames.continue({ epoch, position: 0 }, new Standing(runtimePartition))
    outside.append({ kind: 'recovery' }, [{ kind: 'recovered', seq: outside.nextSeq(), ...claimed(outside) }])
    return
  }
  const { standing } = recalled
  const { gaveUp } = standing.life
  takeOver(outside, recalled, owner.lastMoment)
  const how = { inHand: owner.inHand, isWhole: false, isRetried: false }
  restoreAgents(needs, { partition: outside, crew, tree, former: [] }, recalled, how)
  await forgetDeleted(needs, owner.partitions, standing)
  if (gaveUp) {
    const { agent, restarts, within, error } = gaveUp
    outside.reportError(
      'error',
      new GaveUpError(agent, { restarts, within, lastError: error }, recordedCause(gaveUp)),
      agent,
    )
  }
}

/** Forgets partitions that were deleted: the last process may have ended before it recorded that. */
async function forgetDeleted(
  { outside }: RecoveryNeeds,
  partitions: readonly PartitionInfo[],
  { partitionsKnown }: Standing,
): Promise<void> {
  const there = new Set(partitions.map(({ partition }) => partition))
  const gone = partitionsKnown.filter(partition => !there.has(partition))
  if (gone.length === 0) return
  const forgotten = gone.map(one => ({ kind: 'forgotten' as const, seq: outside.nextSeq(), party: keyOf(one) }))
  outside.append({ kind: 'supervision' }, forgotten)
  await outside.watermark.reached()
}
