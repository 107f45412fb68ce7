import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
// By its path, because what vitest runs once before all tests knows no export conditions.
import { sqliteJournal } from '../../src/sqlite/index.ts'

/** Makes an empty journal on SQLite once, for all tests to begin with a copy of: the tables take longer than a test. */
export async function setup(): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'troupe-empty-'))
  const journal = sqliteJournal({ directory })
  await journal.partitions()
  await journal.close()
  process.env['TROUPE_EMPTY_JOURNAL'] = directory
  return () => rmSync(directory, { recursive: true, force: true })
}
