import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Journal } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { describe, expect, it } from 'vitest'
import { checkpoint, frame, snapshot } from './made.ts'
import { emptyJournal, journalIn, newDirectory, positions, withJournal } from './support.ts'

/** A journal with a bit of everything, closed. */
async function filled(): Promise<string> {
  const directory = emptyJournal()
  await withJournal(directory, async journal => {
    const frames = Array.from({ length: 50 }, (_, place) => frame('p', place + 1, `text ${place + 1} of p`))
    await journal.append('p', 1, 0, frames, new Map([['dog', checkpoint(50)]]))
    await journal.append('q', 1, 0, [frame('q', 1, 'text 1 of q')])
    await journal.save('p', snapshot(40))
    await journal.mark('the owl', new Map([['p', 3]]))
  })
  return directory
}

/** Changes one byte of a text in the file. */
function alter(directory: string, text: string): void {
  const path = join(directory, 'journal.db')
  const bytes = readFileSync(path)
  const place = bytes.indexOf(text)
  if (place < 0) throw new Error(`there is no "${text}"`)
  bytes[place] = (bytes[place] ?? 0) ^ 0x01
  writeFileSync(path, bytes)
}

/** Does something to the file that only SQLite can. */
function tamper(directory: string, sql: string): void {
  const db = new DatabaseSync(join(directory, 'journal.db'))
  db.exec(sql)
  db.close()
}

/** A journal with a checkpoint that is so long that only what changed in it was written, twice; closed. */
async function withChanges(): Promise<string> {
  const directory = emptyJournal()
  await withJournal(directory, async journal => {
    for (const position of [1, 2, 3]) {
      const log = ['x'.repeat(70_000), `text ${position} of the log`]
      await journal.append('p', 1, position - 1, [frame('p', position)], new Map([['dog', checkpoint(position, log)]]))
    }
  })
  return directory
}

describe('a journal in which a long checkpoint has changed', () => {
  it.each([
    ['DELETE FROM changes WHERE id = 1'],
    ["UPDATE changes SET body = replace(body, 'text 2', 'text 4') WHERE id = 1"],
    ["UPDATE changes SET body = replace(body, 'text 3', 'text 4') WHERE id = 2"],
    ["UPDATE checkpoints SET body = replace(body, 'xx', 'x')"],
  ])('says so when it is read: %s', async sql => {
    const directory = await withChanges()
    const journal = sqliteJournal({ directory })
    expect((await journal.saved('p')).checkpoints.get('dog')?.position).toBe(3)
    await journal.close()
    tamper(directory, sql)
    await expect(journalIn(directory).saved('p')).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      partition: 'p',
      what: 'the checkpoint of "dog"',
    })
  })
})

describe('a journal in which one byte has changed', () => {
  it.each([
    ['a frame', 'text 30 of p', 'frame 30', (journal: Journal) => positions(journal, 'p')],
    ['one of the newest frames', 'text 50 of p', 'frame 50', (journal: Journal) => journal.newest(5)],
    ['a checkpoint', '"position":50}}}', 'the checkpoint of "dog"', (journal: Journal) => journal.saved('p')],
  ])('says so when %s is read', async (_, text, what, read) => {
    const directory = await filled()
    alter(directory, text)
    const journal = journalIn(directory)
    await expect(read(journal)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', partition: 'p', what })
    expect(await positions(journal, 'q')).toEqual([1])
  })

  it('has no snapshot if that is what has changed: the frames say the same', async () => {
    const directory = await filled()
    alter(directory, 'up to 40')
    const { snapshot, checkpoints } = await journalIn(directory).saved('p')
    expect(snapshot).toBe(undefined)
    expect(checkpoints.size).toBe(1)
  })

  it('says so when the place of a reader is read', async () => {
    const directory = await filled()
    tamper(directory, 'UPDATE marks SET position = 4')
    await expect(journalIn(directory).marks('the owl')).rejects.toMatchObject({
      code: 'JOURNAL_CORRUPT',
      partition: 'p',
      what: 'the place of "the owl"',
    })
  })

  it('can still delete that partition, and goes on with the others', async () => {
    const directory = await filled()
    alter(directory, 'text 30 of p')
    const journal = journalIn(directory)
    await journal.delete('p')
    expect(await positions(journal, 'p')).toEqual([])
    await journal.append('q', 1, 1, [frame('q', 2)])
    expect(await positions(journal, 'q')).toEqual([1, 2])
  })
})

describe('a journal in which a frame is missing', () => {
  it.each([
    ['in the middle', 'position = 30', 'what comes after frame 29'],
    ['at the beginning', 'position < 3', 'what comes after frame 0'],
    ['at the end', 'position > 48', 'what comes after frame 48'],
  ])('%s says so', async (_, which, what) => {
    const directory = await filled()
    tamper(directory, `DELETE FROM frames WHERE ${which} AND partition = 1`)
    await expect(positions(journalIn(directory), 'p')).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', what })
  })
})

describe('a file that cannot be opened as a journal', () => {
  it('is refused when pages of it are damaged, with what to do', async () => {
    const directory = await filled()
    const path = join(directory, 'journal.db')
    const bytes = readFileSync(path)
    bytes.fill(0xab, 2 * 4_096, 3 * 4_096)
    writeFileSync(path, bytes)
    const error = await journalIn(directory)
      .partitions()
      .catch(error => error)
    expect(error).toMatchObject({ code: 'JOURNAL_OPEN', reason: 'damaged', directory })
    expect(error.message).toContain('Restore it from a backup')
  })

  it('is refused when its end is missing', async () => {
    const directory = await filled()
    truncateSync(join(directory, 'journal.db'), 5 * 4_096)
    await expect(journalIn(directory).partitions()).rejects.toMatchObject({ code: 'JOURNAL_OPEN', reason: 'damaged' })
  })

  it('is refused when a newer version has written it, and stays as it was', async () => {
    const directory = await filled()
    tamper(directory, 'PRAGMA user_version = 99')
    const before = readFileSync(join(directory, 'journal.db'))
    const error = await journalIn(directory)
      .partitions()
      .catch(error => error)
    expect(error).toMatchObject({ code: 'JOURNAL_OPEN', reason: 'newer' })
    expect(error.message).toContain('its tables have version 99, and this one knows 2. Update the package')
    expect(readFileSync(join(directory, 'journal.db'))).toEqual(before)
  })

  it('is refused when it is a database of something else, and stays as it was', async () => {
    const directory = newDirectory()
    tamper(directory, 'CREATE TABLE birthdays (name TEXT)')
    const before = readFileSync(join(directory, 'journal.db'))
    await expect(journalIn(directory).partitions()).rejects.toMatchObject({ code: 'JOURNAL_OPEN', reason: 'foreign' })
    expect(readFileSync(join(directory, 'journal.db'))).toEqual(before)
  })

  it('is refused when it is no database', async () => {
    const directory = newDirectory()
    writeFileSync(join(directory, 'journal.db'), 'Dear diary, '.repeat(1_000))
    await expect(journalIn(directory).partitions()).rejects.toMatchObject({ code: 'JOURNAL_OPEN', reason: 'foreign' })
  })
})
