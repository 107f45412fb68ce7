import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Journal, memoryJournal } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'

export type JournalKind = 'memory' | 'sqlite'

/** The journal of a run, which outlives its processes. */
export interface Stored {
  readonly journal: Journal
  /** Whether its work is done by another thread, so that the event loop must turn until it is done. */
  readonly isAway: boolean
  /** Opens it again, as the next process does. */
  reopen(): Promise<void>
  close(): Promise<void>
}

export function createStored(kind: JournalKind): Stored {
  return kind === 'memory' ? inMemory() : onDisk()
}

function inMemory(): Stored {
  const journal = memoryJournal()
  return { journal, isAway: false, reopen: () => Promise.resolve(), close: () => journal.close() }
}

/** An empty journal. To copy it is faster than to make one. */
let empty: string | undefined

/** Makes the empty journal that each run on SQLite begins with. */
export async function prepareStored(kind: JournalKind): Promise<void> {
  if (kind === 'memory' || empty !== undefined) return
  const directory = mkdtempSync(join(tmpdir(), 'troupe-simulate-empty-'))
  empty = directory
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const journal = sqliteJournal({ directory })
  await journal.partitions()
  await journal.close()
}

function onDisk(): Stored {
  const directory = mkdtempSync(join(tmpdir(), 'troupe-simulate-'))
  if (empty !== undefined) cpSync(empty, directory, { recursive: true })
  let journal = sqliteJournal({ directory })
  return {
    get journal() {
      return journal
    },
    isAway: true,
    async reopen() {
      await journal.close()
      journal = sqliteJournal({ directory })
    },
    async close() {
      await journal.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
