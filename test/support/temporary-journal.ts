import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Frame, Journal } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'

/** Pending work of the disk for the journals of the tests in this file. */
const underWay = new Set<Promise<unknown>>()

/** Resolves when the pending work of the disk is done, which simulated time does not move; `undefined` if there is none. */
export function pendingOnDisk(): Promise<unknown> | undefined {
  return underWay.size > 0 ? Promise.allSettled(underWay) : undefined
}

/** Copies an empty journal there. Creating one takes longer than most tests. */
export function layDownEmpty(directory: string): void {
  cpSync(join(journals(), 'empty'), directory, { recursive: true })
}

/** The directory for journals of tests, with an empty journal in it. */
function journals(): string {
  const root = process.env['TROUPE_JOURNALS']
  if (root === undefined) throw new Error('test/support/journals.ts is to be set up before.')
  return root
}

/** A journal on SQLite in a directory of its own, which is deleted by `close`. */
export function temporaryJournal(): Journal {
  const directory = mkdtempSync(join(journals(), 'troupe-sqlite-'))
  layDownEmpty(directory)
  const journal = sqliteJournal({ directory })
  return {
    ...journal,
    append: noted(journal.append),
    read: (...from) => readNoted(journal.read(...from)),
    partitions: noted(journal.partitions),
    saved: noted(journal.saved),
    save: noted(journal.save),
    prune: noted(journal.prune),
    newest: noted(journal.newest),
    marks: noted(journal.marks),
    mark: noted(journal.mark),
    delete: noted(journal.delete),
    async close() {
      await journal.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function noted<A extends readonly unknown[], R>(use: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return (...args) => {
    const using = use(...args)
    underWay.add(using)
    const over = () => underWay.delete(using)
    using.then(over, over)
    return using
  }
}

function readNoted(frames: AsyncIterable<Frame>): AsyncIterable<Frame> {
  return {
    [Symbol.asyncIterator]() {
      const reading = frames[Symbol.asyncIterator]()
      return { next: noted(() => reading.next()) }
    },
  }
}
