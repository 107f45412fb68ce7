import { memoryJournal } from 'troupe'
import { heldJournal, journalContract, seededRandom, slowJournal } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { fileJournal } from '../support/file-journal.ts'
import { collected } from '../support/heap.ts'
import { temporaryJournal } from '../support/temporary-journal.ts'

describe.each([
  ['in memory', journalContract(() => memoryJournal())],
  ['that is slow', journalContract(() => slowJournal(seededRandom(3)))],
  ['that is held by a test', journalContract(() => heldJournal())],
  ['in files', journalContract(() => fileJournal(), { checkpoints: false })],
  ['in a file of SQLite', journalContract(() => temporaryJournal())],
])('a journal %s', (_, cases) => {
  for (const { name, run } of cases) it(name, run)
})

it('a journal in memory keeps nothing of forgotten readers', async () => {
  const journal = memoryJournal()
  const forget = async (readers: number) => {
    for (let n = 0; n < readers; n++) {
      await journal.mark(`reader-${n}`, new Map([['runtime', 1]]))
      await journal.mark(`reader-${n}`, new Map([['runtime', undefined]]))
    }
    return collected()
  }
  const before = await forget(1)
  expect(((await forget(20_000)) - before) / 20_000).toBeLessThan(50)
})
