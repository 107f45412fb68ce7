import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Journal } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'

/** A journal on SQLite in a directory of its own, which is gone after `close`. */
export function temporaryJournal(): Journal {
  const directory = mkdtempSync(join(tmpdir(), 'troupe-sqlite-'))
  const journal = sqliteJournal({ directory })
  return {
    ...journal,
    async close() {
      await journal.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
