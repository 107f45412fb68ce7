import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { frame } from './made.ts'
import { emptyJournal, journalIn, newDirectory, positions, withJournal } from './support.ts'

describe('the thread of a journal', () => {
  it('that ends by itself fails what is under way; the next use begins another', async () => {
    const directory = emptyJournal()
    const journal = journalIn(directory, { worker: new URL('./ended-before-commit.ts', import.meta.url) })
    await journal.append('p', 1, 0, [frame('p', 1)])
    await expect(journal.append('p', 1, 1, [frame('p', 2)])).rejects.toMatchObject({ code: 'JOURNAL_DISK', directory })
    expect(await positions(journal, 'p')).toEqual([1])
    await journal.append('p', 1, 1, [frame('p', 2)])
    expect(await positions(journal, 'p')).toEqual([1, 2])
  })

  it('keeps no process alive that has nothing else to do, but until all is appended', async () => {
    const directory = newDirectory()
    const program = `
      import { sqliteJournal } from 'troupe/sqlite'
      const journal = sqliteJournal({ directory: process.argv[1] })
      const frame = { partition: 'p', position: 1, time: 1, cause: { kind: 'outside' }, entries: [] }
      void journal.append('p', 1, 0, [frame])
      await journal.inHand()
      void journal.append('q', 1, 0, [{ ...frame, partition: 'q' }])
    `
    const args = ['--conditions=troupe-source', '--input-type=module', '--eval', program, directory]
    execFileSync(process.execPath, args, { cwd: import.meta.dirname, timeout: 60_000 })
    const partitions = await withJournal(directory, journal => journal.partitions())
    expect(partitions.map(({ partition }) => partition)).toEqual(['p', 'q'])
  })
})
