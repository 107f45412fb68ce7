import type { Standing } from '../journal/fold/standing.ts'
import { JournalCorruptError } from '../journal/journal.ts'
import { PartitionOwnedError } from '../journal/ownership.ts'
import { type Recalled, recall } from '../journal/recall.ts'
import { type Address, runtimePartition } from '../mail/address.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { RecoveryNeeds } from './needs.ts'
import { recallOutside, restoreOutside } from './outside.ts'
import type { Owner } from './owner.ts'
import { type RecalledPartition, recallPartition, restorePartition, restorePartitions } from './partitions.ts'
import {
  bindToAsks,
  findCallees,
  requestsOf,
  restoreHistory,
  resumePartitions,
  resumeTheRest,
  type Standings,
  standingsOf,
} from './resume.ts'
import { hearingOf } from './unheard.ts'

// The phases of recovery, in order. A phase is a function from what it needs to what it gives. To *recall* is to read what the
// journal says, to *restore* is to make agents what they were, to *resume* is to go on with their work. No agent gets a turn
// meanwhile.

/** Recovers what this runtime owns of a journal; resolves to whether agents outside the parties were restored. */
export async function recoverAll(needs: RecoveryNeeds, owner: Owner): Promise<boolean> {
  // 1. Recall and restore the agents outside the parties.
  const outside = await recoverOutside(needs, owner)
  const hearing = hearingOf(outside?.standing)

  // 2. Recall and restore the parties and the partitions of other kinds, and the history of the bus.
  const partitions = owner.partitions.filter(
    ({ partition }) => partition !== runtimePartition && owner.chosen.has(partition),
  )
  const restored = await restorePartitions(needs, partitions, owner, hearing)
  leaveOthers(needs, owner)
  await restoreHistory(needs)

  // 3. Resume their work, and the asks that wait for their agents; then bind work that was done for an ask to that ask.
  const requests = requestsOf(restored)
  if (outside) requests.set(runtimePartition, outside.standing)
  const resumed = resumePartitions(needs, restored, requests)
  if (outside) needs.crew.resume(requests)
  findCallees(needs, requests)
  bindToAsks(needs, resumed)
  if (outside) needs.crew.restoring.bindToAsks()

  // 4. Resume what agents do not wait for.
  const standings = standingsOf(restored)
  if (outside) standings.set(runtimePartition, outside.standing)
  const recalled = restored.map(one => one.recalled)
  resumeTheRest(needs, outside ? [outside, ...recalled] : recalled, standings)
  return outside !== undefined
}

/** Notes the partitions that this runtime has not chosen. */
function leaveOthers({ system, elsewhere }: RecoveryNeeds, { partitions, chosen }: Owner): void {
  for (const { partition } of partitions)
    if (partition !== runtimePartition && !chosen.has(partition))
      elsewhere(partition, new PartitionOwnedError(partition, system.claims.ownerOf(partition)))
}

/** Recalls and restores the agents outside the parties, if there were any and no other runtime owns them. */
async function recoverOutside(needs: RecoveryNeeds, owner: Owner): Promise<Recalled | undefined> {
  try {
    const outside = await recallOutside(needs, owner)
    await restoreOutside(needs, owner, outside)
    return outside.recalled
  } catch (error) {
    if (!(error instanceof PartitionOwnedError)) throw error
    needs.elsewhere(runtimePartition, error)
    return undefined
  }
}

/** Recovers the agents outside the parties, which another runtime owned; resolves to whether there were any. */
export async function recoverOutsideLate(needs: RecoveryNeeds, owner: Owner): Promise<boolean> {
  const outside = await recoverOutside(needs, owner)
  if (!outside) return false
  const standings = new Map([[runtimePartition, outside.standing]])
  const requests = new Map([...(await recallAsked(needs.system, outside.standing)), ...standings])
  needs.crew.resume(requests)
  findCallees(needs, requests)
  needs.crew.restoring.bindToAsks()
  resumeTheRest(needs, [outside], standings)
  return true
}

/**
 * Recovers one partition that is not in memory, or quarantines it.
 *
 * @param how `isRetry`: whether the application retries the partition after its supervisor gave up
 */
export async function recoverPartition(
  needs: RecoveryNeeds,
  partition: Address,
  inHand: Owner['inHand'],
  how: { readonly isRetry: boolean },
): Promise<void> {
  const { system } = needs
  let recalled: RecalledPartition | undefined
  let standings: Standings = new Map()
  try {
    const partitions = await system.journal.partitions()
    const info = partitions.find(one => one.partition === partition)
    if (!info) throw new JournalCorruptError(partition, 'nothing')

    // 1. Recall what agents outside the parties have heard, and were asked.
    const outside = await recallStanding(needs.outside)

    // 2. Recall and restore the partition.
    recalled = await recallPartition(needs, info, hearingOf(outside))
    if (!recalled) return
    const restored = restorePartition(needs, recalled, { inHand, lastMoment: 0 }, how)
    const standing = standingsOf([restored])

    // 3. Recall what other agents were asked by its agents.
    const asked = await recallAsked(system, standing.get(partition))
    const requests = new Map([[runtimePartition, outside], ...asked, ...standing])

    // 4. Resume its work, and the asks that wait for its agents.
    const resumed = resumePartitions(needs, [restored], requests)
    findCallees(needs, requests)
    bindToAsks(needs, resumed)
    standings = standing
  } catch (error) {
    needs.quarantine(partition, error)
  } finally {
    // 5. Resume what agents do not wait for. The dead letters of a partition that cannot be recovered stay readable.
    resumeTheRest(needs, recalled ? [recalled.recalled] : [], standings)
  }
}

/** Recalls the partitions whose agents were asked something by agents of a partition. */
async function recallAsked(
  system: System<Partition>,
  standing: Standing | undefined,
): Promise<readonly [Address, Standing][]> {
  const asked: [Address, Standing][] = []
  for (const address of standing?.asked ?? []) {
    const partition = system.partition(address)
    if (partition && address !== standing?.partition) asked.push([address, await recallStanding(partition)])
  }
  return asked
}

/** Recalls the present standing of a partition that is in memory. */
export async function recallStanding(partition: Partition): Promise<Standing> {
  const { address, system, watermark } = partition
  await watermark.reached().catch(() => {})
  const { standing } = await recall(system.journal, { partition: address, epoch: 0 })
  return standing
}
