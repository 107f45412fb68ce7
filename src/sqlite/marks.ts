import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { numberIn, textIn } from './columns.ts'
import type { MarkRow } from './protocol.ts'
import { Refusal } from './refusal.ts'

/** The table of the positions of readers, also in partitions without frames. */
export class Marks {
  readonly #put: StatementSync
  readonly #drop: StatementSync
  readonly #all: StatementSync
  readonly #readers: StatementSync
  readonly #remove: StatementSync
  readonly #least: StatementSync

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      'INSERT INTO marks (reader, partition, position, crc) VALUES (?, ?, ?, ?) ON CONFLICT (reader, partition) DO UPDATE SET position = excluded.position, crc = excluded.crc',
    )
    this.#drop = db.prepare('DELETE FROM marks WHERE reader = ? AND partition = ?')
    this.#all = db.prepare('SELECT partition, position, crc FROM marks WHERE reader = ?')
    this.#readers = db.prepare('SELECT DISTINCT reader FROM marks ORDER BY reader')
    this.#remove = db.prepare('DELETE FROM marks WHERE partition = ?')
    this.#least = db.prepare(
      'SELECT MIN(place) AS place FROM (SELECT COALESCE(MAX(CASE WHEN partition = ? THEN position END), 0) AS place FROM marks GROUP BY reader)',
    )
  }

  put(reader: string, partition: string, position: number | undefined): void {
    if (position === undefined) this.#drop.run(reader, partition)
    else this.#put.run(reader, partition, position, crcOf(reader, partition, position))
  }

  /** @throws Refusal when a mark is damaged */
  all(reader: string): readonly MarkRow[] {
    return this.#all.all(reader).map(row => {
      const [partition, position] = [textIn(row, 'partition'), numberIn(row, 'position')]
      if (crcOf(reader, partition, position) !== row['crc'])
        throw new Refusal({ code: 'corrupt', partition, what: `the place of "${reader}"` })
      return [partition, position]
    })
  }

  /** The names of all readers. */
  readers(): readonly string[] {
    return this.#readers.all().map(row => textIn(row, 'reader'))
  }

  /** The position up to which every reader has read a partition; infinity without readers. */
  readBy(partition: string): number {
    const place = this.#least.get(partition)?.['place']
    return typeof place === 'number' ? place : Number.POSITIVE_INFINITY
  }

  remove(partition: string): void {
    this.#remove.run(partition)
  }
}

function crcOf(reader: string, partition: string, position: number): number {
  return crc32(`${reader}\n${partition}\n${position}`)
}
