import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Journal, TroupeError } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import { frame } from '../sqlite/made.ts'
import { emptyJournal, journalIn, newDirectory, positions } from '../sqlite/support.ts'

const log = 'journal.db-wal'

/** A journal of one frame, with its files in a directory that a test may do anything to. */
async function opened(worker?: URL) {
  const directory = emptyJournal(join(newDirectory(), 'data'))
  const journal = sqliteJournal({ directory, ...(worker && { worker }) })
  onTestFinished(() => journal.close().catch(() => {}))
  await journal.append('p', 1, 0, [frame('p', 1)])
  return { directory, journal, path: (name: string) => join(directory, name) }
}

/** What the next start finds of a partition, or why it is refused. */
async function foundIn(directory: string): Promise<unknown> {
  return positions(journalIn(directory), 'p').catch(error => (TroupeError.is(error) ? { ...error } : error))
}

const another = (path: string) => {
  copyFileSync(path, `${path}-2`)
  renameSync(`${path}-2`, path)
}

describe('a journal whose files vanish while it is open', () => {
  it.each<[string, (directory: string) => void, string, string]>([
    ['the directory is deleted', directory => rmSync(directory, { recursive: true }), 'journal.db', 'missing'],
    ['the directory is renamed', directory => renameSync(directory, `${directory}-2`), 'journal.db', 'missing'],
    ['the database is deleted', directory => unlinkSync(join(directory, 'journal.db')), 'journal.db', 'missing'],
    ['the log is deleted', directory => unlinkSync(join(directory, log)), log, 'missing'],
    ['the database is emptied', directory => truncateSync(join(directory, 'journal.db')), 'journal.db', 'shortened'],
    ['the database is cut', directory => truncateSync(join(directory, 'journal.db'), 9_000), 'journal.db', 'shortened'],
    ['the log is emptied', directory => truncateSync(join(directory, log)), log, 'shortened'],
    ['the log is cut', directory => truncateSync(join(directory, log), 9_000), log, 'shortened'],
    ['another log takes its place', directory => another(join(directory, log)), log, 'replaced'],
  ])('acknowledges nothing any more, and the next start has all or is refused: %s', async (_, harm, file, loss) => {
    const { directory, journal } = await opened()
    await harmed(directory, journal, harm, file, loss)
  })

  it.each<[string, (directory: string) => void, string]>([
    ['deleted', directory => unlinkSync(join(directory, log)), 'missing'],
    ['emptied', directory => truncateSync(join(directory, log)), 'shortened'],
    ['cut', directory => truncateSync(join(directory, log), 9_000), 'shortened'],
    ['replaced', directory => another(join(directory, log)), 'replaced'],
  ])(
    'notices as well that its log was %s after nothing has changed in the directory for long',
    async (_, harm, loss) => {
      const { directory, journal } = await opened()
      utimesSync(directory, 1_000_000, 1_000_000)
      // It has looked at the directory since.
      await positions(journal, 'p')
      await harmed(directory, journal, harm, log, loss)
    },
  )

  async function harmed(
    directory: string,
    journal: Journal,
    harm: (directory: string) => void,
    file: string,
    loss: string,
  ) {
    harm(directory)
    const error = await journal.append('p', 1, 1, [frame('p', 2)]).catch(error => error)
    expect(error).toMatchObject({ code: 'JOURNAL_LOST', directory, file, loss })
    // Otherwise whoever looks whether it was written after all would find it.
    await expect(positions(journal, 'p')).rejects.toMatchObject({ code: 'JOURNAL_LOST' })
    await expect(journal.close()).rejects.toMatchObject({ code: 'JOURNAL_LOST' })
    const left = existsSync(directory) ? directory : `${directory}-2`
    if (existsSync(left))
      expect([[1], expect.objectContaining({ code: 'JOURNAL_OPEN' })]).toContainEqual(await foundIn(left))
  }

  it('acknowledges nothing any more when another journal takes their place, and leaves that alone', async () => {
    const { directory, journal } = await opened()
    const other = await opened()
    await other.journal.close()
    renameSync(directory, `${directory}-2`)
    renameSync(other.directory, directory)
    const next = journalIn(directory)
    await next.append('p', 1, 1, [frame('p', 2)])
    await expect(journal.append('p', 1, 1, [frame('p', 2)])).rejects.toMatchObject({
      file: 'journal.db',
      loss: 'replaced',
    })
    await expect(journal.close()).rejects.toMatchObject({ code: 'JOURNAL_LOST' })
    expect(statSync(join(directory, log)).size).toBeGreaterThan(0)
    await next.append('p', 1, 2, [frame('p', 3)])
    expect(await positions(next, 'p')).toEqual([1, 2, 3])
  })

  it('says which file, what happened to it and what to do', async () => {
    const { directory, journal, path } = await opened()
    unlinkSync(path(log))
    const error = await journal.partitions().catch(error => error)
    expect(error.message).toBe(
      `The journal in "${directory}" can go on no more: its file "journal.db-wal" is not there any more. Put back what was taken away, or stop this process and restore the directory from a backup.`,
    )
  })

  it('goes on when they are put back', async () => {
    const { directory, journal } = await opened()
    renameSync(directory, `${directory}-2`)
    await expect(journal.append('p', 1, 1, [frame('p', 2)])).rejects.toMatchObject({ code: 'JOURNAL_LOST' })
    renameSync(`${directory}-2`, directory)
    await journal.append('p', 1, 1, [frame('p', 2)])
    await journal.close()
    expect(await foundIn(directory)).toEqual([1, 2])
  })

  it('goes on without the notes that hold nothing of what was acknowledged', async () => {
    const { directory, journal, path } = await opened()
    for (const name of ['in-hand', 'owner']) unlinkSync(path(name))
    await journal.append('p', 1, 1, [frame('p', 2)])
    await journal.close()
    expect(await foundIn(directory)).toEqual([1, 2])
  })

  it('keeps what is left of a log that was cut', async () => {
    const { journal, path } = await opened()
    const before = readFileSync(path(log))
    truncateSync(path(log), before.length - 1)
    await expect(journal.partitions()).rejects.toMatchObject({ code: 'JOURNAL_LOST' })
    expect(readFileSync(path(`${log}-cut`))).toEqual(before.subarray(0, -1))
  })

  it.each(['deleted', 'emptied'])('acknowledges no transaction during which its log was %s', async how => {
    const { directory, journal } = await opened(new URL(`../sqlite/log-${how}-before-commit.ts`, import.meta.url))
    const [partitions, own] = [journal.partitions(), journal.append('p', 1, 1, [frame('p', 2, 'x'.repeat(1_000_000))])]
    expect(await partitions).toHaveLength(1)
    await expect(own).rejects.toMatchObject({ code: 'JOURNAL_LOST', file: log })
    await expect(positions(journal, 'p')).rejects.toMatchObject({ code: 'JOURNAL_LOST' })
    await journal.close().catch(() => {})
    const found = await foundIn(directory)
    if (how === 'deleted') expect(found).toEqual([1, 2])
    else expect(found).toMatchObject({ code: 'JOURNAL_OPEN', reason: 'incomplete' })
  })
})

