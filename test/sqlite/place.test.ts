import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type SqliteJournalOptions, sqliteJournal } from 'troupe/sqlite'
import { describe, expect, it } from 'vitest'
import { frame } from './made.ts'
import { appendElsewhere, emptyJournal, journalIn, newDirectory, positions } from './support.ts'

describe('a journal that is open', () => {
  it('is refused to a second one in the same process', async () => {
    const directory = emptyJournal()
    await journalIn(directory).append('p', 1, 0, [frame('p', 1)])
    const error = await journalIn(directory)
      .partitions()
      .catch(error => error)
    expect(error).toMatchObject({ code: 'JOURNAL_LOCKED', directory, pid: process.pid })
    expect(error.message).toBe(
      `The journal in "${directory}" is open already by this process. Stop that one first, or use another directory.`,
    )
  })

  it('is refused to another process', async () => {
    const directory = emptyJournal()
    const journal = journalIn(directory)
    await journal.partitions()
    expect(await appendElsewhere(directory, 1)).toMatchObject({ refused: 'JOURNAL_LOCKED' })
    expect(await journal.partitions()).toEqual([])
  })

  it('is free for the next one when it is closed, which may be one that was refused', async () => {
    const directory = emptyJournal()
    const [first, second] = [journalIn(directory), journalIn(directory)]
    await first.append('p', 1, 0, [frame('p', 1)])
    await expect(second.partitions()).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' })
    await first.close()
    expect(await positions(second, 'p')).toEqual([1])
  })
})

describe('a place where no journal can be', () => {
  it('below a file is refused', async () => {
    const path = join(newDirectory(), 'file')
    writeFileSync(path, '')
    const error = await journalIn(join(path, 'data'))
      .append('p', 1, 0, [frame('p', 1)])
      .catch(error => error)
    expect(error).toMatchObject({ code: 'JOURNAL_OPEN', reason: 'unreachable' })
    expect(error.message).toContain('ENOTDIR')
  })

  it.each(['/proc/self', '/proc/self/data/deep'])('that nothing can be written to is refused: %s', async directory => {
    await expect(journalIn(directory).partitions()).rejects.toMatchObject({ code: 'JOURNAL_OPEN', directory })
  })

  it('is looked at again with the next use', async () => {
    const directory = newDirectory()
    const path = join(directory, 'journal.db')
    writeFileSync(path, 'Dear diary, '.repeat(1_000))
    const journal = journalIn(directory)
    await expect(journal.partitions()).rejects.toMatchObject({ reason: 'foreign' })
    writeFileSync(path, '')
    expect(await journal.partitions()).toEqual([])
  })
})

describe('options that make no journal', () => {
  it.each([
    ['directory', { directory: ' ' }],
    ['directory', { directory: 'da\0ta' }],
    ['directory', {}],
    ['directory', { directory: null }],
    ['directory', { directory: 5 }],
    ['directory', { directory: new URL('file:///data') }],
    ['directory', undefined],
    ['directory', 'data'],
    ['maxBytes', { directory: 'data', maxBytes: '1 GB' }],
    ['readOnly', { directory: 'data', readOnly: 'no' }],
    ['maxBytes', { directory: 'data', maxBytes: 1_000 }],
    ['maxBytes', { directory: 'data', maxBytes: Number.NaN }],
  ])('name the one that is wrong: %s, %j', (option, options: unknown) => {
    // Plain JavaScript may give anything.
    expect(() => sqliteJournal(options as SqliteJournalOptions)).toThrow(
      expect.objectContaining({ code: 'JOURNAL_OPTIONS', option }),
    )
  })
})
