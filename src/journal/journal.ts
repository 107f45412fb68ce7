import { TroupeError, textOf } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Frame } from './frame.ts'

/**
 * The append-only record of every partition, and the snapshots and checkpoints that save reading all of it again. What the
 * journal does not hold has no effect outside the party.
 *
 * An append keeps all of its frames and checkpoints, or none. A rejected append may have been written nevertheless: the
 * writer reads the end of the partition again before it decides.
 *
 * Every journal must pass the contract suite: `journalContract` of `troupe/testing`.
 */
export interface Journal {
  /**
   * Appends frames that follow each other; resolves when they are durable.
   *
   * @param epoch counts the owners of the partition; a writer with a smaller epoch than the last writer is refused
   * @param expectedPosition the position of the last frame so far
   * @param checkpoints of the agents that stepped in these frames, by name; `undefined` for an agent that has gone
   * @throws JournalConflictError when the partition has other frames or a later owner
   */
  append(
    partition: Address,
    epoch: number,
    expectedPosition: number,
    frames: readonly Frame[],
    checkpoints?: Checkpoints,
  ): Promise<void>
  /** The frames of a partition after a position, in order. @throws JournalCorruptError */
  read(partition: Address, after?: number): AsyncIterable<Frame>
  /** Every partition with an append and without a later deletion, the oldest first. */
  partitions(): Promise<readonly PartitionInfo[]>
  /** The snapshot and the checkpoints of a partition. @throws JournalCorruptError */
  saved(partition: Address): Promise<Saved>
  /**
   * Keeps a snapshot of a partition, and forgets its snapshot before. A snapshot that is older than the kept one changes nothing:
   * an owner that has lost the partition may still be saving it.
   */
  save(partition: Address, snapshot: Snapshot): Promise<void>
  /**
   * Forgets the frames of a partition up to a position that its snapshot covers. Frames that a reader with a mark has yet to
   * read stay.
   *
   * @throws JournalPruneError
   */
  prune(partition: Address, upTo: number): Promise<void>
  /** The newest frames of all partitions, at most `most`, in the order in which they were appended. */
  newest(most: number): Promise<readonly Frame[]>
  /** The names of the readers that have a mark in any partition. */
  readers(): Promise<readonly string[]>
  /** The position up to which a reader has read each partition. */
  marks(reader: string): Promise<ReadonlyMap<Address, number>>
  /** Keeps marks of a reader; `undefined` forgets the mark of a partition. */
  mark(reader: string, marks: ReadonlyMap<Address, number | undefined>): Promise<void>
  /**
   * Forgets a partition, its checkpoints, its snapshot and the marks that readers have in it.
   *
   * @param epoch of the caller, if it owns the partition
   * @throws JournalConflictError when the partition has a later owner
   */
  delete(partition: Address, epoch?: number): Promise<void>
  /** Whether the journal outlives the process. If so, the runtime saves snapshots, so that the next process reads less. */
  readonly isLasting?: boolean
  /**
   * Notes which event an agent gets now, at once and without waiting for a disk: if that event ends the process, the next
   * process knows which event it was. Journals that do not outlive a process leave this out.
   */
  handing?(partition: Address, agent: string, seq: number): void
  /** The event that an agent was getting when the last process ended, if the journal knows it. */
  inHand?(): Promise<InHand | undefined>
  /** Finishes the work that has begun. Every later call rejects with a `JournalClosedError`, except for `close`. */
  close(): Promise<void>
}

/** A partition, as the journal lists it. */
export interface PartitionInfo {
  readonly partition: Address
  /** The epoch of its last writer. */
  readonly epoch: number
  /** The position of its last frame. */
  readonly position: number
}

/** What the journal keeps of a partition in addition to its frames. */
export interface Saved {
  /** The last snapshot; `undefined` also if it was damaged. */
  readonly snapshot?: Snapshot | undefined
  /** The checkpoints by the names of agents. */
  readonly checkpoints: ReadonlyMap<string, Checkpoint>
  /** The position up to which frames were forgotten; 0 if none were. */
  readonly pruned: number
}

