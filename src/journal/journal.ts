import type { Address } from '../actor/address.ts'
import { TroupeError, textOf } from '../errors.ts'
import type { Frame } from './frame.ts'

/**
 * The append-only record of every partition. What it does not hold did not happen outside the party.
 *
 * A journal that refuses or fails makes the partition drop its memory, so an append either holds all of its frames or
 * none.
 */
export interface Journal {
  /**
   * Appends frames that follow each other; resolves when they are durable.
   *
   * @param epoch counts the owners of the partition; a writer with a smaller one than the last is fenced
   * @param expectedPosition the position of the last frame so far
   * @throws JournalConflictError when the partition has moved on or belongs to a later owner
   */
  append(partition: Address, epoch: number, expectedPosition: number, frames: readonly Frame[]): Promise<void>
  /** The frames of a partition after a position, in order. */
  read(partition: Address, after?: number): AsyncIterable<Frame>
  /** Forgets a partition. */
  delete(partition: Address): Promise<void>
  close(): Promise<void>
}

interface Partition {
  epoch: number
  frames: Frame[]
}

/**
 * A journal that lives as long as the process.
 *
 * @example
 * const runtime = await createRuntime({ party, journal: memoryJournal() }).start()
 */
export function memoryJournal(): Journal {
  const partitions = new Map<Address, Partition>()
  return {
    async append(partition, epoch, expectedPosition, frames) {
      let record = partitions.get(partition)
      if (!record) partitions.set(partition, (record = { epoch, frames: [] }))
      const position = record.frames.at(-1)?.position ?? 0
      if (epoch < record.epoch || position !== expectedPosition)
        throw new JournalConflictError(partition, expectedPosition, position)
      record.epoch = epoch
      for (const frame of frames) record.frames.push(frame)
    },
    async *read(partition, after = 0) {
      const frames = partitions.get(partition)?.frames ?? []
      // By index, because frames may be appended while somebody reads.
      for (let place = firstAfter(frames, after); place < frames.length; place++) {
        const frame = frames[place]
        if (frame) yield frame
      }
    },
    async delete(partition) {
      partitions.delete(partition)
    },
    async close() {
      partitions.clear()
    },
  }
}

function firstAfter(frames: readonly Frame[], after: number): number {
  let low = 0
  let high = frames.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((frames[middle]?.position ?? 0) > after) high = middle
    else low = middle + 1
  }
  return low
}

/** The journal took frames no more, or gave them back no more. */
export type JournalError = JournalAppendError | JournalReadError

/** Somebody else wrote to the partition, or owns it now. */
export class JournalConflictError extends TroupeError {
  readonly code = 'JOURNAL_CONFLICT'
  readonly partition: Address
  readonly expected: number
  readonly actual: number
  constructor(partition: Address, expected: number, actual: number) {
    super(
      `"${partition}" was to be continued after frame ${expected}, but its last frame is ${actual} or it has a later owner. Read it again before writing.`,
    )
    this.partition = partition
    this.expected = expected
    this.actual = actual
  }
}

/** An append failed, so what was waiting for it did not happen. */
export class JournalAppendError extends TroupeError {
  readonly code = 'JOURNAL_APPEND'
  readonly partition: Address
  constructor(partition: Address, cause: unknown) {
    super(
      `The journal did not take frames of "${partition}": ${textOf(cause)}. What was waiting for them did not happen; the partition is quarantined.`,
      { cause },
    )
    this.partition = partition
  }
}

/** Events that were accepted could not be read back. */
export class JournalReadError extends TroupeError {
  readonly code = 'JOURNAL_READ'
  readonly partition: Address
  constructor(partition: Address, cause: unknown) {
    super(
      `The journal did not give back events of "${partition}": ${textOf(cause)}. Nothing more is handled; the partition is quarantined.`,
      { cause },
    )
    this.partition = partition
  }
}
