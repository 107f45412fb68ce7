import assert from 'node:assert/strict'
import { type Check, frame, positions } from './samples.ts'

/** Only the last owner of a partition writes it, and only after its last frame. */
export const writersAreFenced: Readonly<Record<string, Check>> = {
  async 'refuses a writer that has missed something, and keeps nothing of what it brought'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1)])
    await assert.rejects(journal.append('p', 1, 0, [frame('p', 1), frame('p', 2)]), {
      code: 'JOURNAL_CONFLICT',
      partition: 'p',
      expected: 0,
      actual: 1,
    })
    await assert.rejects(journal.append('p', 1, 2, [frame('p', 3)]), { code: 'JOURNAL_CONFLICT', actual: 1 })
    assert.deepEqual(await positions(journal, 'p'), [1])
    await journal.append('p', 1, 1, [frame('p', 2)])
    assert.deepEqual(await positions(journal, 'p'), [1, 2])
  },

  async 'fences an owner that came before the last, also when that one has appended nothing'(journal) {
    await journal.append('p', 2, 0, [frame('p', 1)])
    await assert.rejects(journal.append('p', 1, 1, [frame('p', 2)]), { code: 'JOURNAL_CONFLICT' })
    await journal.append('p', 2, 1, [frame('p', 2)])
    await journal.append('p', 3, 2, [])
    await assert.rejects(journal.append('p', 2, 2, [frame('p', 3)]), { code: 'JOURNAL_CONFLICT' })
    await journal.append('p', 3, 2, [frame('p', 3)])
    assert.deepEqual(await positions(journal, 'p'), [1, 2, 3])
  },

  async 'lets no earlier owner forget a partition'(journal) {
    await journal.append('p', 2, 0, [frame('p', 1)])
    await assert.rejects(journal.delete('p', 1), { code: 'JOURNAL_CONFLICT', partition: 'p', epoch: 2 })
    assert.deepEqual(await positions(journal, 'p'), [1])
    await journal.delete('p', 2)
    await journal.delete('p', 1)
    assert.deepEqual(await journal.partitions(), [])
  },

  async 'lets no partition suffer from what another is refused at the same time'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1)])
    const names = Array.from({ length: 20 }, (_, place) => `q${place}`)
    const refused = journal.append('p', 1, 0, [frame('p', 1)])
    const appends = names.map(name => journal.append(name, 1, 0, [frame(name, 1)]))
    await assert.rejects(refused, { code: 'JOURNAL_CONFLICT' })
    await Promise.all(appends)
    for (const name of names) assert.deepEqual(await positions(journal, name), [1])
  },
}
