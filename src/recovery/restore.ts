import type { Entry } from '../journal/frame.ts'
import type { Recalled } from '../journal/recall.ts'
import { SavedAgents } from '../lifecycle/saved-agents.ts'
import type { Partition } from '../partition/partition.ts'
import type { RecoveryNeeds, SavedPartition } from './needs.ts'
import type { Owner } from './owner.ts'

/** What is known of the last owner when a partition is restored. */
export type Before = Pick<Owner, 'lastMoment' | 'inHand'>

/**
 * Lets a partition append after the last frame that the journal holds of it. Programs can then read the partition, even if its
 * agents cannot be restored.
 */
export function takeOver(partition: Partition, recalled: Recalled, lastMoment: number): void {
  const { clock, deadLetters, snapshots } = partition.system
  const { standing } = recalled
  // Dead letters of this process that the journal does not hold become mail again.
  deadLetters.forgetOf(partition.address)
  // The next frame brings what is found out here into the snapshot.
  snapshots.continue(partition, recalled)
  standing.date = Math.max(standing.date, lastMoment)
  const setBack = Math.max(0, Math.ceil(standing.date - clock.now()))
  if (setBack > 0) standing.jump(-setBack)
  partition.frames.continue(recalled, standing, setBack)
}

/** How the agents of a partition are restored. */
interface Restoring {
  readonly inHand: Owner['inHand']
  /** Whether one agent that cannot be restored keeps all agents from being restored. */
  readonly isWhole: boolean
  /** Whether the application retries the partition after its supervisor gave up. */
  readonly isRetried: boolean
}

/** Restores the agents of a partition from their checkpoints, and delivers to them what they had not handled. */
export function restoreAgents(
  { definitions, development, edited }: RecoveryNeeds,
  { partition, crew, tree, former }: Pick<SavedPartition, 'partition' | 'crew' | 'tree' | 'former'>,
  recalled: Recalled,
  { inHand, ...how }: Restoring,
): void {
  const saved = new SavedAgents(recalled, [...new Set([...definitions, ...former])], { ...how, development, edited })
  const entries = recovered(partition, recalled, inHand)
  const retried: readonly Entry[] = how.isRetried ? [{ kind: 'party', seq: partition.nextSeq(), what: 'retried' }] : []
  // The first frame of a new owner: from here on, the journal refuses writers before it.
  partition.append({ kind: 'recovery' }, [...entries, ...retried])
  crew.restoring.restore(tree, saved)
}

/** The epoch of the claim, where other runtimes may own the partition. */
export function claimed({ system, address }: Partition): { readonly epoch?: number } {
  const claim = system.claims.at(address)
  return claim ? { epoch: claim.epoch } : {}
}

/**
 * A new owner recovers a partition. The event that the last owner was handing to an agent here is suspected: it may have ended
 * the process.
 */
function recovered(partition: Partition, { standing }: Recalled, inHand: Owner['inHand']): readonly Entry[] {
  const { address } = partition
  const entry: Entry = { kind: 'recovered', seq: partition.nextSeq(), since: standing.date, ...claimed(partition) }
  if (inHand?.partition !== address || inHand.seq === 0) return [entry]
  const { agent, seq: at } = inHand
  if (standing.suspect(agent, at))
    return [entry, { kind: 'suspected', seq: partition.nextSeq(), agent: `${address}/${agent}`, at }]
  // The journal does not hold the event that the agent was handling. From now on, agents get only durable events.
  if (standing.position < at) partition.turns.waitForDurable()
  return [entry]
}
