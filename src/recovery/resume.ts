import type { SavedRequests } from '../journal/fold/answers.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { Recalled } from '../journal/recall.ts'
import type { Address } from '../mail/address.ts'
import { frozenLetter } from '../mail/dead-letters.ts'
import { frozenEnvelope } from '../mail/envelope.ts'
import { guard, type RecoveryNeeds } from './needs.ts'
import type { RestoredPartition } from './partitions.ts'
import { eventsIn } from './unheard.ts'

/** Most frames from which the history of the bus is restored. */
const mostFrames = 1_000

/** Restores the history of the bus. If that fails, recovery goes on without it. */
export async function restoreHistory({ system, outside }: RecoveryNeeds): Promise<void> {
  try {
    const newest = await system.journal.newest(mostFrames)
    for (const envelope of eventsIn(newest.filter(({ partition }) => system.claims.isOwned(partition))))
      system.bus.remember(frozenEnvelope(envelope))
  } catch (error) {
    outside.reportError('warning', error)
  }
}

/** How the restored partitions stood, by their addresses. */
export type Standings = ReadonlyMap<Address, Standing>

/** How the partitions stood whose agents are restored. */
export function standingsOf(partitions: readonly RestoredPartition[]): Map<Address, Standing> {
  const restored = partitions.filter(({ isRestored }) => isRestored)
  return new Map(restored.map(({ recalled: { standing } }) => [standing.partition, standing]))
}

/** What the journal says of requests to agents of partitions. The agents of a partition that is away may have answered before. */
export function requestsOf(partitions: readonly RestoredPartition[]): Map<Address, Standing> {
  return new Map(partitions.map(({ recalled: { standing } }) => [standing.partition, standing]))
}

/** Asks that wait for an agent of a restored partition find it, and what it has answered before. */
export function findCallees({ system }: RecoveryNeeds, requests: SavedRequests): void {
  for (const retry of [...system.awaitingCallee]) retry(requests)
}

/**
 * Resumes the work of the agents of partitions, and delivers to agents outside the parties the events that they have not heard.
 * Returns the partitions that go on.
 */
export function resumePartitions(
  needs: RecoveryNeeds,
  partitions: readonly RestoredPartition[],
  requests: SavedRequests,
): readonly RestoredPartition[] {
  const resumed: RestoredPartition[] = []
  for (const restored of partitions) {
    const { saved, recalled, unheard, isQuarantined } = restored
    if (isQuarantined) continue
    guard(needs, saved.partition, () => {
      // While other partitions were restored, its supervisor may have given up, or its journal may have failed.
      if (!saved.crew.stopped) {
        saved.resume(recalled, requests)
        resumed.push(restored)
        saved.recovered()
      }
      for (const envelope of unheard) needs.outside.hear(envelope)
    })
  }
  return resumed
}

/** All work goes on: work that agents do for an ask ends with that ask. */
export function bindToAsks(needs: RecoveryNeeds, partitions: readonly RestoredPartition[]): void {
  for (const { saved } of partitions) guard(needs, saved.partition, () => saved.bindToAsks())
}

/** Resumes the schedules of the restored partitions, and makes the dead letters of all recalled partitions readable. */
export function resumeTheRest(needs: RecoveryNeeds, recalled: readonly Recalled[], standings: Standings): void {
  const { system, schedules } = needs
  system.deadLetters.restore(recalled.flatMap(({ standing }) => Array.from(standing.dead, frozenLetter)))
  for (const partition of system.partitions()) {
    const standing = standings.get(partition.address)
    if (standing) guard(needs, partition, () => schedules.resume(partition, standing))
    partition.asksElsewhere.allAdded()
  }
}
