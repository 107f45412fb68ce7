import { isDeepStrictEqual } from 'node:util'
import type { Address } from '../mail/address.ts'
import type { Frame } from './frame.ts'
import { type Checkpoints, type Journal, JournalConflictError } from './journal.ts'

/** Where an owner of a partition goes on. */
export interface Continuation {
  /** Counts the owners. */
  readonly epoch: number
  /** Of the last frame. */
  readonly position: number
}

/** How often it is tried. */
const mostTries = 3

/**
 * Appends frames, and resolves to the epoch under which they were written. What the journal refuses or fails at, it may have
 * written all the same, and what it has not written can be offered again: memory is ahead of the journal, but does not
 * contradict it. Only what somebody else has written there does.
 *
 * @throws what the journal throws the last time
 */
export async function append(
  journal: Journal,
  partition: Address,
  { epoch, position }: Continuation,
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
      if (tries === mostTries || (tail && tail.length > 0)) throw error
      if (error instanceof JournalConflictError) owner = Math.max(owner, error.epoch) + 1
    }
  }
}

/** What the journal holds after a position. */
async function tailOf(journal: Journal, partition: Address, position: number): Promise<readonly Frame[]> {
  const tail: Frame[] = []
  for await (const frame of journal.read(partition, position)) tail.push(frame)
  return tail
}

/** Whether these are the frames that were written, and all of them: another owner's may be as long, and of the same moment. */
function isSame(tail: readonly Frame[], frames: readonly Frame[]): boolean {
  return tail.at(-1)?.position === frames.at(-1)?.position && isDeepStrictEqual(asJson(tail), asJson(frames))
}

/** As every journal gives them back, whatever order it keeps fields in. */
function asJson(frames: readonly Frame[]): unknown {
  return JSON.parse(JSON.stringify(frames))
}
