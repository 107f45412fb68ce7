import assert from 'node:assert/strict'
import { type Check, frame, mapOf, positions, snapshot } from './samples.ts'

/** Frames are forgotten once a snapshot covers them and all readers have read them. */
export const framesAreForgotten: Readonly<Record<string, Check>> = {
  async 'forgets frames that a snapshot covers, and no others'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1), frame('p', 2), frame('p', 5)])
    await assert.rejects(journal.prune('p', 1), { code: 'JOURNAL_PRUNE', partition: 'p', upTo: 1, covered: 0 })
    await journal.save('p', snapshot(2))
    await assert.rejects(journal.prune('p', 5), { code: 'JOURNAL_PRUNE', upTo: 5, covered: 2 })
    assert.equal((await journal.saved('p')).pruned, 0)
    await journal.prune('p', 2)
    await journal.prune('p', 1)
    await journal.prune('nobody', 1)
    assert.equal((await journal.saved('p')).pruned, 2)
    assert.deepEqual(await positions(journal, 'p'), [5])
  },

  async 'keeps frames that a reader has yet to read, also one who has read nothing there'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1), frame('p', 2), frame('p', 3)])
    await journal.append('q', 1, 0, [frame('q', 1), frame('q', 2)])
    await journal.save('p', snapshot(3))
    await journal.save('q', snapshot(2))
    await journal.mark('owl', mapOf({ p: 1 }))
    await journal.prune('p', 3)
    await journal.prune('q', 2)
    assert.deepEqual(await positions(journal, 'p'), [2, 3])
    assert.deepEqual(await positions(journal, 'q'), [1, 2])
    assert.equal((await journal.saved('p')).pruned, 1)
    await journal.mark('owl', mapOf({ p: 3 }))
    await journal.prune('p', 3)
    assert.deepEqual(await positions(journal, 'p'), [])
  },

  async 'keeps no frames for a reader whose last place was forgotten'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1), frame('p', 2)])
    await journal.save('p', snapshot(2))
    await journal.mark('owl', mapOf({ q: 1 }))
    await journal.mark('owl', mapOf({ q: undefined }))
    await journal.prune('p', 2)
    assert.deepEqual(await positions(journal, 'p'), [])
  },

  async 'goes on where it was when all frames are forgotten'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1), frame('p', 2)])
    await journal.save('p', snapshot(2))
    await journal.prune('p', 2)
    assert.deepEqual(await positions(journal, 'p'), [])
    assert.deepEqual(await journal.partitions(), [{ partition: 'p', epoch: 1, position: 2 }])
    await assert.rejects(journal.append('p', 1, 0, [frame('p', 1)]), { code: 'JOURNAL_CONFLICT', actual: 2 })
    await journal.append('p', 1, 2, [frame('p', 3)])
    assert.deepEqual(await positions(journal, 'p'), [3])
  },

  async 'lets whoever reads go on when frames are forgotten meanwhile'(journal) {
    const frames = Array.from({ length: 40 }, (_, place) => frame('p', place + 1, 'x'.repeat(20_000)))
    await journal.append('p', 1, 0, frames)
    await journal.save('p', snapshot(39))
    const found: number[] = []
    for await (const { position } of journal.read('p')) {
      if (position === 1) await journal.prune('p', 39)
      found.push(position)
    }
    assert.deepEqual(
      found,
      found.toSorted((one, other) => one - other),
    )
    assert.equal(found.at(-1), 40)
  },
}
