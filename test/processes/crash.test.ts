import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Journal } from 'troupe'
import { describe, expect, it } from 'vitest'
import { checkpoint, frame } from '../sqlite/made.ts'
import { appendElsewhere, emptyJournal, journalIn, newDirectory, positions, withJournal } from '../sqlite/support.ts'

/** Sees that each partition is whole, with all that was acknowledged, and goes on with it. */
async function goOn(journal: Journal, acknowledged: ReadonlyMap<string, number>): Promise<void> {
  for (const [partition, last] of acknowledged) {
    const found = await positions(journal, partition)
    expect(found).toEqual(Array.from(found, (_, place) => place + 1))
    // The one after the last may have been written before anybody was told.
    expect([last, last + 1]).toContain(found.length)
    expect((await journal.saved(partition)).checkpoints).toEqual(new Map([['dog', checkpoint(found.length)]]))
    await journal.append(partition, 2, found.length, [frame(partition, found.length + 1)])
    expect((await positions(journal, partition)).at(-1)).toBe(found.length + 1)
  }
}

describe('a process that is killed', () => {
  it.each([1, 40, 300])('after %i frames were acknowledged has lost none of them', async count => {
    const directory = newDirectory()
    const { acknowledged } = await appendElsewhere(directory, count)
    expect(acknowledged.size).toBeGreaterThan(0)
    await goOn(journalIn(directory), acknowledged)
  })

  it('in the middle of a transaction leaves nothing of it, and the next one goes on', async () => {
    const directory = emptyJournal()
    const { acknowledged } = await appendElsewhere(
      directory,
      Number.POSITIVE_INFINITY,
      new URL('../sqlite/killed-before-commit.ts', import.meta.url),
    )
    expect(acknowledged.size).toBe(3)
    await goOn(journalIn(directory), acknowledged)
  })

  it('says what it had in hand to the next one, once', async () => {
    const directory = emptyJournal()
    const { acknowledged } = await appendElsewhere(directory, 30)
    const found = await withJournal(directory, journal => Promise.resolve(journal.inHand?.()))
    expect(found).toMatchObject({ agent: 'dog' })
    expect(found?.seq).toBeGreaterThan(acknowledged.get(found?.partition ?? '') ?? 0)
    expect(await journalIn(directory).inHand?.()).toBeUndefined()
  })
})

describe('a log whose end was not written', () => {
  it('loses nothing that was acknowledged before, wherever it is torn', { timeout: 300_000 }, async () => {
    const { file, log, acknowledged } = await twoBatches(journal => journal.append('p', 1, 1, [frame('p', 2)]))
    const directory = newDirectory(existsSync('/dev/shm') ? '/dev/shm' : undefined)
    // At every byte of what stands before a page and of its beginning, and here and there in its rest.
    const isRest = (length: number) => (length - acknowledged) % (page + 24) > 64 && length < log.length - 64
    for (let length = acknowledged; length <= log.length; length += isRest(length) ? 29 : 1) {
      layDown(directory, file, log.subarray(0, length))
      expect(framesIn(directory)).toBe(length < log.length ? 1 : 2)
    }
  })

  it('holds a batch of several partitions whole or not at all', { timeout: 300_000 }, async () => {
    const { file, log, acknowledged } = await twoBatches(journal =>
      Promise.all([
        journal.append('p', 1, 1, [frame('p', 2)], new Map([['dog', checkpoint(2)]])),
        journal.append('q', 1, 0, [frame('q', 1)], new Map([['dog', checkpoint(1)]])),
      ]),
    )
    const pages = (log.length - acknowledged) / (page + 24)
    expect(pages).toBeGreaterThan(3)
    for (let written = 0; written <= pages; written++) {
      for (const less of written === 0 ? [0] : [1, 0]) {
        const directory = newDirectory()
        layDown(directory, file, log.subarray(0, acknowledged + written * (page + 24) - less))
        const whole = written === pages && less === 0
        await withJournal(directory, async journal => {
          expect(await positions(journal, 'p')).toEqual(whole ? [1, 2] : [1])
          expect(await positions(journal, 'q')).toEqual(whole ? [1] : [])
          expect((await journal.saved('p')).checkpoints.size).toBe(whole ? 1 : 0)
        })
      }
    }
  })
})

/** Bytes of a page; in the log there are 24 more before each. */
const page = 4_096

/** The file and the log of a journal after two batches, and how long the log was after the first. */
async function twoBatches(second: (journal: Journal) => Promise<unknown>) {
  const directory = emptyJournal()
  return await withJournal(directory, async journal => {
    await journal.append('p', 1, 0, [frame('p', 1)])
    const acknowledged = statSync(join(directory, 'journal.db-wal')).size
    await second(journal)
    // By another process: in this one, whoever closes a file that SQLite has open takes its lock away.
    const copy = newDirectory()
    execFileSync('cp', [join(directory, 'journal.db'), join(directory, 'journal.db-wal'), copy])
    const [file, log] = ['journal.db', 'journal.db-wal'].map(name => readFileSync(join(copy, name)))
    if (!file || !log) throw new Error('nothing was copied')
    return { file, log, acknowledged }
  })
}

function layDown(directory: string, file: Buffer, log: Buffer): void {
  writeFileSync(join(directory, 'journal.db'), file)
  writeFileSync(join(directory, 'journal.db-wal'), log)
}

/** How many frames SQLite finds. */
function framesIn(directory: string): unknown {
  const db = new DatabaseSync(join(directory, 'journal.db'))
  db.exec('PRAGMA locking_mode = EXCLUSIVE')
  db.exec('PRAGMA synchronous = OFF')
  const row = db.prepare('SELECT count(*) AS frames FROM frames').get()
  db.close()
  return row?.['frames']
}
