import type { SavedRequests } from '../journal/fold/answers.ts'
import type { Standing } from '../journal/fold/standing.ts'
import type { Recalled } from '../journal/recall.ts'
import type { Address } from '../mail/address.ts'
import { frozenLetter } from '../mail/dead-letters.ts'
import { frozenEnvelope } from '../mail/envelope.ts'
import { guard, type RecoveryNeeds } from './needs.ts'
import type { RestoredParty } from './parties.ts'
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

/** How parties stood whose agents are restored. */
export function standingsOf(parties: readonly RestoredParty[]): Map<Address, Standing> {
  const restored = parties.filter(({ isRestored }) => isRestored)
  return new Map(restored.map(({ recalled: { standing } }) => [standing.partition, standing]))
}

/** What the journal says of requests to agents of parties. The agents of a party that is away may have answered before. */
export function requestsOf(parties: readonly RestoredParty[]): Map<Address, Standing> {
  return new Map(parties.map(({ recalled: { standing } }) => [standing.partition, standing]))
}

/** Asks that wait for an agent of a restored party find it, and what it has answered before. */
export function findCallees({ system }: RecoveryNeeds, requests: SavedRequests): void {
  for (const retry of [...system.awaitingCallee]) retry(requests)
}

/**
 * Resumes the work of the agents of parties, and delivers to agents outside the parties the events that they have not heard.
 * Returns the parties that go on.
 */
export function resumeParties(
  needs: RecoveryNeeds,
  parties: readonly RestoredParty[],
  requests: SavedRequests,
): readonly RestoredParty[] {
  const resumed: RestoredParty[] = []
  for (const restored of parties) {
    const { party, recalled, unheard, isQuarantined } = restored
    if (isQuarantined) continue
    guard(needs, party.partition, () => {
      // While other parties were restored, its supervisor may have given up, or its journal may have failed.
      if (!party.crew.stopped) {
        party.resume(recalled, requests)
        resumed.push(restored)
        party.recovered()
      }
      for (const envelope of unheard) needs.outside.hear(envelope)
    })
  }
  return resumed
}

/** All work goes on: work that agents do for an ask ends with that ask. */
export function bindToAsks(needs: RecoveryNeeds, parties: readonly RestoredParty[]): void {
  for (const { party } of parties) guard(needs, party.partition, () => party.bindToAsks())
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
