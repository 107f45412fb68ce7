import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Journal } from 'troupe'
import { describe, expect, it } from 'vitest'
import { emptyJournal, journalIn, leftBehind } from './support.ts'

/** What the next owner is told when a process ends without having closed its journal. */
async function foundAfter(use: (journal: Journal, directory: string) => void) {
  const directory = emptyJournal()
  const journal = journalIn(directory)
  expect(await journal.inHand?.()).toBeUndefined()
  use(journal, directory)
  return journalIn(leftBehind(directory)).inHand?.()
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

  it('is not known when a byte of the note has changed', async () => {
    const found = await foundAfter((journal, directory) => {
      journal.handing?.('party/p1', 'dog', 1)
      const note = readFileSync(join(directory, 'in-hand'))
      note[note.indexOf('dog')] = 0x66
      writeFileSync(join(directory, 'in-hand'), note)
    })
    expect(found).toBeUndefined()
  })

  it('is said to one process, and not to the next one if that ends with nothing in hand', async () => {
    const directory = emptyJournal()
    const first = journalIn(directory)
    await first.inHand?.()
    first.handing?.('p', 'dog', 1)
    const left = leftBehind(directory)
    const second = journalIn(left)
    expect(await second.inHand?.()).toMatchObject({ agent: 'dog' })
    expect(await journalIn(leftBehind(left)).inHand?.()).toBeUndefined()
  })

  it.each([
    ['half a note', '\u0001\u0002\u0003'],
    ['something else', 'Dear diary, '.repeat(1_000)],
  ])('is not known when the note is %s', async (_, text) => {
    const found = await foundAfter((_journal, directory) => writeFileSync(join(directory, 'in-hand'), text))
    expect(found).toBeUndefined()
  })
})
