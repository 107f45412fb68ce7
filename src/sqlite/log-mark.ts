import { closeSync, constants, openSync, readSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'

/** The application id of a journal of which nothing is missing: "trou" in ASCII. */
const whole = 0x74_72_6f_75

/** The application id of a database that lacks what is in its log: "trow". */
const lacking = 0x74_72_6f_77

/** How every log of SQLite begins, but for its last bit. */
const magic = 0x37_7f_06_82

/** Marks a database that is new. */
export function markWhole(db: DatabaseSync): void {
  db.exec(`PRAGMA application_id = ${whole}`)
}

/**
 * Marks the database as one that lacks its log, and in the log as one that is whole. With its log it is whole therefore, and so
 * it is when any SQLite has copied the log into it; a database whose log is gone says that it lacks something.
 *
 * To be done again whenever the log was copied, which copies the mark too.
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

/** Whether a file begins as a log does: neither empty nor a hole. */
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

/** Whether an open file begins as a log does. */
export function beginsAsLog(file: number): boolean {
  return readSync(file, beginning, 0, 4, 0) === 4 && (beginning.readUInt32BE() & ~1) === magic
}
