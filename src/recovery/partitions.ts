import type { PartitionInfo } from '../journal/journal.ts'
import { type Recalled, recall } from '../journal/recall.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { RecoveryNeeds, SavedPartition } from './needs.ts'
import { type Before, restoreAgents, takeOver } from './restore.ts'
import { type Hearing, UnheardEvents } from './unheard.ts'

/** How many partitions are recalled at the same time. */
const atOnce = 32

/** What the journal says of a party, or of a partition of another kind. */
export interface RecalledPartition {
  readonly saved: SavedPartition
  readonly recalled: Recalled
  /** Events of the partition that agents outside the parties have yet to hear. */
  readonly unheard: readonly Envelope[]
}

/** A recalled partition, and whether its agents could be restored. */
export interface RestoredPartition extends RecalledPartition {
  /** Whether its agents are restored; the agents of a partition that failed are not. */
  readonly isRestored: boolean
  /** Whether it was quarantined, because it cannot be restored. */
  readonly isQuarantined: boolean
}

/** Recalls and restores partitions, several at the same time. Leaves out those that cannot be recalled: they are quarantined. */
export async function restorePartitions(
  needs: RecoveryNeeds,
  partitions: readonly PartitionInfo[],
  before: Before,
  hearing: Hearing,
): Promise<readonly RestoredPartition[]> {
  const restored: RestoredPartition[] = []
  const rest = partitions.values()
  const work = async () => {
    for (const info of rest) {
      const recalled = await recallPartition(needs, info, hearing)
      if (recalled) restored.push(restorePartition(needs, recalled, before, { isRetry: false }))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return restored
}

/** Recalls a partition, or quarantines it. */
export async function recallPartition(
  needs: RecoveryNeeds,
  info: PartitionInfo,
  hearing: Hearing,
): Promise<RecalledPartition | undefined> {
  const { system, imported, quarantine } = needs
  try {
    const { epoch } = await system.claims.claim(info.partition, info.epoch)
    system.claims.checkOwned(info.partition)
    const saved = needs.saved(info.partition)
    const unheard = new UnheardEvents(hearing)
    const recalled = await recall(system.journal, info, saved.state, frame => unheard.take(frame))
    if (unheard.importedAt !== undefined) await imported(info.partition, unheard.importedAt)
    return { saved, recalled: { ...recalled, epoch }, unheard: unheard.events }
  } catch (error) {
    quarantine(info.partition, error)
    return undefined
  }
}

/**
 * Restores the agents of a partition, or quarantines it.
 *
 * @param how `isRetry`: whether the application retries the partition after its supervisor gave up
 */
export function restorePartition(
  needs: RecoveryNeeds,
  { saved, recalled, unheard }: RecalledPartition,
  { lastMoment, inHand }: Before,
  { isRetry }: { readonly isRetry: boolean },
): RestoredPartition {
  const { standing } = recalled
  const isRetried = isRetry && standing.life.birth === 'failed'
  const restored = { saved, recalled, unheard, isQuarantined: false }
  try {
    if (isRetried) standing.life.birth = 'started'
    takeOver(saved.partition, recalled, lastMoment)
    if (standing.life.birth === 'failed') return { ...restored, isRestored: false }
    restoreAgents(needs, saved, recalled, { inHand, isWhole: true, isRetried })
    saved.restored()
    return { ...restored, isRestored: true }
  } catch (error) {
    needs.quarantine(saved.partition.address, error)
    return { ...restored, isRestored: false, isQuarantined: true }
  }
}
