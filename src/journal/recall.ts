import { createHash } from 'node:crypto'
import { type Address, runtimePartition } from '../mail/address.ts'
import type { Continuation } from './append.ts'
import { Standing, type StandingJson } from './fold/standing.ts'
import { checkStanding } from './fold/standing-shape.ts'
import type { Frame } from './frame.ts'
import {
  type Checkpoint,
  checkFollows,
  type Journal,
  JournalCorruptError,
  type PartitionInfo,
  type Snapshot,
} from './journal.ts'

/** The state of a partition that is read back, if it has one. */
export interface Recallable {
  /** Takes the state of a snapshot; `undefined` for the first state of a partition. */
  reset(saved: unknown): void
  /** Applies a frame to the state. */
  recall(frame: Frame): void
  /** Called after the last frame: the state is complete. */
  recalled(): void
}

/** What the journal holds of a partition, read back. */
export interface Recalled extends Continuation {
  readonly standing: Standing
  /** The checkpoints by the names of agents. */
  readonly checkpoints: ReadonlyMap<string, Checkpoint>
  /** How many frames were read. */
  readonly frames: number
}

interface SnapshotBody {
  readonly standing: StandingJson
  readonly state?: unknown
}

/**
 * Reads a partition back from the journal: from its snapshot if that is undamaged, else from the first frame.
 *
 * @param seen is called with every frame that is read
 * @throws JournalCorruptError if the journal is damaged; and whatever the state's own functions throw
 */
export async function recall(
  journal: Journal,
  { partition, epoch }: Pick<PartitionInfo, 'partition' | 'epoch'>,
  state?: Recallable,
  seen?: (frame: Frame) => void,
): Promise<Recalled> {
  if (!Number.isSafeInteger(epoch + 1)) throw new JournalCorruptError(partition, `owner ${epoch}`)
  const { snapshot, checkpoints, pruned } = await journal.saved(partition)
  const body = snapshot && snapshotBodyOf(snapshot)
  if (!body && pruned > 0) throw new JournalCorruptError(partition, 'the snapshot')
  const standing = standingIn(partition, body)
  state?.reset(body?.state)
  let frames = 0
  for await (const frame of journal.read(partition, standing.position)) {
    checkFollows(partition, standing.position, frame)
    take(standing, frame)
    state?.recall(frame)
    seen?.(frame)
    frames++
  }
  if (partition !== runtimePartition && standing.life.birth === undefined)
    throw new JournalCorruptError(partition, 'what comes after the beginning')
  check(standing)
  state?.recalled()
  return { standing, checkpoints, frames, epoch: epoch + 1, position: standing.position }
}

/** The standing in a snapshot of a partition; an empty standing without a snapshot. @throws JournalCorruptError */
export function standingIn(partition: Address, body: SnapshotBody | undefined): Standing {
  try {
    if (body && body.standing.partition !== partition) throw new TypeError(`it is one of "${body.standing.partition}"`)
    return body ? Standing.from(body.standing) : new Standing(partition)
  } catch (cause) {
    throw new JournalCorruptError(partition, 'the snapshot', { cause })
  }
}

/** @throws JournalCorruptError */
function check(standing: Standing): void {
  try {
    checkStanding(standing)
  } catch (cause) {
    throw new JournalCorruptError(standing.partition, 'a snapshot or frames', { cause })
  }
}

/** @throws JournalCorruptError */
function take(standing: Standing, frame: Frame): void {
  try {
    standing.take(frame)
  } catch (cause) {
    throw new JournalCorruptError(standing.partition, `frame ${frame.position}`, { cause })
  }
}

/** Makes a snapshot of a partition's standing, and of its state if it has one. */
export function snapshotOf(standing: Standing, state: unknown): Snapshot {
  const body = JSON.stringify({ standing, state })
  return { position: standing.position, hash: hashOf(body), body }
}

/** The content of a snapshot; `undefined` if it is damaged. */
export function snapshotBodyOf({ body, hash }: Snapshot): SnapshotBody | undefined {
  // The hash proves that `snapshotOf` made the text.
  return isAsWritten({ body, hash }) ? (JSON.parse(body) as SnapshotBody) : undefined
}

export function isAsWritten({ body, hash }: Pick<Snapshot, 'body' | 'hash'>): boolean {
  return hashOf(body) === hash
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex')
}
