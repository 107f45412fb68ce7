import { isDeepStrictEqual } from 'node:util'
import type { Address } from '../mail/address.ts'
import type { Frame } from './frame.ts'
import { type Checkpoints, type Journal, JournalConflictError } from './journal.ts'
import type { Claim } from './ownership.ts'

/** Where a process continues to write a partition. */
export interface Continuation {
  /** Counts the owners of the partition. */
  readonly epoch: number
  /** The position of the last frame. */
  readonly position: number
  /** Where other runtimes may own the partition: no other epoch counts, and nothing is appended once the claim is lost. */
  readonly claim?: Claim | undefined
}

/** How often an append is tried. */
const mostTries = 3

/**
 * Appends frames, and resolves with the epoch under which they were written. After an error the journal may hold the frames
 * nevertheless. If it does not, the append is tried again: memory is ahead of the journal, but does not contradict it. Only frames
 * of another writer contradict it, and then the append fails.
 *
 * @throws the last error of the journal
 */
export async function append(
  journal: Journal,
  partition: Address,
  { epoch, position, claim }: Continuation,
  frames: readonly Frame[],
  checkpoints: Checkpoints | undefined,
): Promise<number> {
  let owner = epoch
  for (let tries = 1; ; tries++) {
    try {
      await journal.append(partition, owner, position, frames, checkpoints)
      return owner
    } catch (error) {
      const tail = await tailOf(journal, partition, position).catch(() => undefined)
      if (tail && isSame(tail, frames)) return owner
      const isConflict = error instanceof JournalConflictError
      const last = tail?.at(-1)
      // Whatever the error was: frames of another writer are why it fails.
      if (last && !isConflict) throw new JournalConflictError(partition, position, last.position, owner)
      if (tries === mostTries || last || claim?.lost.aborted) throw error
      if (!isConflict) continue
      if (claim && error.epoch > owner) throw error
      if (!claim) owner = Math.max(owner, error.epoch) + 1
    }
  }
}

/** The frames that the journal holds after a position. */
async function tailOf(journal: Journal, partition: Address, position: number): Promise<readonly Frame[]> {
  const tail: Frame[] = []
  for await (const frame of journal.read(partition, position)) tail.push(frame)
  return tail
}

/** Whether the journal holds exactly these frames: frames of another writer may have the same number and the same time. */
function isSame(tail: readonly Frame[], frames: readonly Frame[]): boolean {
  return tail.at(-1)?.position === frames.at(-1)?.position && isDeepStrictEqual(asJson(tail), asJson(frames))
}

/** The frames as every journal returns them, in any order of fields. */
function asJson(frames: readonly Frame[]): unknown {
  return JSON.parse(JSON.stringify(frames))
}