/** The state of a partition at a position, which saves reading all frames up to there. Its hash shows damage. */
export interface Snapshot {
  readonly position: number
  /** SHA-256 of the body, hexadecimal. */
  readonly hash: string
  /** JSON. */
  readonly body: string
}

/** Checkpoints by the names of agents; `undefined` for an agent that has gone. */
export type Checkpoints = ReadonlyMap<string, Checkpoint | undefined>

/** The machine of an agent after one of its steps. */
export interface Checkpoint {
  readonly incarnation: number
  /** The position of the frame of that step. */
  readonly position: number
  /** The machine that the snapshot belongs to: `<name>@<version>#<hash>`. */
  readonly definition: string
  /** The persisted snapshot of XState: JSON values. */
  readonly snapshot: unknown
}

/** The event that an agent was getting when its process ended. */
export interface InHand {
  readonly partition: Address
  readonly agent: string
  readonly seq: number
}

/**
 * Checks that a frame can follow the last position; returns the position of the frame.
 *
 * @throws JournalCorruptError
 */
export function checkFollows(partition: Address, last: number, { position }: Pick<Frame, 'position'>): number {
  if (position > last && Number.isSafeInteger(position)) return position
  throw new JournalCorruptError(partition, `frame ${position} after frame ${last}`)
}

/** The journal no longer keeps frames, or no longer returns them. */
export type JournalError = JournalAppendError | JournalReadError

/** Another writer appended to the partition, or owns it now. */
export class JournalConflictError extends TroupeError {
  readonly code = 'JOURNAL_CONFLICT'
  readonly partition: Address
  readonly expected: number
  readonly actual: number
  /** The epoch of its last writer. */
  readonly epoch: number
  constructor(partition: Address, expected: number, actual: number, epoch: number) {
    super(
      `The journal did not append to "${partition}" after frame ${expected}: its last frame is ${actual}, or it has a later owner. Read the partition again before you write.`,
    )
    this.partition = partition
    this.expected = expected
    this.actual = actual
    this.epoch = epoch
  }
}

/** An append failed, so nothing that waited for it has happened. */
export class JournalAppendError extends TroupeError {
  readonly code = 'JOURNAL_APPEND'
  readonly partition: Address
  constructor(partition: Address, cause: unknown) {
    super(
      `The journal did not append frames to "${partition}": ${textOf(cause)}. Nothing that waited for these frames has happened; the partition is quarantined.`,
      { cause },
    )
    this.partition = partition
  }
}

/** Accepted events could not be read back. */
export class JournalReadError extends TroupeError {
  readonly code = 'JOURNAL_READ'
  readonly partition: Address
  constructor(partition: Address, cause: unknown) {
    super(
      `The journal did not return events of "${partition}": ${textOf(cause)}. The partition handles no more events; it is quarantined.`,
      { cause },
    )
    this.partition = partition
  }
}

/** The data that the journal returned is not the data that was written. */
export class JournalCorruptError extends TroupeError {
  readonly code = 'JOURNAL_CORRUPT'
  readonly partition: Address
  /** What is damaged: a frame by its position, a checkpoint by its agent, or the snapshot. */
  readonly what: string
  constructor(partition: Address, what: string, options?: ErrorOptions) {
    super(
      `The journal holds ${what} of "${partition}", but not as it was written. Restore the file from a backup, or delete the party.`,
      options,
    )
    this.partition = partition
    this.what = what
  }
}

/** A closed journal was used. */
export class JournalClosedError extends TroupeError {
  readonly code = 'JOURNAL_CLOSED'
  constructor() {
    super('The journal is closed: it appends and returns nothing any more. Create a new journal for the same data.')
  }
}

/** A prune would forget frames that no snapshot covers. */
export class JournalPruneError extends TroupeError {
  readonly code = 'JOURNAL_PRUNE'
  readonly partition: Address
  readonly upTo: number
  /** The position of the snapshot; 0 if there is none. */
  readonly covered: number
  constructor(partition: Address, upTo: number, covered: number) {
    super(
      `The journal cannot forget the frames of "${partition}" up to ${upTo}: its snapshot covers frames up to ${covered}. Save a newer snapshot first.`,
    )
    this.partition = partition
    this.upTo = upTo
    this.covered = covered
  }
}
