import { closeSync, constants, existsSync, fsyncSync, lstatSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Refusal } from './refusal.ts'

/** The files that a journal keeps in its directory. */
export const fileNames = {
  database: 'journal.db',
  /** SQLite's write-ahead log, which holds what is not in the database yet. */
  log: 'journal.db-wal',
  inHand: 'in-hand',
  owner: 'owner',
} as const

/** Also those that SQLite makes on its way. */
const allNames = [...Object.values(fileNames), 'journal.db-journal', 'journal.db-shm']

/** Only the account that runs the process may read what a journal holds. */
export const fileMode = 0o600

const directoryMode = 0o700

/** Step by step, because Node's `recursive` never ends where nothing can be made, as in `/proc`. */
export function makeDirectory(directory: string): void {
  if (existsSync(directory)) return
  const parent = dirname(directory)
  makeDirectory(parent)
  try {
    mkdirSync(directory, directoryMode)
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(directory)) throw error
  }
  syncDirectory(parent)
}

/** What was made in a directory is there for good when the directory itself has been written. */
export function syncDirectory(directory: string): void {
  try {
    const file = openSync(directory, constants.O_RDONLY)
    fsyncSync(file)
    closeSync(file)
  } catch {
    // Not every system can synchronise a directory, and not every process may read the parent of its own.
  }
}

/**
 * Looks at the files before any of them is opened.
 *
 * @returns whether there is no journal yet
 * @throws Refusal when a file is something else, or the database is gone while other files show that there was one
 */
export function checkFiles(directory: string): boolean {
  for (const name of allNames) checkKind(directory, name)
  // First the others: another process that makes a journal meanwhile makes its database before them.
  const { database, ...others } = fileNames
  const traces = Object.values(others).filter(name => hasTrace(directory, name))
  const size = sizeOf(directory, database)
  if (!size && traces.length > 0) {
    const what = size === undefined ? 'missing' : 'empty'
    throw incomplete(`"${database}" is ${what}, although "${traces[0]}" shows that there was a journal`)
  }
  return size === undefined
}

/** The database lacks a part of what was acknowledged. */
export function incomplete(text: string): Refusal {
  return new Refusal({ code: 'open', reason: 'incomplete', text })
}

function checkKind(directory: string, name: string): void {
  const found = lstatSync(join(directory, name), { throwIfNoEntry: false })
  if (!found || found.isFile()) return
  const kind = found.isSymbolicLink() ? 'a symbolic link' : found.isDirectory() ? 'a directory' : 'a device'
  throw new Refusal({ code: 'open', reason: 'not-a-file', text: `"${name}" is ${kind} and not a file` })
}

/** An empty log shows nothing: SQLite makes one when it only looks for it. */
function hasTrace(directory: string, name: string): boolean {
  const size = sizeOf(directory, name)
  return name === fileNames.log ? Boolean(size) : size !== undefined
}

function sizeOf(directory: string, name: string): number | undefined {
  return lstatSync(join(directory, name), { throwIfNoEntry: false })?.size
}
