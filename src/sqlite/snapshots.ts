import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { numberIn, textIn } from './columns.ts'
import { idOf } from './partitions.ts'
import type { SnapshotRow } from './protocol.ts'

/** The table of snapshots: the last one of each partition. */
export class Snapshots {
  readonly #put: StatementSync
  readonly #find: StatementSync
  readonly #covered: StatementSync
  readonly #remove: StatementSync

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      'INSERT INTO snapshots (partition, position, hash, crc, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (partition) DO UPDATE SET position = excluded.position, hash = excluded.hash, crc = excluded.crc, body = excluded.body WHERE NOT (position > excluded.position AND position <= ?)',
    )
    this.#find = db.prepare('SELECT position, hash, crc, body FROM snapshots WHERE partition = ?')
    this.#covered = db.prepare('SELECT position FROM snapshots WHERE partition = ?')
    this.#remove = db.prepare(`DELETE FROM snapshots WHERE partition = ${idOf}`)
  }

  /** @param last the position of the partition's last frame: the snapshot that is kept counts as newer only up to there */
  put(partition: number, { position, hash, body }: SnapshotRow, last: number): void {
    this.#put.run(partition, position, hash, crcOf(position, hash, body), body, last)
  }

  /** A damaged snapshot counts as missing. Nothing is lost: a snapshot only saves reading the frames. */
  find(partition: number): SnapshotRow | undefined {
    const row = this.#find.get(partition)
    if (!row) return undefined
    const [position, hash, body] = [numberIn(row, 'position'), textIn(row, 'hash'), textIn(row, 'body')]
    return crcOf(position, hash, body) === row['crc'] ? { position, hash, body } : undefined
  }

  /** The position of the snapshot; 0 if there is none. */
  covered(partition: number): number {
    const row = this.#covered.get(partition)
    return row ? numberIn(row, 'position') : 0
  }

  remove(name: string): void {
    this.#remove.run(name)
  }
}

function crcOf(position: number, hash: string, body: string): number {
  return crc32(body, crc32(`${position} ${hash}`))
}
