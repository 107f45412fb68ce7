import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { altered, Chunk } from './chunk.ts'
import { numberIn, textIn } from './columns.ts'
import { idOf, type Partition } from './partitions.ts'
import type { Bytes, FrameRows } from './protocol.ts'

/** Rows of one read. */
const mostRows = 1_024

/**
 * The table of frames, in the order in which they were appended. Each row names the position before its own in the same
 * partition, so that a missing frame is noticed.
 */
export class Frames {
  readonly #append: StatementSync
  readonly #read: StatementSync
  readonly #newest: StatementSync
  readonly #prune: StatementSync
  readonly #remove: StatementSync

  constructor(db: DatabaseSync) {
    this.#append = db.prepare('INSERT INTO frames (partition, position, follows, crc, body) VALUES (?, ?, ?, ?, ?)')
    // Columns are read by name, because some versions of Node cannot give rows as arrays, which would take half the time.
    this.#read = db.prepare(
      'SELECT position AS "0", follows AS "1", crc AS "2", body AS "3" FROM frames WHERE partition = ? AND position > ? ORDER BY position LIMIT ?',
    )
    this.#read.setReturnArrays?.(true)
    this.#newest = db.prepare(
      'SELECT name, frames.position, crc, body FROM frames JOIN partitions ON partitions.id = partition ORDER BY frames.id DESC LIMIT ?',
    )
    this.#prune = db.prepare('DELETE FROM frames WHERE partition = ? AND position <= ?')
    this.#remove = db.prepare(`DELETE FROM frames WHERE partition = ${idOf}`)
  }

  append(partition: number, position: number, follows: number, body: string): void {
    this.#append.run(partition, position, follows, crc32(body), body)
  }

  /**
   * The next chunk of a partition's frames after a position.
   *
   * @throws Refusal when a frame is missing or damaged
   */
  read(name: string, { id, position: head, pruned, largest }: Partition, after: number): FrameRows {
    const chunk = new Chunk(name, largest, after, pruned)
    while (chunk.room > largest) {
      const most = Math.min(mostRows, Math.floor(chunk.room / (largest + 1)))
      const rows = this.#read.all(id, chunk.last, most)
      for (const { 0: position, 1: follows, 2: crc, 3: body } of rows) {
        if (typeof position !== 'number' || typeof follows !== 'number' || typeof crc !== 'number')
          throw new TypeError('a number is none')
        chunk.add(position, follows, crc, String(body))
      }
      if (rows.length === most) continue
      chunk.checkReached(head)
      if (chunk.last > head && this.#read.all(id, head, 1).length > 0) throw altered(name, head)
      return { frames: chunk.bytes(), end: true }
    }
    return { frames: chunk.bytes(), end: false }
  }

  /**
   * The newest frames of all partitions, the oldest of them first.
   *
   * @throws Refusal when a frame is damaged
   */
  newest(most: number): Bytes {
    const bodies = this.#newest.all(most).map(row => {
      const body = textIn(row, 'body')
      if (crc32(body) !== row['crc']) throw altered(textIn(row, 'name'), numberIn(row, 'position'))
      return body
    })
    return new Uint8Array(Buffer.from(`[${bodies.toReversed().join(',')}]`))
  }

  prune(partition: number, upTo: number): void {
    this.#prune.run(partition, upTo)
  }

  remove(name: string): void {
    this.#remove.run(name)
  }
}
