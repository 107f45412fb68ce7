import { TroupeError, textOf } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Frame } from './frame.ts'

/**
 * The append-only record of every partition, and what is saved beside it so that not all of it need be read again. What it
 * does not hold did not happen outside the party.
 *
 * An append either holds all of its frames and checkpoints or none. One that rejects may have been written all the same:
 * whoever appended reads the end of the partition again before deciding.
 *
 * Whoever writes another runs the contract suite on it: `journalContract` of `troupe/testing`.
 */
export interface Journal {
  /**
   * Appends frames that follow each other; resolves when they are durable.
   *
   * @param epoch counts the owners of the partition; a writer with a smaller one than the last is fenced
   * @param expectedPosition the position of the last frame so far
   * @param checkpoints of the agents that stepped in these frames, by name; `undefined` for one that is there no more
   * @throws JournalConflictError when the partition has moved on or belongs to a later owner
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
  /** Every partition that was ever appended to and not deleted, the oldest first. */
  partitions(): Promise<readonly PartitionInfo[]>
  /** What is saved of a partition beside its frames. @throws JournalCorruptError */
  saved(partition: Address): Promise<Saved>
  /** Keeps a snapshot of a partition in place of the one before. */
  save(partition: Address, snapshot: Snapshot): Promise<void>
  /**
   * Forgets the frames of a partition up to a position, which its snapshot covers; those that a reader who keeps a place has
   * yet to read stay.
   *
   * @throws JournalPruneError
   */
  prune(partition: Address, upTo: number): Promise<void>
  /** The newest frames of all partitions, at most so many, in the order in which they were appended. */
  newest(most: number): Promise<readonly Frame[]>
  /** The names of the readers that keep a place anywhere. */
  readers(): Promise<readonly string[]>
  /** How far a reader that keeps its place under a name has come in each partition. */
  marks(reader: string): Promise<ReadonlyMap<Address, number>>
  /** Keeps places of a reader; `undefined` forgets one. */
  mark(reader: string, marks: ReadonlyMap<Address, number | undefined>): Promise<void>
  /** Forgets a partition, its checkpoints, its snapshot and the places that readers had in it. */
  delete(partition: Address): Promise<void>
  /** Whether it outlives the process: then snapshots are taken, so that whoever comes next has less to read. */
  readonly isLasting?: boolean
  /**
   * Notes, at once and without waiting for a disk, which event is being handed over: if it ends the process, the next one
   * knows. Left out by journals that do not outlive a process.
   */
  handing?(partition: Address, agent: string, seq: number): void
  /** What was being handed over when the last owner ended, if that is known. */
  inHand?(): Promise<InHand | undefined>
  /** Ends what is under way; from then on every use rejects with a `JournalClosedError`, but for closing it again. */
  close(): Promise<void>
}

/** A partition, as the journal knows it. */
export interface PartitionInfo {
  readonly partition: Address
  /** That of its last writer. */
  readonly epoch: number
  /** Of its last frame. */
  readonly position: number
}

/** What is saved of a partition beside its frames. */
export interface Saved {
  /** None, too, if it is not as it was written. */
  readonly snapshot?: Snapshot | undefined
  /** By the names of the agents. */
  readonly checkpoints: ReadonlyMap<string, Checkpoint>
  /** Up to which position frames were forgotten; 0 if none were. */
  readonly pruned: number
}

/** How a partition stood at a position: what saves reading all frames up to there. It is checked by its hash. */
export interface Snapshot {
  readonly position: number
  /** SHA-256 of the body, hexadecimal. */
  readonly hash: string
  /** JSON. */
  readonly body: string
}

/** By the names of agents; `undefined` for one that is there no more. */
export type Checkpoints = ReadonlyMap<string, Checkpoint | undefined>

/** An agent's machine, as it was after one of its steps. */
export interface Checkpoint {
  readonly incarnation: number
  /** Of the frame of that step. */
  readonly position: number
  /** Which machine this is a snapshot of: `<name>@<version>#<hash>`. */
  readonly definition: string
  /** XState's persisted snapshot: JSON values. */
  readonly snapshot: unknown
}

/** An event that an agent was being handed. */
export interface InHand {
  readonly partition: Address
  readonly agent: string
  readonly seq: number
}

interface Partition {
  epoch: number
  /** Of the last frame, also when that was pruned. */
  position: number
  frames: Frame[]
  pruned: number
  snapshot: Snapshot | undefined
  readonly checkpoints: Map<string, Checkpoint>
}

/**
 * A journal that lives as long as the process.
 *
 * @example
 * const runtime = await createRuntime({ party, journal: memoryJournal() }).start()
 */
