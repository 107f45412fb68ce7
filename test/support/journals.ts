import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
// Imported by its path, because the global setup of vitest knows no export conditions.
import { sqliteJournal } from '../../src/sqlite/index.ts'

/** A directory in memory, if the machine has one. Other tests check that files are kept. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/**
 * Makes a directory for the journals of all tests, with an empty journal to copy, because creating the tables takes longer than
 * a test. The directory is deleted at the end.
 */
export async function setup(): Promise<() => void> {
  const root = mkdtempSync(join(place, 'troupe-suite-'))
  const journal = sqliteJournal({ directory: join(root, 'empty') })
  await journal.partitions()
  await journal.close()
  process.env['TROUPE_JOURNALS'] = root
  return () => rmSync(root, { recursive: true, force: true })
}
