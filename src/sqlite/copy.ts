import { constants, lstatSync, rmSync, type Stats } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../index.ts'
import { checkFiles, fileNames } from './directory.ts'
import { ownerOf } from './owner.ts'
import type { FileIdentity } from './protocol.ts'
import { Refusal, textOf } from './refusal.ts'

/** How often the files are copied before the journal counts as too busy, and the milliseconds between two tries. */
const mostTries = 20
const pause = 25

/** The files that hold the journal. The other files say which process had it open, and which event was in hand. */
const copied = [fileNames.database, fileNames.log] as const

/** A copy of a journal, which is read in its place. */
export interface Copy {
  readonly directory: string
  remove(): Promise<void>
}

/**
 * Copies a journal as it is now. If another process writes to it, the copy is repeated until no file changes during a copy. A
 * copy is needed because SQLite changes even a database that it only reads: it copies the log into the database, and writes other
 * files beside them.
 *
 * @param isOpenHere whether this process has a database open
 * @throws Refusal if there is no journal, if this process has it open, or if its files change during every copy
 */
export async function copyOf(directory: string, isOpenHere: (database: FileIdentity) => boolean): Promise<Copy> {
  checkThere(directory)
  const database = statsOf(directory, fileNames.database)
  // Closing a file that was read would release all locks of this process on that file.
  if (database && isOpenHere(database)) throw new Refusal({ code: 'locked', pid: process.pid })
  const copy = await mkdtemp(join(tmpdir(), 'troupe-copy-'))
  const removeAtOnce = () => rmSync(copy, { recursive: true, force: true })
  process.once('exit', removeAtOnce)
  const remove = async () => {
    await rm(copy, { recursive: true, force: true })
    process.off('exit', removeAtOnce)
  }
  try {
    for (let tries = 0; tries < mostTries; tries++) {
      const before = lookOf(directory)
      await copyAll(directory, copy)
      if (lookOf(directory) === before) return { directory: copy, remove }
      await new Promise<void>(resolve => systemClock.after(pause, resolve))
    }
    throw new Refusal({ code: 'locked', pid: ownerOf(directory) })
  } catch (error) {
    await remove()
    throw error instanceof Refusal ? error : new Refusal({ code: 'open', reason: 'unreachable', text: textOf(error) })
  }
}

/** @throws Refusal */
function checkThere(directory: string): void {
  if (!checkFiles(directory)) return
  const what = lstatSync(directory, { throwIfNoEntry: false }) ? `it has no "${fileNames.database}"` : 'it is not there'
  throw new Refusal({ code: 'open', reason: 'unreachable', text: what })
}

async function copyAll(directory: string, to: string): Promise<void> {
  for (const name of copied) {
    await rm(join(to, name), { force: true })
    if (statsOf(directory, name)) await copyFile(join(directory, name), join(to, name), constants.COPYFILE_FICLONE)
  }
}

/** A text that is different after one of the files was written. */
function lookOf(directory: string): string {
  return copied.map(name => lookAt(statsOf(directory, name))).join(' ')
}

function lookAt(stats: Stats | undefined): string {
  return stats ? `${stats.ino}:${stats.size}:${stats.mtimeMs}` : '-'
}

function statsOf(directory: string, name: string): Stats | undefined {
  return lstatSync(join(directory, name), { throwIfNoEntry: false })
}
