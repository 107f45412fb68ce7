import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Checkpoints } from './checkpoints.ts'
import { Chunk } from './chunk.ts'
import { Frames } from './frames.ts'
import { Marks } from './marks.ts'
import { Partitions } from './partitions.ts'
import type { AppendWrite, Bytes, Failure, FrameRows, MarkRow, PartitionRow, SavedRows, Write } from './protocol.ts'
import { failureOf, Refusal, sqliteCodeOf, sqliteCodes } from './refusal.ts'
import { Snapshots } from './snapshots.ts'

export interface TablesOptions {
  /** Called after the last statement of a transaction, before its commit. */
  readonly beforeCommit: () => void
  /** Called when a transaction is committed. If it throws, the error is reported in place of the result. */
  readonly afterCommit: () => void
}

/** All tables of a journal. Every read and write goes through this class. */
export class Tables {
  readonly #partitions: Partitions
  readonly #frames: Frames
  readonly #checkpoints: Checkpoints
  readonly #snapshots: Snapshots
  readonly #marks: Marks
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #rollback: StatementSync
  readonly #options: TablesOptions

  constructor(db: DatabaseSync, options: TablesOptions) {
    this.#partitions = new Partitions(db)
    this.#frames = new Frames(db)
    this.#checkpoints = new Checkpoints(db)
    this.#snapshots = new Snapshots(db)
    this.#marks = new Marks(db)
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#commit = db.prepare('COMMIT')
    this.#rollback = db.prepare('ROLLBACK')
    this.#options = options
  }

  /** Makes changes in one transaction. Returns for each change why it was refused; `undefined` if it was made. */
  write(writes: readonly Write[]): readonly (Failure | undefined)[] {
    const failures = this.#transact(writes)
    this.#options.afterCommit()
    return failures
  }

  #transact(writes: readonly Write[]): readonly (Failure | undefined)[] {
    try {
      this.#begin.run()
      const failures = writes.map(write => this.#make(write))
      this.#options.beforeCommit()
      this.#commit.run()
      return failures
    } catch (error) {
      this.#undo()
      if (writes.length === 1) return [failureOf(error)]
      // Only some of the changes may be too large for the room that is left.
      const middle = writes.length >> 1
      return [...this.#transact(writes.slice(0, middle)), ...this.#transact(writes.slice(middle))]
    }
  }

  /** The next chunk of a partition's frames after a position. @throws Refusal */
  read(name: string, after: number): FrameRows {
    return checked(name, 'frames', () => {
      const partition = this.#partitions.find(name)
      if (!partition) return { frames: new Chunk(name, 0, after, 0).bytes(), end: true }
      return this.#frames.read(name, partition, after)
    })
  }

  partitions(): readonly PartitionRow[] {
    return this.#partitions.all()
  }

  /** @throws Refusal */
  saved(name: string): SavedRows {
    return checked(name, 'checkpoints', () => {
      const partition = this.#partitions.find(name)
      if (!partition) return { snapshot: undefined, checkpoints: [], pruned: 0 }
      const { id, pruned } = partition
      return { snapshot: this.#snapshots.find(id), checkpoints: this.#checkpoints.all(name, id), pruned }
    })
  }

  /** @throws Refusal */
  newest(most: number): Bytes {
    return this.#frames.newest(most)
  }

  readers(): readonly string[] {
    return this.#marks.readers()
  }

  /** @throws Refusal */
  marks(reader: string): readonly MarkRow[] {
    return this.#marks.all(reader)
  }

  #make(write: Write): Failure | undefined {
    switch (write.kind) {
      case 'append':
        return this.#append(write)
      case 'save':
        return this.#save(write)
      case 'prune':
        return this.#prune(write)
      case 'mark':
        for (const [partition, position] of write.marks) this.#marks.put(write.reader, partition, position)
        return undefined
      case 'delete':
        return this.#delete(write)
    }
  }

  #append({ partition: name, epoch, expected, positions, bodies, checkpoints }: AppendWrite): Failure | undefined {
    const known = this.#partitions.find(name)
    const actual = known?.position ?? 0
    if (actual !== expected || epoch < (known?.epoch ?? 0))
      return { code: 'conflict', actual, epoch: known?.epoch ?? 0 }
    const { id, largest } = known ?? this.#partitions.create(name, epoch)
    let [last, most] = [expected, largest]
    for (const [place, body] of bodies.entries()) {
      const position = positions[place] ?? last
      this.#frames.append(id, position, last, body)
      last = position
      most = Math.max(most, Buffer.byteLength(body))
    }
    for (const [agent, kind, body] of checkpoints) {
      if (kind === 'whole') this.#checkpoints.put(id, agent, body)
      else this.#checkpoints.change(id, agent, body)
    }
    this.#partitions.advance(id, epoch, last, most)
    return undefined
  }

  #save(write: Write & { readonly kind: 'save' }): undefined {
    const partition = this.#partitions.find(write.partition)
    if (partition) this.#snapshots.put(partition.id, write, partition.position)
  }

  #prune({ partition: name, upTo }: Write & { readonly kind: 'prune' }): Failure | undefined {
    const partition = this.#partitions.find(name)
    if (!partition) return undefined
    const covered = this.#snapshots.covered(partition.id)
    if (upTo > covered) return { code: 'uncovered', covered }
    const end = Math.min(upTo, this.#marks.readBy(name))
    this.#frames.prune(partition.id, end)
    this.#partitions.prune(partition.id, Math.max(end, partition.pruned))
    return undefined
  }

  #delete({ partition: name, epoch }: Write & { readonly kind: 'delete' }): Failure | undefined {
    const known = epoch === undefined ? undefined : this.#partitions.find(name)
    if (known && epoch !== undefined && epoch < known.epoch)
      return { code: 'conflict', actual: known.position, epoch: known.epoch }
    this.#marks.remove(name)
    for (const table of [this.#frames, this.#checkpoints, this.#snapshots]) table.remove(name)
    this.#partitions.remove(name)
    return undefined
  }

  #undo(): void {
    try {
      this.#rollback.run()
    } catch {
      // SQLite has rolled back already, as it does when the disk is full.
    }
  }
}

/** Returns what `read` returns. @throws Refusal if the file is damaged there */
function checked<T>(partition: string, what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    // Numbers that are too large are range errors.
    const isUnreadable = error instanceof TypeError || error instanceof RangeError
    if (sqliteCodeOf(error) === sqliteCodes.corrupt || isUnreadable)
      throw new Refusal({ code: 'corrupt', partition, what })
    throw error
  }
}
