import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Journal } from 'troupe'
import { describe, expect, it } from 'vitest'
import { journalIn, newDirectory } from './support.ts'

/** What the next owner is told when a process ends without having closed its journal. */
async function foundAfter(use: (journal: Journal, directory: string) => void) {
  const directory = newDirectory()
  const journal = journalIn(directory)
  expect(await journal.inHand?.()).toBeUndefined()
  use(journal, directory)
  // The note alone, because SQLite has the rest open.
  const left = newDirectory()
  cpSync(join(directory, 'in-hand'), join(left, 'in-hand'))
  return journalIn(left).inHand?.()
}

describe('what was in hand when a process ended', () => {
  it('is the last that was noted', async () => {
    const found = await foundAfter(journal => {
      journal.handing?.('party/a-long-name-that-is-longer', 'dog/puppy', 1)
      journal.handing?.('party/ä', 'dog', 9_007_199_254_740_991)
    })
    expect(found).toEqual({ partition: 'party/ä', agent: 'dog', seq: 9_007_199_254_740_991 })
  })

  it('is not known rather than wrong when the names are too long for the note', async () => {
    const found = await foundAfter(journal => {
      journal.handing?.('p', 'dog', 1)
      journal.handing?.('p'.repeat(3_000), 'd'.repeat(3_000), 2)
    })
    expect(found).toBeUndefined()
  })

  it.each([
    ['half a note', '\u0001\u0002\u0003'],
    ['something else', 'Dear diary, '.repeat(1_000)],
  ])('is not known when the note is %s', async (_, text) => {
    const found = await foundAfter((_journal, directory) => writeFileSync(join(directory, 'in-hand'), text))
    expect(found).toBeUndefined()
  })
})
