import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Frame, Journal } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'

/** What the disk has yet to do for the journals of this file's tests. */
const underWay = new Set<Promise<unknown>>()

/** Waits for what the disk is doing now: its time is nobody's who moves a clock by hand. */
export async function diskAtRest(): Promise<void> {
  if (underWay.size > 0) await Promise.allSettled(underWay)
}

/** Puts a journal there that holds nothing yet: to make one takes longer than most tests. */
export function layDownEmpty(directory: string): void {
  cpSync(join(journals(), 'empty'), directory, { recursive: true })
}

/** Where journals of tests are, with an empty one among them. */
function journals(): string {
  const root = process.env['TROUPE_JOURNALS']
  if (root === undefined) throw new Error('test/support/journals.ts is to be set up before.')
  return root
}

/** A journal on SQLite in a directory of its own, which is gone after `close`. */
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
