import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { checkpoint, frame, snapshot } from './made.ts'
import { emptyJournal, journalIn, newDirectory, positions, withJournal } from './support.ts'

describe('a journal that is opened again', () => {
  it('has all that it had', async () => {
    const directory = newDirectory()
    await withJournal(directory, async journal => {
      await journal.append('p', 1, 0, [frame('p', 1), frame('p', 3, 'ä€')], new Map([['dog', checkpoint(3)]]))
      await journal.append('q', 7, 0, [frame('q', 1)])
      await journal.save('p', snapshot(1))
      await journal.prune('p', 1)
      await journal.mark('owl', new Map([['p', 3]]))
    })
    const journal = journalIn(directory)
    expect(await journal.partitions()).toEqual([
      { partition: 'p', epoch: 1, position: 3 },
      { partition: 'q', epoch: 7, position: 1 },
    ])
    expect(await journal.newest(2)).toEqual([frame('p', 3, 'ä€'), frame('q', 1)])
    expect(await positions(journal, 'p')).toEqual([3])
    const checkpoints = new Map([['dog', checkpoint(3)]])
    expect(await journal.saved('p')).toEqual({ snapshot: snapshot(1), checkpoints, pruned: 1 })
    expect(await journal.marks('owl')).toEqual(new Map([['p', 3]]))
  })

  it('has all that it had when an older version wrote it, which knew no changes of long checkpoints', async () => {
    const directory = newDirectory()
    const log = ['x'.repeat(70_000)]
    await withJournal(directory, journal =>
      journal.append('p', 1, 0, [frame('p', 1)], new Map([['dog', checkpoint(1, log)]])),
    )
    const db = new DatabaseSync(join(directory, 'journal.db'))
    db.exec(`DROP TABLE changes; DELETE FROM kysely_migration WHERE name = '002-changes'; PRAGMA user_version = 1`)
    db.close()
    const journal = journalIn(directory)
    expect((await journal.saved('p')).checkpoints.get('dog')).toEqual(checkpoint(1, log))
    for (const position of [2, 3]) {
      log.push(`message ${position}`)
      await journal.append('p', 1, position - 1, [frame('p', position)], new Map([['dog', checkpoint(position, log)]]))
    }
    expect((await journal.saved('p')).checkpoints.get('dog')).toEqual(checkpoint(3, log))
  })

  it('goes on where it was, and fences who came before', async () => {
    const directory = emptyJournal()
    await withJournal(directory, journal => journal.append('p', 2, 0, [frame('p', 1)]))
    const journal = journalIn(directory)
    await expect(journal.append('p', 1, 1, [frame('p', 2)])).rejects.toMatchObject({ code: 'JOURNAL_CONFLICT' })
    await expect(journal.append('p', 2, 0, [frame('p', 1)])).rejects.toMatchObject({ actual: 1 })
    await journal.append('p', 3, 1, [frame('p', 2)])
    expect(await positions(journal, 'p')).toEqual([1, 2])
  })

  it('has what was under way when it was asked to close', async () => {
    const directory = emptyJournal()
    const first = journalIn(directory)
    const appending = first.append('p', 1, 0, [frame('p', 1)])
    await first.close()
    expect(await positions(journalIn(directory), 'p')).toEqual([1])
    await appending
  })

  it('has nothing in hand when the last owner ended in order', async () => {
    const directory = emptyJournal()
    await withJournal(directory, async journal => {
      await journal.append('p', 1, 0, [frame('p', 1)])
      journal.handing?.('p', 'dog', 1)
    })
    expect(await journalIn(directory).inHand?.()).toBeUndefined()
  })

  it('has all in one file when it was closed', async () => {
    const directory = emptyJournal()
    await withJournal(directory, journal => journal.append('p', 1, 0, [frame('p', 1)]))
    expect(existsSync(join(directory, 'journal.db-wal'))).toBe(false)
  })
})

describe('a journal that was not finished when it was made', () => {
  it.each([
    ['before', 'PRAGMA application_id = 0x74726f75'],
    [
      'after',
      'PRAGMA application_id = 0x74726f75; CREATE TABLE kysely_migration (name varchar(255) PRIMARY KEY, timestamp varchar(255))',
    ],
  ])('is finished with the next use: %s its first table', async (_, begun) => {
    const directory = newDirectory()
    const db = new DatabaseSync(join(directory, 'journal.db'))
    db.exec(begun)
    db.close()
    const journal = journalIn(directory)
    await journal.append('p', 1, 0, [frame('p', 1)])
    expect(await positions(journal, 'p')).toEqual([1])
  })
})

describe('a journal that nobody has used yet', () => {
  it('leaves the disk alone', async () => {
    const directory = join(newDirectory(), 'not', 'there')
    const journal = journalIn(directory)
    journal.handing?.('p', 'dog', 1)
    await journal.close()
    expect(existsSync(directory)).toBe(false)
  })

  it('makes its directory with the first use', async () => {
    const directory = join(newDirectory(), 'not', 'there')
    const journal = journalIn(directory)
    expect(await journal.partitions()).toEqual([])
    expect(existsSync(join(directory, 'journal.db'))).toBe(true)
  })
})
