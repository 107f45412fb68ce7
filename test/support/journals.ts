import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
// By its path, because what vitest runs once before all tests knows no export conditions.
import { sqliteJournal } from '../../src/sqlite/index.ts'

/** Where a disk takes no time, if there is such a place: that one keeps what it was given is tested elsewhere. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/**
 * Makes a directory for the journals of all tests, and in it an empty one to begin with a copy of: the tables take longer than
 * a test. Nothing of it is left.
 */
export async function setup(): Promise<() => void> {
  const root = mkdtempSync(join(place, 'troupe-suite-'))
  const journal = sqliteJournal({ directory: join(root, 'empty') })
  await journal.partitions()
  await journal.close()
  process.env['TROUPE_JOURNALS'] = root
  return () => rmSync(root, { recursive: true, force: true })
}
