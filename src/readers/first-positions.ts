import { type Address, runtimePartition } from '../mail/address.ts'
import { partitionIn } from '../mail/envelope.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { ReaderPositions } from './reader-positions.ts'

type Positions = readonly (readonly [Address, number])[]

/**
 * Finds the positions of a durable name: those that the journal has kept, or those that a new name begins with.
 *
 * @param dropping a deletion of this name that is under way
 * @returns whether the name is new and begins from now on; `undefined` if the journal failed
 */
export async function findPositions(
  positions: ReaderPositions,
  from: 'now' | 'start',
  system: System<Partition>,
  dropping: Promise<boolean> | undefined,
): Promise<boolean | undefined> {
  const here = from === 'now' ? positionsHere(system) : []
  const now = system.clock.now()
  try {
    if (dropping) await dropping
    const isKnown = await positions.load()
    const away = !isKnown && from === 'now' && system.isAnyAway() ? await positionsAway(system) : []
    if (!isKnown) reachAll(positions, [...here, ...away])
    // Written at once, so that the journal knows the name even if no event ever comes.
    if (!isKnown && here.length === 0) positions.reach(runtimePartition, 0)
    if (!isKnown && from === 'start') positions.begunAt = now
    return !isKnown && from === 'now'
  } catch (error) {
    system.outside().reportError('error', error)
    return undefined
  }
}

/**
 * Moves a new name to the end of every partition. If the journal cannot say where a partition ends that is not in memory, the
 * name gets the events there, rather than missing newer ones.
 */
export async function beginNow(positions: ReaderPositions, system: System<Partition>): Promise<void> {
  reachAll(positions, positionsHere(system))
  try {
    reachAll(positions, await positionsAway(system))
  } catch (error) {
    system.outside().reportError('error', error)
  }
}

function reachAll(positions: ReaderPositions, ends: Positions): void {
  for (const [partition, position] of ends) positions.reach(partition, position)
}

/** The ends of the partitions that are not in memory, such as quarantined ones. */
async function positionsAway({ journal, partition: find }: System<Partition>): Promise<Positions> {
  const away = (await journal.partitions()).filter(({ partition }) => !find(partition))
  return away.map(({ partition, position }) => [partition, position])
}

/**
 * The ends of the partitions in memory, as subscribers know them: an event that is being delivered is the last event of its
 * partition.
 */
function positionsHere({ bus, partitions }: System<Partition>): Positions {
  const { handling } = bus
  const present = handling && partitionIn(handling)
  return Array.from(partitions(), ({ address, watermark }) => [
    address,
    handling && address === present ? Math.min(handling.seq, watermark.durable) : watermark.durable,
  ])
}
