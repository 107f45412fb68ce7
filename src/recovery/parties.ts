import type { PartitionInfo } from '../journal/journal.ts'
import { type Recalled, recall } from '../journal/recall.ts'
import type { Envelope } from '../mail/envelope.ts'
import type { RecoveryNeeds, SavedPartition } from './needs.ts'
import { type Before, restoreAgents, takeOver } from './restore.ts'
import { type Hearing, UnheardEvents } from './unheard.ts'

/** How many parties are recalled at the same time. */
const atOnce = 32

/** What the journal says of a party. */
export interface RecalledParty {
  readonly party: SavedPartition
  readonly recalled: Recalled
  /** Events of the party that agents outside the parties have yet to hear. */
  readonly unheard: readonly Envelope[]
}

/** A recalled party, and whether its agents could be restored. */
export interface RestoredParty extends RecalledParty {
  /** Whether its agents are restored; the agents of a party that failed are not. */
  readonly isRestored: boolean
  /** Whether it was quarantined, because it cannot be restored. */
  readonly isQuarantined: boolean
}

/** Recalls and restores parties, several at the same time; a party that cannot be recalled is quarantined and left out. */
export async function restoreParties(
  needs: RecoveryNeeds,
  parties: readonly PartitionInfo[],
  before: Before,
  hearing: Hearing,
): Promise<readonly RestoredParty[]> {
  const restored: RestoredParty[] = []
  const rest = parties.values()
  const work = async () => {
    for (const info of rest) {
      const recalled = await recallParty(needs, info, hearing)
      if (recalled) restored.push(restoreParty(needs, recalled, before, { isRetry: false }))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return restored
}

/** Recalls a party, or quarantines it. */
export async function recallParty(
  { system, saved, imported, quarantine }: RecoveryNeeds,
  info: PartitionInfo,
  hearing: Hearing,
): Promise<RecalledParty | undefined> {
  try {
    const { epoch } = await system.claims.claim(info.partition, info.epoch)
    system.claims.checkOwned(info.partition)
    const party = saved(info.partition)
    const unheard = new UnheardEvents(hearing)
    const recalled = await recall(system.journal, info, party.state, frame => unheard.take(frame))
    if (unheard.importedAt !== undefined) await imported(info.partition, unheard.importedAt)
    return { party, recalled: { ...recalled, epoch }, unheard: unheard.events }
  } catch (error) {
    quarantine(info.partition, error)
    return undefined
  }
}

/**
 * Restores the agents of a party, or quarantines it.
 *
 * @param how `isRetry`: whether the application retries the party after its supervisor gave up
 */
export function restoreParty(
  needs: RecoveryNeeds,
  { party, recalled, unheard }: RecalledParty,
  { lastMoment, inHand }: Before,
  { isRetry }: { readonly isRetry: boolean },
): RestoredParty {
  const { standing } = recalled
  const isRetried = isRetry && standing.birth === 'failed'
  const restored = { party, recalled, unheard, isQuarantined: false }
  try {
    if (isRetried) standing.birth = 'started'
    takeOver(party.partition, recalled, lastMoment)
    if (standing.birth === 'failed') return { ...restored, isRestored: false }
    restoreAgents(needs, party, recalled, { inHand, isWhole: true, isRetried })
    party.restored()
    return { ...restored, isRestored: true }
  } catch (error) {
    needs.quarantine(party.partition.address, error)
    return { ...restored, isRestored: false, isQuarantined: true }
  }
}
