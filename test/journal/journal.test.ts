import { memoryJournal } from 'troupe'
import { heldJournal, journalContract, seededRandom, slowJournal } from 'troupe/testing'
import { describe, it } from 'vitest'
import { fileJournal } from '../support/file-journal.ts'
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
