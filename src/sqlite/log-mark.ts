import { closeSync, constants, openSync, readSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'

/** The application id of a database that is complete without its log: "trou" in ASCII. */
const whole = 0x74_72_6f_75

/** The application id of a database that is complete only together with its log: "trow". */
const lacking = 0x74_72_6f_77

/** The first four bytes of every log of SQLite; their last bit may be 0 or 1. */
const magic = 0x37_7f_06_82

/** Marks a new database as complete. */
export function markWhole(db: DatabaseSync): void {
  db.exec(`PRAGMA application_id = ${whole}`)
}

/**
 * Marks the database file as lacking its log, and writes the mark of a complete database into the log. So the two files together
 * are complete, and so is the database after SQLite has copied the log into it. But a database whose log was deleted still says
 * that it lacks something.
 *
 * To be called again after each copy of the log, because the copy overwrites the mark.
 */
export function markLacking(db: DatabaseSync): void {
  db.exec(`PRAGMA application_id = ${lacking}`)
  db.exec('PRAGMA wal_checkpoint(PASSIVE)')
  markWhole(db)
}

/** Whether an application id is that of a journal. */
export function isMark(id: number): boolean {
  return id === whole || id === lacking
}

/** Whether a database with this application id lacks what is in its log. */
export function isLacking(id: number): boolean {
  return id === lacking
}

/** Whether a file begins like a log: it is not empty, and not only zeros. */
export function isLog(path: string): boolean {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      return beginsAsLog(file)
    } finally {
      closeSync(file)
    }
  } catch {
    return false
  }
}

const beginning = Buffer.alloc(4)

/** Whether an open file begins like a log. */
export function beginsAsLog(file: number): boolean {
  return readSync(file, beginning, 0, 4, 0) === 4 && (beginning.readUInt32BE() & ~1) === magic
}
