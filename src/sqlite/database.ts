import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { numberIn, textIn } from './columns.ts'
import type { Failure, OpenReason, Place } from './protocol.ts'
import { Refusal, sqliteCodeOf, sqliteCodes, textOf } from './refusal.ts'

/** What marks a file as a journal: "trou" in ASCII. */
const applicationId = 0x74_72_6f_75

/** The version of the tables that `migrations.ts` leads to. */
const newestVersion = 1

const pageLength = 4_096

/** Pages in the write-ahead log after which they are copied to where they belong. */
const checkpointPages = 2_048

/**
 * Opens the file of a journal so that nobody else can, making it first where there is none.
 *
 * @throws Refusal
 */
export async function openDatabase({ directory, maxBytes }: Place): Promise<DatabaseSync> {
  let db: DatabaseSync | undefined
  try {
    makeDirectory(directory)
    accessSync(directory, constants.W_OK)
    db = new DatabaseSync(join(directory, 'journal.db'))
    lock(db)
    const version = versionOf(db)
    writeFileSync(ownerOf(directory), String(process.pid))
    if (version > 0) check(db)
    configure(db, maxBytes)
    if (version < newestVersion) await (await import('./migrations.ts')).migrate(db)
    return db
  } catch (error) {
    db?.close()
    throw new Refusal(whyNot(error, directory))
  }
}

/** The file in which the process that has the journal open says which one it is. */
function ownerOf(directory: string): string {
  return join(directory, 'owner')
}

/** Step by step, because Node's `recursive` never ends where nothing can be made, as in `/proc`. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return
  const parent = dirname(directory)
  makeDirectory(parent)
  try {
    mkdirSync(directory)
  } catch (error) {
    // Somebody else may have been faster.
    if (!existsSync(directory)) throw error
  }
  // It is there for good when the one that it is in has been written.
  sync(parent)
}

function sync(directory: string): void {
  try {
    const file = openSync(directory, 'r')
    fsyncSync(file)
    closeSync(file)
  } catch {
    // Not every system lets a directory be synchronised, nor everybody read the one that his is in.
  }
}

function lock(db: DatabaseSync): void {
  // Before anything is read: then the log needs no shared memory, and the lock is kept until the file is closed.
  db.exec('PRAGMA locking_mode = EXCLUSIVE')
  db.exec(`PRAGMA page_size = ${pageLength}`)
  db.exec('BEGIN EXCLUSIVE')
  db.exec('COMMIT')
}

/** The version of the tables; 0 when there are none yet. */
function versionOf(db: DatabaseSync): number {
  const id = pragma(db, 'application_id')
  const tables = numberIn(db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get(), 'tables')
  const isNew = id === 0 && tables === 0
  if (isNew) db.exec(`PRAGMA application_id = ${applicationId}`)
  else if (id !== applicationId) throw refused('foreign', 'it is a database of something else')
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
  // On a Mac, nothing less reaches the disk; elsewhere it means nothing.
  db.exec('PRAGMA fullfsync = ON')
  db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`)
  db.exec(`PRAGMA journal_size_limit = ${4 * checkpointPages * pageLength}`)
  db.exec('PRAGMA cache_size = -32768')
  if (maxBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageLength))}`)
}

function pragma(db: DatabaseSync, name: string): number {
  return numberIn(db.prepare(`PRAGMA ${name}`).get(), name)
}

function refused(reason: OpenReason, text: string): Refusal {
  return new Refusal({ code: 'open', reason, text })
}

/** Why a journal cannot be opened, from what was thrown on the way. */
function whyNot(thrown: unknown, directory: string): Failure {
  if (thrown instanceof Refusal) return thrown.failure
  const sqliteCode = sqliteCodeOf(thrown)
  if (sqliteCode === sqliteCodes.busy || sqliteCode === sqliteCodes.locked)
    return { code: 'locked', pid: holderOf(directory) }
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

/** The process that has the journal open, if it has said so and is still there. */
function holderOf(directory: string): number | undefined {
  try {
    const pid = Number(readFileSync(ownerOf(directory), 'utf8'))
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0) ? pid : undefined
  } catch {
    return undefined
  }
}
