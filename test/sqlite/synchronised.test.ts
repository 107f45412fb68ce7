import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { frame } from './made.ts'
import { journalIn, newDirectory } from './support.ts'

/** What was noted while a journal was made in a directory two levels below a new one, and given two frames one after the other. */
async function noted() {
  const parent = newDirectory()
  const directory = join(parent, 'deep', 'data')
  const journal = journalIn(directory, { worker: new URL('./noted-while-used.ts', import.meta.url) })
  for (const position of [1, 2]) await journal.append('p', 1, position - 1, [frame('p', position)])
  const lines = readFileSync(`${directory}-notes`, 'utf8').trimEnd().split('\n')
  const notes: unknown[] = lines.map(line => JSON.parse(line))
  return { notes, parent, deep: join(parent, 'deep'), directory }
}

const synchronised = (path: string) => ({ synchronised: statSync(path).ino })

it('each commit is made by a connection that synchronises its log before it says so', async () => {
  const { notes } = await noted()
  const set = { synchronous: 2, fullfsync: 1, journal_mode: 'wal', locking_mode: 'exclusive' }
  expect(notes.filter(note => !(note instanceof Object && 'synchronised' in note))).toEqual([set, set])
})

it('a new directory is synchronised where it was made, and its files in it, before anything is committed', async () => {
  const { notes, parent, deep, directory } = await noted()
  expect(notes.slice(0, 4)).toEqual([
    ...[parent, deep, directory].map(synchronised),
    expect.objectContaining({ synchronous: 2 }),
  ])
})
