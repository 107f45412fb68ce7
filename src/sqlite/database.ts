import { accessSync, chmodSync, constants } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { numberIn, textIn } from './columns.ts'
import { checkFiles, fileMode, fileNames, incomplete, makeDirectory, syncDirectory } from './directory.ts'
import { isLacking, isLog, isMark, markLacking, markWhole } from './log-mark.ts'
import { OpenFiles } from './open-files.ts'
import { ownerOf, writeOwner } from './owner.ts'
import type { Failure, FileIdentity, OpenReason, Place } from './protocol.ts'
import { Refusal, sqliteCodeOf, sqliteCodes, textOf } from './refusal.ts'
import { isSameFile, WatchedFile } from './watched-file.ts'
import { WatchedLog } from './watched-log.ts'

/** The version of the tables that `migrations.ts` leads to. */
const newestVersion = 2

const pageLength = 4_096

/** Pages in the write-ahead log after which SQLite copies them into the database. */
const checkpointPages = 2_048

/** Bytes to which the log is shortened when it begins anew. */
const keptOfLog = 4 * checkpointPages * pageLength

/** An open journal. */
export interface OpenDatabase {
  readonly db: DatabaseSync
  readonly files: OpenFiles
}

/**
 * Opens the file of a journal, and keeps other processes from opening it. Creates the file if there is none.
 *
 * @throws Refusal
 */
export async function openDatabase({ directory, maxBytes, known }: Place): Promise<OpenDatabase> {
  let db: DatabaseSync | undefined
  try {
    if (known) checkSame(directory, known)
    makeDirectory(directory)
    accessSync(directory, constants.W_OK)
    const isNew = checkFiles(directory)
    db = new DatabaseSync(join(directory, fileNames.database))
    lock(db)
    const file = new WatchedFile(directory, fileNames.database)
    // SQLite has created the file, but not written to it yet.
    if (isNew) restrict(file.path)
    const version = versionOf(db, directory)
    writeOwner(directory)
    if (version > 0) check(db)
    configure(db, maxBytes)
    if (version < newestVersion) await (await import('./migrations.ts')).migrate(db)
    markLacking(db)
    if (isNew) syncDirectory(directory)
    return { db, files: watch(db, directory, file) }
  } catch (error) {
    db?.close()
    throw new Refusal(whyNot(error, directory))
  }
}

/**
 * Closes a journal. Afterwards, its database is complete without its log.
 *
 * @throws Refusal when a file was lost
 */
export function closeDatabase({ db, files }: OpenDatabase): void {
  try {
    files.check()
    // An earlier try may have failed because the disk was full.
    if (isLacking(pragma(db, 'application_id'))) markWhole(db)
  } finally {
    files.close()
    db.close()
  }
}

/** Refuses a database that is not the same file as before. Creates none in its place. @throws Refusal */
function checkSame(directory: string, known: FileIdentity): void {
  const file = new WatchedFile(directory, fileNames.database)
  if (!isSameFile(file.identity, known)) throw file.lost('replaced')
}

function restrict(path: string): void {
  try {
    chmodSync(path, fileMode)
  } catch {
    // Some file systems have no access rights.
  }
}

function watch(db: DatabaseSync, directory: string, database: WatchedFile): OpenFiles {
  const log = new WatchedLog(directory, fileNames.log)
  return new OpenFiles(database, log, { keptOfLog, copied: () => markLacking(db) })
}

function lock(db: DatabaseSync): void {
  // Set before the first read. Then the log needs no shared memory, and the lock is kept until the file is closed.
  db.exec('PRAGMA locking_mode = EXCLUSIVE')
  db.exec(`PRAGMA page_size = ${pageLength}`)
  db.exec('BEGIN EXCLUSIVE')
  db.exec('COMMIT')
}

/** The version of the tables; 0 when there are none yet. */
function versionOf(db: DatabaseSync, directory: string): number {
  const id = pragma(db, 'application_id')
  const tables = numberIn(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get(), 'tables')
  const isNew = id === 0 && tables === 0
  if (isNew) markWhole(db)
  else if (!isMark(id)) throw refused('foreign', 'it is a database of something else')
  else if (isLacking(id) && !isLog(join(directory, fileNames.log)))
    throw incomplete(`"${fileNames.log}" is missing or empty, and it holds a part of what was acknowledged`)
  const version = pragma(db, 'user_version')
  if (version > newestVersion)
    throw refused('newer', `its tables have version ${version}, and this one knows ${newestVersion}`)
  return version
}

function check(db: DatabaseSync): void {
  const found = textIn(db.prepare('PRAGMA quick_check(1)').get(), 'quick_check')
  if (found !== 'ok') throw refused('damaged', found)
}

function configure(db: DatabaseSync, maxBytes: number | undefined): void {
  db.exec('PRAGMA journal_mode = WAL')
  db.exec('PRAGMA synchronous = FULL')
  // On a Mac, only this makes writes reach the disk; on other systems it has no effect.
  db.exec('PRAGMA fullfsync = ON')
  db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`)
  db.exec(`PRAGMA journal_size_limit = ${keptOfLog}`)
  db.exec('PRAGMA cache_size = -32768')
  if (maxBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageLength))}`)
}

function pragma(db: DatabaseSync, name: string): number {
  return numberIn(db.prepare(`PRAGMA ${name}`).get(), name)
}

function refused(reason: OpenReason, text: string): Refusal {
  return new Refusal({ code: 'open', reason, text })
}

/** Why a journal cannot be opened, by the thrown error. */
function whyNot(thrown: unknown, directory: string): Failure {
  if (thrown instanceof Refusal) return thrown.failure
  const sqliteCode = sqliteCodeOf(thrown)
  if (sqliteCode === sqliteCodes.busy || sqliteCode === sqliteCodes.locked)
    return { code: 'locked', pid: ownerOf(directory) }
  if (sqliteCode === sqliteCodes.full) return { code: 'full', text: textOf(thrown) }
  return { code: 'open', reason: reasonOf(sqliteCode, thrown), text: textOf(thrown) }
}

function reasonOf(sqliteCode: number | undefined, thrown: unknown): OpenReason {
  if (sqliteCode === sqliteCodes.readOnly) return 'read-only'
  if (sqliteCode === sqliteCodes.corrupt) return 'damaged'
  if (sqliteCode === sqliteCodes.notDatabase) return 'foreign'
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'read-only'
  return code === 'ERR_MODULE_NOT_FOUND' ? 'no-kysely' : 'unreachable'
}
