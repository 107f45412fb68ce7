import { copyFileSync, readFileSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { ended, journalIn, killed, newDirectory, positions } from './support.ts'

const [database, log] = ['journal.db', 'journal.db-wal']

/** Tries it twice: the first try must not repair or change anything. */
async function expectRefused(directory: string, text: string): Promise<void> {
  for (let times = 0; times < 2; times++) {
    const error = await journalIn(directory)
      .partitions()
      .catch(error => error)
    expect(error).toMatchObject({ code: 'JOURNAL_OPEN', reason: 'incomplete', directory })
    expect(error.message).toContain(text)
    expect(error.message).toContain('restore the whole directory from a backup')
  }
}

describe('a journal whose process was killed', () => {
  it('has all that was acknowledged when its files are there', async () => {
    expect(await positions(journalIn(await killed()), 'p')).toEqual([1])
  })

  it.each<[string, (path: string) => void]>([
    ['missing', unlinkSync],
    ['empty', truncateSync],
    ['a hole', path => writeFileSync(path, Buffer.alloc(statSync(path).size))],
  ])('is refused when its log is %s', async (_, harm) => {
    const directory = await killed()
    harm(join(directory, log))
    await expectRefused(directory, '"journal.db-wal" is missing or empty')
  })

  it('is refused without its log also when SQLite has copied a log into the database before', async () => {
    const directory = await killed(Array.from({ length: 4 }, () => 'x'.repeat(4_000_000)))
    unlinkSync(join(directory, log))
    await expectRefused(directory, '"journal.db-wal" is missing or empty')
  })

  it.each([
    ['missing', unlinkSync],
    ['empty', truncateSync],
  ])('is refused when its database is %s, and its log stays as it was', async (what, harm) => {
    const directory = await killed()
    const before = readFileSync(join(directory, log))
    harm(join(directory, database))
    await expectRefused(directory, `"journal.db" is ${what}, although "journal.db-wal" shows that there was a journal`)
    expect(readFileSync(join(directory, log))).toEqual(before)
  })

  it('is opened after another program has copied its log into the database', async () => {
    const directory = await killed()
    const db = new DatabaseSync(join(directory, database))
    expect(db.prepare('SELECT count(*) AS frames FROM frames').get()).toEqual({ frames: 1 })
    db.close()
    expect(await positions(journalIn(directory), 'p')).toEqual([1])
  })
})

describe('a journal that was closed', () => {
  it.each([
    ['missing', unlinkSync],
    ['empty', truncateSync],
  ])('is refused when its database is %s', async (what, harm) => {
    const directory = await ended()
    harm(join(directory, database))
    await expectRefused(directory, `"journal.db" is ${what}, although "in-hand" shows that there was a journal`)
  })

  it('is all in its database, which is a backup by itself', async () => {
    const directory = newDirectory()
    copyFileSync(join(await ended(), database), join(directory, database))
    expect(await positions(journalIn(directory), 'p')).toEqual([1])
  })
})