export function memoryJournal(): Journal {
  const partitions = new Map<Address, Partition>()
  const readers = new Map<string, Map<Address, number>>()
  let closed = false
  const check = () => {
    if (closed) throw new JournalClosedError()
  }
  const create = (partition: Address, epoch: number) => {
    const record: Partition = { epoch, position: 0, frames: [], pruned: 0, snapshot: undefined, checkpoints: new Map() }
    partitions.set(partition, record)
    return record
  }
  const keepMarks = (reader: string, marks: Map<Address, number>) =>
    put(readers, reader, marks.size > 0 ? marks : undefined)
  return {
    async append(partition, epoch, expectedPosition, frames, checkpoints) {
      check()
      const known = partitions.get(partition)
      const position = known?.position ?? 0
      if (epoch < (known?.epoch ?? epoch) || position !== expectedPosition)
        throw new JournalConflictError(partition, expectedPosition, position, known?.epoch ?? 0)
      // Reading goes by position.
      let last = position
      for (const frame of frames) last = checkFollows(partition, last, frame)
      const record = known ?? create(partition, epoch)
      record.epoch = epoch
      for (const frame of frames) record.frames.push(frame)
      record.position = last
      if (checkpoints) for (const [agent, checkpoint] of checkpoints) put(record.checkpoints, agent, checkpoint)
    },
    read(partition, after = 0) {
      const framesNow = () => {
        check()
        return partitions.get(partition)?.frames ?? []
      }
      return framesAfter(after, framesNow)
    },
    async partitions() {
      check()
      return Array.from(partitions, ([partition, { epoch, position }]) => ({ partition, epoch, position }))
    },
    async saved(partition) {
      check()
      const record = partitions.get(partition)
      return { snapshot: record?.snapshot, checkpoints: new Map(record?.checkpoints), pruned: record?.pruned ?? 0 }
    },
    async save(partition, snapshot) {
      check()
      const record = partitions.get(partition)
      if (record) record.snapshot = snapshot
    },
    async prune(partition, upTo) {
      check()
      const record = partitions.get(partition)
      if (!record) return
      if (upTo > (record.snapshot?.position ?? 0))
        throw new JournalPruneError(partition, upTo, record.snapshot?.position ?? 0)
      let end = upTo
      for (const marks of readers.values()) end = Math.min(end, marks.get(partition) ?? 0)
      record.pruned = Math.max(record.pruned, end)
      record.frames = record.frames.slice(firstAfter(record.frames, end))
    },
    async newest(most) {
      check()
      if (most < 1) return []
      const frames = [...partitions.values()].flatMap(record => record.frames.slice(-most))
      return frames.toSorted((one, other) => one.time - other.time).slice(-most)
    },
    async readers() {
      check()
      return [...readers.keys()]
    },
    async marks(reader) {
      check()
      return new Map(readers.get(reader))
    },
    async mark(reader, marks) {
      check()
      const kept = readers.get(reader) ?? new Map<Address, number>()
      for (const [partition, position] of marks) put(kept, partition, position)
      keepMarks(reader, kept)
    },
    async delete(partition) {
      check()
      partitions.delete(partition)
      for (const [reader, marks] of readers) if (marks.delete(partition)) keepMarks(reader, marks)
    },
    async close() {
      closed = true
      partitions.clear()
      readers.clear()
    },
  }
}

/** The frames after a position, also those that are appended while somebody reads. Not a generator, which takes longer. */
function framesAfter(after: number, framesNow: () => readonly Frame[]): AsyncIterableIterator<Frame> {
  let known: readonly Frame[] | undefined
  let last = after
  let place = 0
  let isOver = false
  const end = { value: undefined, done: true as const }
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (isOver) return end
      const frames = framesNow()
      // Another array, where frames were pruned meanwhile: then places are others.
      if (frames !== known) place = firstAfter(frames, last)
      known = frames
      const frame = frames[place++]
      isOver = frame === undefined
      if (!frame) return end
      last = frame.position
      return { value: frame, done: false }
    },
    async return() {
      isOver = true
      return end
    },
  }
}

function put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
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

/**
 * Checks that a frame can come after a position; returns its own.
 *
 * @throws JournalCorruptError
 */
export function checkFollows(partition: Address, last: number, { position }: Pick<Frame, 'position'>): number {
  if (position > last && Number.isSafeInteger(position)) return position
  throw new JournalCorruptError(partition, `frame ${position} after frame ${last}`)
}

/** The journal took frames no more, or gave them back no more. */
export type JournalError = JournalAppendError | JournalReadError

/** Somebody else wrote to the partition, or owns it now. */
export class JournalConflictError extends TroupeError {
  readonly code = 'JOURNAL_CONFLICT'
  readonly partition: Address
  readonly expected: number
  readonly actual: number
  /** That of its last writer. */
  readonly epoch: number
  constructor(partition: Address, expected: number, actual: number, epoch: number) {
    super(
      `"${partition}" was to be continued after frame ${expected}, but its last frame is ${actual} or it has a later owner. Read it again before writing.`,
    )
    this.partition = partition
    this.expected = expected
    this.actual = actual
    this.epoch = epoch
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

/** What the journal holds of a partition is not what was written. */
export class JournalCorruptError extends TroupeError {
  readonly code = 'JOURNAL_CORRUPT'
  readonly partition: Address
  /** What is wrong: a frame by its position, a checkpoint by its agent, or the snapshot. */
  readonly what: string
  constructor(partition: Address, what: string, options?: ErrorOptions) {
    super(
      `The journal holds ${what} of "${partition}", but not as it was written. Restore the file from a backup, or delete that party.`,
      options,
    )
    this.partition = partition
    this.what = what
  }
}

/** Somebody wanted something of a journal that is closed. */
export class JournalClosedError extends TroupeError {
  readonly code = 'JOURNAL_CLOSED'
  constructor() {
    super(
      'The journal is closed: nothing is appended to it or read from it any more. Make a new one for the same place.',
    )
  }
}

/** Frames were to be forgotten that no snapshot covers. */
export class JournalPruneError extends TroupeError {
  readonly code = 'JOURNAL_PRUNE'
  readonly partition: Address
  readonly upTo: number
  /** The position of the snapshot; 0 if there is none. */
  readonly covered: number
  constructor(partition: Address, upTo: number, covered: number) {
    super(
      `The frames of "${partition}" up to ${upTo} cannot be forgotten: its snapshot covers those up to ${covered}. Save a newer snapshot first.`,
    )
    this.partition = partition
    this.upTo = upTo
    this.covered = covered
  }
}
