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

/** Includes the files that SQLite creates temporarily. */
const allNames = [...Object.values(fileNames), 'journal.db-journal', 'journal.db-shm']

/** Only the account that runs the process may read the journal. */
export const fileMode = 0o600

const directoryMode = 0o700

/** Creates one folder after the other, because Node's `recursive` never ends where no folder can be created, as in `/proc`. */
export function makeDirectory(directory: string): void {
  if (existsSync(directory)) return
  const parent = dirname(directory)
  makeDirectory(parent)
  try {
    mkdirSync(directory, directoryMode)
  } catch (error) {
    // Another process may have created it first.
    if (!existsSync(directory)) throw error
  }
  syncDirectory(parent)
}

/** A new file in a directory is durable only when the directory itself has been synchronised. */
export function syncDirectory(directory: string): void {
  try {
    const file = openSync(directory, constants.O_RDONLY)
    fsyncSync(file)
    closeSync(file)
  } catch {
    // Some systems cannot synchronise a directory, and some processes may not read the parent of their directory.
  }
}

/**
 * Checks the files before any of them is opened.
 *
 * @returns whether there is no journal yet
 * @throws Refusal when a file is something else, or the database is gone while other files show that there was one
 */
export function checkFiles(directory: string): boolean {
  for (const name of allNames) checkKind(directory, name)
  // The database is checked last: another process that creates a journal meanwhile creates the database first.
  const { database, ...others } = fileNames
  const traces = Object.values(others).filter(name => hasTrace(directory, name))
  const size = sizeOf(directory, database)
  if (!size && traces.length > 0) {
    const what = size === undefined ? 'missing' : 'empty'
    throw incomplete(`"${database}" is ${what}, although "${traces[0]}" shows that there was a journal`)
  }
  return size === undefined
}

/** The refusal for a database that lacks a part of what was acknowledged. */
export function incomplete(text: string): Refusal {
  return new Refusal({ code: 'open', reason: 'incomplete', text })
}

function checkKind(directory: string, name: string): void {
  const found = lstatSync(join(directory, name), { throwIfNoEntry: false })
  if (!found || found.isFile()) return
  const kind = found.isSymbolicLink() ? 'a symbolic link' : found.isDirectory() ? 'a directory' : 'a device'
  throw new Refusal({ code: 'open', reason: 'not-a-file', text: `"${name}" is ${kind} and not a file` })
}

/** An empty log does not show that there was a journal: SQLite creates an empty log when it looks for one. */
function hasTrace(directory: string, name: string): boolean {
  const size = sizeOf(directory, name)
  return name === fileNames.log ? Boolean(size) : size !== undefined
}

function sizeOf(directory: string, name: string): number | undefined {
  return lstatSync(join(directory, name), { throwIfNoEntry: false })?.size
}
