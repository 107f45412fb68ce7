import type { Address } from '../mail/address.ts'
import type { Frame } from './frame.ts'
import {
  type Checkpoint,
  type Checkpoints,
  checkFollows,
  type Journal,
  JournalClosedError,
  JournalConflictError,
  JournalPruneError,
  type PartitionInfo,
  type Saved,
  type Snapshot,
} from './journal.ts'

/**
 * A journal that lives as long as the process.
 *
 * @example
 * const runtime = await createRuntime({ party, journal: memoryJournal() }).start()
 */
export function memoryJournal(): Journal {
  const partitions = new Map<Address, MemoryPartition>()
  const readers = new Map<string, Map<Address, number>>()
  let closed = false
  const check = () => {
    if (closed) throw new JournalClosedError()
  }
  const keepMarks = (reader: string, marks: Map<Address, number>) =>
    put(readers, reader, marks.size > 0 ? marks : undefined)
  return {
    async append(partition, epoch, expectedPosition, frames, checkpoints) {
      check()
      const record = partitions.get(partition) ?? new MemoryPartition(partition)
      record.append(epoch, expectedPosition, frames, checkpoints)
      partitions.set(partition, record)
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
      return Array.from(partitions.values(), record => record.info)
    },
    async saved(partition) {
      check()
      return partitions.get(partition)?.saved ?? { snapshot: undefined, checkpoints: new Map(), pruned: 0 }
    },
    async save(partition, snapshot) {
      check()
      partitions.get(partition)?.save(snapshot)
    },
    async prune(partition, upTo) {
      check()
      partitions.get(partition)?.prune(upTo, readers.values())
    },
    async newest(most) {
      check()
      return most < 1 ? [] : newestOf([...partitions.values()], most)
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
    async delete(partition, epoch) {
      check()
      partitions.get(partition)?.checkOwner(epoch)
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

function newestOf(partitions: readonly MemoryPartition[], most: number): readonly Frame[] {
  const frames = partitions.flatMap(record => record.frames.slice(-most))
  return frames.toSorted((one, other) => one.time - other.time).slice(-most)
}

/** The frames of one partition, and what is saved beside them. */
class MemoryPartition {
  readonly #address: Address
  #epoch = 0
  /** The position of the last frame, also after that frame was pruned. */
  #position = 0
  #frames: Frame[] = []
  #pruned = 0
  #snapshot: Snapshot | undefined
  readonly #checkpoints = new Map<string, Checkpoint>()

  constructor(address: Address) {
    this.#address = address
  }

  get frames(): readonly Frame[] {
    return this.#frames
  }

  get info(): PartitionInfo {
    return { partition: this.#address, epoch: this.#epoch, position: this.#position }
  }

  get saved(): Saved {
    return { snapshot: this.#snapshot, checkpoints: new Map(this.#checkpoints), pruned: this.#pruned }
  }

  append(epoch: number, expectedPosition: number, frames: readonly Frame[], checkpoints?: Checkpoints): void {
    if (epoch < this.#epoch || this.#position !== expectedPosition)
      throw new JournalConflictError(this.#address, expectedPosition, this.#position, this.#epoch)
    // All frames are checked before the first one is kept.
    let last = this.#position
    for (const frame of frames) last = checkFollows(this.#address, last, frame)
    this.#epoch = epoch
    for (const frame of frames) this.#frames.push(frame)
    this.#position = last
    // With an iterator, each checkpoint would make a pair.
    checkpoints?.forEach((checkpoint, agent) => put(this.#checkpoints, agent, checkpoint))
  }

  /** @throws JournalConflictError if the partition has a later owner */
  checkOwner(epoch = this.#epoch): void {
    if (epoch < this.#epoch) throw new JournalConflictError(this.#address, this.#position, this.#position, this.#epoch)
  }

  save(snapshot: Snapshot): void {
    const { position = 0 } = this.#snapshot ?? {}
    const isOlder = snapshot.position < position && position <= this.#position
    if (!isOlder) this.#snapshot = snapshot
  }

  /** @param readers the marks of each reader: frames that a reader has yet to read stay */
  prune(upTo: number, readers: Iterable<ReadonlyMap<Address, number>>): void {
    const covered = this.#snapshot?.position ?? 0
    if (upTo > covered) throw new JournalPruneError(this.#address, upTo, covered)
    let end = upTo
    for (const marks of readers) end = Math.min(end, marks.get(this.#address) ?? 0)
    this.#pruned = Math.max(this.#pruned, end)
    this.#frames = this.#frames.slice(firstAfter(this.#frames, end))
  }
}

/** The frames after a position, also frames that are appended during the reading. Generators are slower. */
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
      // Pruning makes a new array, in which the next frame has another index.
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

/** The index of the first frame after a position. */
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
