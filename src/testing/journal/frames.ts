import assert from 'node:assert/strict'
import { type Check, frame, framesOf, positions } from './samples.ts'

/** What a journal has taken comes back as it was, of all partitions. */
export const framesAreKept: Readonly<Record<string, Check>> = {
  async 'gives back what was appended, in order, from any position'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1), frame('p', 3)])
    await journal.append('p', 1, 3, [frame('p', 6)])
    assert.deepEqual(await positions(journal, 'p'), [1, 3, 6])
    assert.deepEqual(await positions(journal, 'p', 1), [3, 6])
    assert.deepEqual(await positions(journal, 'p', 2), [3, 6])
    assert.deepEqual(await positions(journal, 'p', 6), [])
  },

  async 'gives back frames as they were, whatever is in them'(journal) {
    const told = ['', 'ä€', '👩‍🎤', '\u0000\n"\\\u2028', { deep: [{ ['']: null }, 1e21, 0.1, false] }, [], {}]
    const frames = told.map((data, place) => frame('p', place + 1, data))
    await journal.append('p', 1, 0, frames)
    assert.deepEqual(await framesOf(journal, 'p'), frames)
  },

  async 'gives back frames of any length, from the middle too'(journal) {
    const frames = Array.from({ length: 200 }, (_, place) => frame('p', place + 1, 'ä€'.repeat(place * place)))
    await journal.append('p', 1, 0, frames)
    assert.deepEqual(await framesOf(journal, 'p', 100), frames.slice(100))
  },

  async 'gives back what is appended while it is read'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1)])
    const found: number[] = []
    for await (const { position } of journal.read('p')) {
      found.push(position)
      if (position < 5) await journal.append('p', 1, position, [frame('p', position + 1)])
    }
    assert.deepEqual(found, [1, 2, 3, 4, 5])
  },

  async 'lets many read at once, each from where it likes, and stop when it likes'(journal) {
    const frames = Array.from({ length: 50 }, (_, place) => frame('p', place + 1))
    await journal.append('p', 1, 0, frames)
    await journal.append('q', 1, 0, [frame('q', 1)])
    for await (const _ of journal.read('p')) break
    const readers = Array.from({ length: 40 }, (_, after) => positions(journal, 'p', after))
    const expected = Array.from({ length: 40 }, (_, after) => frames.slice(after).map(({ position }) => position))
    assert.deepEqual(await Promise.all(readers), expected)
    assert.deepEqual(await positions(journal, 'q'), [1])
    assert.deepEqual(await positions(journal, 'nobody'), [])
  },

  async 'knows every partition, the oldest first, with its last owner and frame'(journal) {
    assert.deepEqual(await journal.partitions(), [])
    await journal.append('q', 1, 0, [frame('q', 1)])
    await journal.append('p', 4, 0, [frame('p', 1), frame('p', 2)])
    await journal.append('q', 2, 1, [frame('q', 5)])
    await assert.rejects(journal.append('nobody', 1, 1, [frame('nobody', 2)]), { code: 'JOURNAL_CONFLICT', actual: 0 })
    assert.deepEqual(await journal.partitions(), [
      { partition: 'q', epoch: 2, position: 5 },
      { partition: 'p', epoch: 4, position: 2 },
    ])
  },

  async 'forgets a partition, which may begin anew'(journal) {
    await journal.append('p', 3, 0, [frame('p', 1)])
    await journal.append('q', 1, 0, [frame('q', 1)])
    await journal.delete('p')
    await journal.delete('nobody')
    assert.deepEqual(await positions(journal, 'p'), [])
    await journal.append('p', 1, 0, [frame('p', 2)])
    assert.deepEqual(await positions(journal, 'p'), [2])
    assert.deepEqual(await journal.partitions(), [
      { partition: 'q', epoch: 1, position: 1 },
      { partition: 'p', epoch: 1, position: 2 },
    ])
  },
}
