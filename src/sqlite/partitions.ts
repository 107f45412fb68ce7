import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { numberIn, textIn } from './columns.ts'
import type { PartitionRow } from './protocol.ts'

/** What the journal knows of a partition. */
export interface Partition {
  readonly id: number
  readonly epoch: number
  /** The position of its last frame, even if that frame was pruned. */
  readonly position: number
  /** The position up to which frames were forgotten. */
  readonly pruned: number
  /** Bytes of its largest frame so far. */
  readonly largest: number
}

/**
 * SQL for the id of a partition by its name. Statements use it because the ids in a damaged file may be too large for a
 * JavaScript number.
 */
export const idOf = '(SELECT id FROM partitions WHERE name = ?)'

/** The table of partitions. */
export class Partitions {
  readonly #find: StatementSync
  readonly #create: StatementSync
  readonly #advance: StatementSync
  readonly #prune: StatementSync
  readonly #remove: StatementSync
  readonly #all: StatementSync

  constructor(db: DatabaseSync) {
    // A damaged file may have a name that is not text. Such a name would make listing all partitions fail.
    db.prepare(`UPDATE partitions SET name = quote(name) WHERE typeof(name) <> 'text'`).run()
    moveIdsAboveNumbers(db)
    // Numbers are read as floating point, which is exact for every number that a journal writes. A damaged file may have larger
    // integers, and these would make listing all partitions fail.
    this.#find = db.prepare(
      'SELECT id, CAST(epoch AS REAL) AS epoch, CAST(position AS REAL) AS position, CAST(pruned AS REAL) AS pruned, CAST(largest AS REAL) AS largest FROM partitions WHERE name = ?',
    )
    this.#create = db.prepare('INSERT INTO partitions (name, epoch, position, pruned, largest) VALUES (?, ?, 0, 0, 0)')
    this.#advance = db.prepare('UPDATE partitions SET epoch = ?, position = ?, largest = ? WHERE id = ?')
    this.#prune = db.prepare('UPDATE partitions SET pruned = ? WHERE id = ?')
    this.#remove = db.prepare('DELETE FROM partitions WHERE name = ?')
    this.#all = db.prepare(
      'SELECT name, CAST(epoch AS REAL) AS epoch, CAST(position AS REAL) AS position FROM partitions ORDER BY id',
    )
  }

  find(name: string): Partition | undefined {
    const row = this.#find.get(name)
    if (!row) return undefined
    const largest = numberIn(row, 'largest')
    if (!Number.isInteger(largest)) throw new TypeError('"largest" is no whole number')
    return {
      id: numberIn(row, 'id'),
      epoch: numberIn(row, 'epoch'),
      position: numberIn(row, 'position'),
      pruned: numberIn(row, 'pruned'),
      largest,
    }
  }

  create(name: string, epoch: number): Partition {
    const id = Number(this.#create.run(name, epoch).lastInsertRowid)
    return { id, epoch, position: 0, pruned: 0, largest: 0 }
  }

  advance(id: number, epoch: number, position: number, largest: number): void {
    this.#advance.run(epoch, position, largest, id)
  }

  prune(id: number, upTo: number): void {
    this.#prune.run(upTo, id)
  }

  remove(name: string): void {
    this.#remove.run(name)
  }

  /** All partitions, the oldest first. */
  all(): readonly PartitionRow[] {
    return this.#all.all().map(row => ({
      partition: textIn(row, 'name'),
      epoch: numberIn(row, 'epoch'),
      position: numberIn(row, 'position'),
    }))
  }
}

/** Negates ids that are too large for a JavaScript number, which only a damaged file has: SQLite would count on from them. */
function moveIdsAboveNumbers(db: DatabaseSync): void {
  const most = Number.MAX_SAFE_INTEGER
  const counted = db.prepare(`SELECT 1 FROM sqlite_sequence WHERE name = 'partitions' AND seq > ${most}`).get()
  const given = db.prepare(`SELECT 1 FROM partitions WHERE id > ${most}`).get()
  // On a full disk, even an update that changes nothing may fail.
  if (given) db.exec(`UPDATE partitions SET id = -id WHERE id > ${most}`)
  if (counted)
    db.exec(`UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(id), 0) FROM partitions) WHERE name = 'partitions'`)
}
