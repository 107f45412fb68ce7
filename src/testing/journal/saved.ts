import assert from 'node:assert/strict'
import { type Check, checkpoint, frame, mapOf, snapshot } from './samples.ts'

/** For a journal that keeps more than frames: checkpoints, snapshots, the newest frames and the places of readers. */
export const moreIsKept: Readonly<Record<string, Check>> = {
  async 'keeps the last checkpoint of each agent that is there'(journal) {
    const [first, second, third] = [checkpoint(1), checkpoint(2), checkpoint(3)]
    await journal.append('p', 1, 0, [frame('p', 1)], mapOf({ dog: first, cat: first, 'dog/puppy': first }))
    await journal.append('p', 1, 1, [frame('p', 2)], mapOf({ dog: second }))
    await journal.append('p', 1, 2, [frame('p', 3)], mapOf({ cat: undefined, owl: undefined }))
    await journal.append('p', 1, 3, [frame('p', 4)])
    await journal.append('q', 1, 0, [frame('q', 1)], mapOf({ dog: third }))
    const saved = await journal.saved('p')
    assert.equal(saved.snapshot, undefined)
    assert.deepEqual(saved.checkpoints, mapOf({ dog: second, 'dog/puppy': first }))
    assert.deepEqual((await journal.saved('q')).checkpoints, mapOf({ dog: third }))
    assert.deepEqual((await journal.saved('nobody')).checkpoints, new Map())
  },

  async 'keeps no checkpoint of an append that it refuses'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1)], mapOf({ dog: checkpoint(1) }))
    const refused = journal.append('p', 1, 0, [frame('p', 2)], mapOf({ dog: checkpoint(2), cat: checkpoint(2) }))
    await assert.rejects(refused, { code: 'JOURNAL_CONFLICT' })
    assert.deepEqual((await journal.saved('p')).checkpoints, mapOf({ dog: checkpoint(1) }))
  },

  async 'keeps the last snapshot of a partition that is there'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1), frame('p', 2)])
    assert.equal((await journal.saved('p')).snapshot, undefined)
    await journal.save('p', snapshot(1))
    await journal.save('p', snapshot(2))
    await journal.save('nobody', snapshot(2))
    assert.deepEqual((await journal.saved('p')).snapshot, snapshot(2))
    assert.equal((await journal.saved('nobody')).snapshot, undefined)
    assert.deepEqual(await journal.partitions(), [{ partition: 'p', epoch: 1, position: 2 }])
  },

  async 'keeps its snapshot when an earlier owner saves an older one'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1), frame('p', 2), frame('p', 3)])
    await journal.save('p', snapshot(2))
    await journal.prune('p', 2)
    await journal.save('p', snapshot(1))
    assert.deepEqual((await journal.saved('p')).snapshot, snapshot(2))
    await journal.save('p', snapshot(3))
    assert.deepEqual((await journal.saved('p')).snapshot, snapshot(3))
  },

  async 'knows the newest frames of all partitions, in the order in which they were appended'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1), frame('p', 2)])
    await journal.append('q', 1, 0, [frame('q', 3)])
    await journal.append('p', 1, 2, [frame('p', 4)])
    const newest = async (most: number) =>
      (await journal.newest(most)).map(({ partition, position }) => partition + position)
    assert.deepEqual(await newest(2), ['q3', 'p4'])
    assert.deepEqual(await newest(9), ['p1', 'p2', 'q3', 'p4'])
    assert.deepEqual(await newest(0), [])
    await journal.delete('q')
    assert.deepEqual(await newest(2), ['p2', 'p4'])
  },

  async 'keeps the places of each reader, also in partitions that are not there yet'(journal) {
    assert.deepEqual(await journal.marks('owl'), new Map())
    await journal.mark('owl', mapOf({ p: 1, q: 7 }))
    await journal.mark('cat', mapOf({ p: 5 }))
    await journal.mark('owl', mapOf({ p: 2, q: undefined, r: undefined }))
    assert.deepEqual(await journal.marks('owl'), mapOf({ p: 2 }))
    assert.deepEqual(await journal.marks('cat'), mapOf({ p: 5 }))
  },

  async 'knows the readers that keep a place, and none that was forgotten'(journal) {
    assert.deepEqual(await journal.readers(), [])
    await journal.mark('owl', mapOf({ p: 1 }))
    await journal.mark('cat', mapOf({ p: 5 }))
    assert.deepEqual([...(await journal.readers())].toSorted(), ['cat', 'owl'])
    await journal.mark('owl', mapOf({ p: undefined }))
    assert.deepEqual(await journal.readers(), ['cat'])
    await journal.append('p', 1, 0, [frame('p', 1)])
    await journal.delete('p')
    assert.deepEqual(await journal.readers(), [])
  },

  async 'forgets with a partition all that was kept of it'(journal) {
    for (const name of ['p', 'q']) {
      await journal.append(name, 1, 0, [frame(name, 1)], mapOf({ dog: checkpoint(1) }))
      await journal.save(name, snapshot(1))
    }
    await journal.mark('owl', mapOf({ p: 1, q: 1 }))
    await journal.delete('p')
    assert.deepEqual(await journal.saved('p'), { snapshot: undefined, checkpoints: new Map(), pruned: 0 })
    assert.deepEqual(await journal.marks('owl'), mapOf({ q: 1 }))
    await journal.append('p', 1, 0, [frame('p', 1)])
    assert.deepEqual((await journal.saved('p')).checkpoints, new Map())
    assert.deepEqual((await journal.saved('q')).snapshot, snapshot(1))
  },

  async 'has nothing in hand to begin with, if it notes that at all'(journal) {
    assert.equal(await journal.inHand?.(), undefined)
    journal.handing?.('p', 'dog', 1)
  },
}

/** For a journal that keeps nothing else. */
export const onlyFramesAreKept: Readonly<Record<string, Check>> = {
  async 'keeps frames alone, as it says'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1)], mapOf({ dog: checkpoint(1) }))
    assert.deepEqual((await journal.saved('p')).checkpoints, new Map())
  },
}
