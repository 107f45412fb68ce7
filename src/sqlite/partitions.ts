import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { numberIn, textIn } from './columns.ts'
import type { PartitionRow } from './protocol.ts'

/** What the journal knows of a partition. */
export interface Partition {
  readonly id: number
  readonly epoch: number
  /** Of its last frame, also when that was pruned. */
  readonly position: number
  /** Up to where frames were forgotten. */
  readonly pruned: number
  /** Bytes of its largest frame so far. */
  readonly largest: number
}

/** The id of a partition by its name, where a statement can say so: a damaged file may have ids that are no numbers here. */
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
    // A name that is no text, which only a damaged file has, would keep all partitions from being listed.
    db.prepare(`UPDATE partitions SET name = quote(name) WHERE typeof(name) <> 'text'`).run()
    moveIdsAboveNumbers(db)
    // As floating-point numbers, which hold every whole number that a journal counts to: larger ones, which only a damaged file
    // has, would keep all partitions from being listed.
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

  /** The oldest first. */
  all(): readonly PartitionRow[] {
    return this.#all.all().map(row => ({
      partition: textIn(row, 'name'),
      epoch: numberIn(row, 'epoch'),
      position: numberIn(row, 'position'),
    }))
  }
}

/** Ids that are no numbers here, which only a damaged file has, would be counted on from. */
function moveIdsAboveNumbers(db: DatabaseSync): void {
  const most = Number.MAX_SAFE_INTEGER
  const counted = db.prepare(`SELECT 1 FROM sqlite_sequence WHERE name = 'partitions' AND seq > ${most}`).get()
  const given = db.prepare(`SELECT 1 FROM partitions WHERE id > ${most}`).get()
  // Where there is no room, even an update of nothing may fail.
  if (given) db.exec(`UPDATE partitions SET id = -id WHERE id > ${most}`)
  if (counted)
    db.exec(`UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(id), 0) FROM partitions) WHERE name = 'partitions'`)
}
