import type { Entry } from '../journal/frame.ts'
import type { Recalled } from '../journal/recall.ts'
import { SavedAgents } from '../lifecycle/saved-agents.ts'
import type { Partition } from '../partition/partition.ts'
import type { RecoveryNeeds, SavedParty } from './needs.ts'
import type { Owner } from './owner.ts'

/** What is known of the last owner when a partition is restored. */
export type Before = Pick<Owner, 'lastMoment' | 'inHand'>

/**
 * Lets a partition go on behind what the journal holds of it. Whether its agents can be restored or not, programs may read
 * what is there.
 */
export function takeOver(partition: Partition, recalled: Recalled, lastMoment: number): void {
  const { clock, deadLetters, snapshots } = partition.system
  const { standing } = recalled
  // Letters of this process that the journal does not hold are mail again.
  deadLetters.forgetOf(partition.address)
  // The snapshot gets what is found out here from the frame that follows.
  snapshots.continue(partition, recalled)
  standing.date = Math.max(standing.date, lastMoment)
  const setBack = Math.max(0, Math.ceil(standing.date - clock.now()))
  if (setBack > 0) standing.jump(-setBack)
  partition.frames.continue(recalled, standing, setBack)
}

/** How the agents of a partition are restored. */
interface Restoring {
  readonly inHand: Owner['inHand']
  /** Whether all agents are restored or none. */
  readonly isWhole: boolean
  /** Whether somebody retries the party after its supervisor gave up. */
  readonly isRetried: boolean
}

/** Restores the agents of a partition from their checkpoints, and delivers to them what they had not handled. */
export function restoreAgents(
  { definitions, development, edited }: RecoveryNeeds,
  { partition, crew, tree, former }: Pick<SavedParty, 'partition' | 'crew' | 'tree' | 'former'>,
  recalled: Recalled,
  { inHand, ...how }: Restoring,
): void {
  const saved = new SavedAgents(recalled, [...new Set([...definitions, ...former])], { ...how, development, edited })
  const entries = recovered(partition, recalled, inHand)
  const retried: readonly Entry[] = how.isRetried ? [{ kind: 'party', seq: partition.nextSeq(), what: 'retried' }] : []
  // The first frame of a new owner: from here on, the journal refuses writers before it.
  partition.append({ kind: 'recovery' }, [...entries, ...retried])
  crew.restore(tree, saved)
}

/** A new owner recovers a partition; what the last owner was handing to an agent here is suspected of having ended it. */
function recovered(partition: Partition, { standing }: Recalled, inHand: Owner['inHand']): readonly Entry[] {
  const { address } = partition
  const entry: Entry = { kind: 'recovered', seq: partition.nextSeq(), since: standing.date }
  if (inHand?.partition !== address || inHand.seq === 0) return [entry]
  const { agent, seq: at } = inHand
  if (standing.suspect(agent, at))
    return [entry, { kind: 'suspected', seq: partition.nextSeq(), agent: `${address}/${agent}`, at }]
  // The agent got something that the journal does not hold. Next time, the journal shall hold it.
  if (standing.position < at) partition.turns.waitForDurable()
  return [entry]
}
