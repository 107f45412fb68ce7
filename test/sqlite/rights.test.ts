import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { frame } from './made.ts'
import { appendElsewhere, emptyJournal, journalIn, newDirectory, positions, withJournal } from './support.ts'

const modeOf = (path: string) => statSync(path).mode & 0o777

describe('what a journal makes', () => {
  it('may be read by the account of its process alone', async () => {
    const parent = newDirectory()
    const directory = join(parent, 'deep', 'data')
    await journalIn(directory).append('p', 1, 0, [frame('p', 1)])
    const names = readdirSync(directory).toSorted()
    expect(names).toEqual(['in-hand', 'journal.db', 'journal.db-wal', 'owner'])
    expect(names.map(name => modeOf(join(directory, name)))).toEqual(names.map(() => 0o600))
    expect([directory, join(parent, 'deep')].map(modeOf)).toEqual([0o700, 0o700])
  })

  it('leaves the rights alone that somebody has given to what was there', async () => {
    const directory = newDirectory()
    await withJournal(directory, journal => journal.partitions())
    chmodSync(directory, 0o750)
    chmodSync(join(directory, 'journal.db'), 0o640)
    await withJournal(directory, journal => journal.partitions())
    expect([directory, join(directory, 'journal.db')].map(modeOf)).toEqual([0o750, 0o640])
  })
})

describe('a directory of a journal in which something is no file', () => {
  const names = ['journal.db', 'journal.db-wal', 'journal.db-journal', 'journal.db-shm', 'in-hand', 'owner']

  it.each(names)('is refused when "%s" is a symbolic link, and what it leads to is left alone', async name => {
    const [directory, elsewhere] = [emptyJournal(), newDirectory()]
    await withJournal(directory, journal => journal.append('p', 1, 0, [frame('p', 1)]))
    const target = join(elsewhere, 'target')
    const path = join(directory, name)
    if (readdirSync(directory).includes(name)) renameSync(path, target)
    else writeFileSync(target, 'Dear diary')
    const before = readFileSync(target)
    symlinkSync(target, path)
    const error = await journalIn(directory)
      .partitions()
      .catch(error => error)
    expect(error).toMatchObject({ code: 'JOURNAL_OPEN', reason: 'not-a-file', directory })
    expect(error.message).toContain(`"${name}" is a symbolic link and not a file. Put the file itself there`)
    expect(readFileSync(target)).toEqual(before)
  })

  it('is refused when a link leads nowhere, and nothing is made there', async () => {
    const [directory, elsewhere] = [newDirectory(), newDirectory()]
    symlinkSync(join(elsewhere, 'target'), join(directory, 'journal.db'))
    await expect(journalIn(directory).partitions()).rejects.toMatchObject({ reason: 'not-a-file' })
    expect(readdirSync(elsewhere)).toEqual([])
  })

  it('is refused when a file is a directory', async () => {
    const directory = newDirectory()
    mkdirSync(join(directory, 'journal.db'))
    await expect(journalIn(directory).partitions()).rejects.toMatchObject({ reason: 'not-a-file' })
  })
})

describe('a journal that is reached in two ways', () => {
  it('may be in a directory that is a link, and is one with it', async () => {
    const directory = emptyJournal()
    const link = join(newDirectory(), 'link')
    symlinkSync(directory, link)
    const journal = journalIn(link)
    await journal.append('p', 1, 0, [frame('p', 1)])
    await expect(journalIn(directory).partitions()).rejects.toMatchObject({ code: 'JOURNAL_LOCKED', pid: process.pid })
    expect(await appendElsewhere(directory, 1)).toMatchObject({ refused: 'JOURNAL_LOCKED' })
    await journal.close()
    expect(await positions(journalIn(directory), 'p')).toEqual([1])
  })

  it('has one owner also when its database has two names', async () => {
    const [directory, other] = [emptyJournal(), newDirectory()]
    const journal = journalIn(directory)
    await journal.append('p', 1, 0, [frame('p', 1)])
    linkSync(join(directory, 'journal.db'), join(other, 'journal.db'))
    await expect(journalIn(other).partitions()).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' })
    expect(await appendElsewhere(other, 1)).toMatchObject({ refused: 'JOURNAL_LOCKED' })
    await journal.append('p', 1, 1, [frame('p', 2)])
    expect(await positions(journal, 'p')).toEqual([1, 2])
  })
})
