import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Journal } from 'troupe'
import { type SqliteJournalOptions, sqliteJournal } from 'troupe/sqlite'
import { onTestFinished } from 'vitest'
import { layDownEmpty } from '../support/temporary-journal.ts'
import { frame } from './made.ts'

/** A directory that is gone when the test is over. */
export function newDirectory(parent = tmpdir()): string {
  const directory = mkdtempSync(join(parent, 'troupe-sqlite-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A directory with a journal that holds nothing yet, for tests of what comes after it was made. */
export function emptyJournal(directory = newDirectory()): string {
  layDownEmpty(directory)
  return directory
}

/** A journal that is closed when the test is over, if it was not before. */
export function journalIn(directory: string, options: Omit<SqliteJournalOptions, 'directory'> = {}): Journal {
  const journal = sqliteJournal({ directory, ...options })
  onTestFinished(() => journal.close())
  return journal
}

/** Makes a journal, does something with it and closes it. */
export async function withJournal<T>(
  directory: string,
  use: (journal: Journal, directory: string) => Promise<T>,
): Promise<T> {
  const journal = sqliteJournal({ directory })
  try {
    return await use(journal, directory)
  } finally {
    await journal.close()
  }
}

/** A copy of the directory of an open journal: what would be there if the process were killed now. */
export function leftBehind(directory: string): string {
  const copy = newDirectory()
  // By another process: in this one, closing a file that SQLite has open would take its lock away.
  execFileSync('cp', ['-R', `${directory}/.`, copy])
  return copy
}

/** A directory as a killed process leaves it; its journal holds a frame for each text. */
export async function killed(texts: readonly string[] = ['a']): Promise<string> {
  return withJournal(emptyJournal(), async (journal, directory) => {
    for (const [place, text] of texts.entries()) await journal.append('p', 1, place, [frame('p', place + 1, text)])
    return leftBehind(directory)
  })
}

/** A directory whose journal holds one frame and was closed. */
export async function ended(): Promise<string> {
  const directory = emptyJournal()
  await withJournal(directory, journal => journal.append('p', 1, 0, [frame('p', 1)]))
  return directory
}

export async function positions(journal: Journal, partition: string): Promise<readonly number[]> {
  const found: number[] = []
  for await (const { position } of journal.read(partition)) found.push(position)
  return found
}

/** What a process that was killed had been told. */
export interface Killed {
  /** The last frame of each partition that was acknowledged. */
  readonly acknowledged: ReadonlyMap<string, number>
  readonly refused: string | undefined
}

/** Lets another process append, until so many frames are acknowledged or it is refused, and kills it if it still runs. */
export async function appendElsewhere(directory: string, most: number, worker?: URL): Promise<Killed> {
  const program = join(import.meta.dirname, 'appender.ts')
  const args = ['--conditions=troupe-source', program, directory, ...(worker ? [worker.href] : [])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const acknowledged = new Map<string, number>()
  let refused: string | undefined
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [partition = '', position = ''] = line.split(' ')
    if (partition === 'refused') refused = position
    else acknowledged.set(partition, Number(position))
    if (++lines === most) child.kill('SIGKILL')
  }
  await ended
  return { acknowledged, refused }
}