describe('a journal whose log was copied into its database without room to mark that', () => {
  const worker = new URL('../sqlite/marked-too-late.ts', import.meta.url)

  it.each([12, 40])('acknowledges what was written, goes on, and has all: %i MB', async megabytes => {
    const { directory, journal } = await opened(worker)
    await journal.append('p', 1, 1, [frame('p', 2, 'x'.repeat(megabytes * 1_000_000))])
    for (const position of [3, 4]) await journal.append('p', 1, position - 1, [frame('p', position)])
    await journal.close()
    expect(await foundIn(directory)).toEqual([1, 2, 3, 4])
  })

  it('has all when it is closed before it could', async () => {
    const { directory, journal } = await opened(worker)
    await journal.append('p', 1, 1, [frame('p', 2, 'x'.repeat(12_000_000))])
    await journal.append('p', 1, 2, [frame('p', 3)])
    await journal.close()
    expect(await foundIn(directory)).toEqual([1, 2, 3])
  })
})

it('a log that has become large is made smaller without being missed', async () => {
  const { directory, journal, path } = await opened()
  await journal.append('p', 1, 1, [frame('p', 2, 'x'.repeat(40_000_000))])
  expect(statSync(path(log)).size).toBeLessThan(40_000_000)
  await journal.append('p', 1, 2, [frame('p', 3)])
  await journal.close()
  expect(await foundIn(directory)).toEqual([1, 2, 3])
})

describe('a journal whose thread has ended', () => {
  const ended = new URL('../sqlite/ended-before-commit.ts', import.meta.url)
  const fail = (journal: Journal) =>
    expect(journal.append('p', 1, 1, [frame('p', 2)])).rejects.toMatchObject({ code: 'JOURNAL_DISK' })

  it('makes no new one where its own has vanished', async () => {
    const { directory, journal } = await opened(ended)
    await fail(journal)
    rmSync(directory, { recursive: true })
    await expect(journal.append('p', 1, 1, [frame('p', 2)])).rejects.toMatchObject({ code: 'JOURNAL_LOST' })
    expect(existsSync(directory)).toBe(false)
  })

  it('does not go on with another one', async () => {
    const { directory, journal, path } = await opened(ended)
    await fail(journal)
    renameSync(directory, `${directory}-2`)
    mkdirSync(directory)
    writeFileSync(path('journal.db'), '')
    await expect(journal.partitions()).rejects.toMatchObject({ code: 'JOURNAL_LOST', loss: 'replaced' })
    expect(statSync(path('journal.db')).size).toBe(0)
  })
})
