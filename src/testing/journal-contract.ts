import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Checkpoint, Frame, Journal, Snapshot } from '../index.ts'

/** A promise of the port `Journal`, and a test of it. */
export interface ContractCase {
  /** A sentence about the journal. */
  readonly name: string
  /** Rejects when the promise is not kept. */
  run(): Promise<void>
}

/** Parts of the port that a journal may leave out, if it says so. */
export interface JournalAbilities {
  /**
   * Whether it keeps more than frames: checkpoints, snapshots, the newest frames of all partitions and the positions of readers.
   * A journal without them is not used for recovery. True by default.
   */
  readonly checkpoints?: boolean
}

type Check = (journal: Journal) => Promise<void>

/**
 * What the port `Journal` promises, as cases for any test runner: run them on a journal of your own.
 *
 * @example
 * describe('my journal', () => {
 *   for (const { name, run } of journalContract(() => myJournal())) it(name, run)
 * })
 *
 * @param create makes an empty journal; the case that asked for it closes it
 */
export function journalContract(
  create: () => Journal | Promise<Journal>,
  { checkpoints = true }: JournalAbilities = {},
): readonly ContractCase[] {
  const checks = { ...framesAreKept, ...(checkpoints ? moreIsKept : onlyFramesAreKept), ...itCloses }
  return Object.entries(checks).map(([name, check]) => ({
    name,
    async run() {
      const journal = await create()
      try {
        await check(journal)
      } finally {
        await journal.close()
      }
    },
  }))
}

const framesAreKept: Readonly<Record<string, Check>> = {
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

const onlyFramesAreKept: Readonly<Record<string, Check>> = {
  async 'keeps frames alone, as it says'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1)], new Map([['dog', checkpoint(1)]]))
    assert.deepEqual((await journal.saved('p')).checkpoints, new Map())
  },
}

const moreIsKept: Readonly<Record<string, Check>> = {
  async 'keeps the last checkpoint of each agent that is there'(journal) {
    const [first, second, third] = [checkpoint(1), checkpoint(2), checkpoint(3)]
    await journal.append(
      'p',
      1,
      0,
      [frame('p', 1)],
      new Map([
        ['dog', first],
        ['cat', first],
        ['dog/puppy', first],
      ]),
    )
    await journal.append('p', 1, 1, [frame('p', 2)], new Map([['dog', second]]))
    await journal.append(
      'p',
      1,
      2,
      [frame('p', 3)],
      new Map([
        ['cat', undefined],
        ['owl', undefined],
      ]),
    )
    await journal.append('p', 1, 3, [frame('p', 4)])
    await journal.append('q', 1, 0, [frame('q', 1)], new Map([['dog', third]]))
    const saved = await journal.saved('p')
    assert.equal(saved.snapshot, undefined)
    assert.deepEqual(
      sorted(saved.checkpoints),
      sorted(
        new Map([
          ['dog', second],
          ['dog/puppy', first],
        ]),
      ),
    )
    assert.deepEqual((await journal.saved('q')).checkpoints, new Map([['dog', third]]))
    assert.deepEqual((await journal.saved('nobody')).checkpoints, new Map())
  },

  async 'keeps no checkpoint of an append that it refuses'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1)], new Map([['dog', checkpoint(1)]]))
    const refused = journal.append(
      'p',
      1,
      0,
      [frame('p', 2)],
      new Map([
        ['dog', checkpoint(2)],
        ['cat', checkpoint(2)],
      ]),
    )
    await assert.rejects(refused, { code: 'JOURNAL_CONFLICT' })
    assert.deepEqual((await journal.saved('p')).checkpoints, new Map([['dog', checkpoint(1)]]))
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
    await journal.mark('owl', new Map([['p', 1]]))
    await journal.prune('p', 3)
    await journal.prune('q', 2)
    assert.deepEqual(await positions(journal, 'p'), [2, 3])
    assert.deepEqual(await positions(journal, 'q'), [1, 2])
    assert.equal((await journal.saved('p')).pruned, 1)
    await journal.mark('owl', new Map([['p', 3]]))
    await journal.prune('p', 3)
    assert.deepEqual(await positions(journal, 'p'), [])
  },

  async 'keeps no frames for a reader whose last place was forgotten'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1), frame('p', 2)])
    await journal.save('p', snapshot(2))
    await journal.mark('owl', new Map([['q', 1]]))
    await journal.mark('owl', new Map([['q', undefined]]))
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
    await journal.mark(
      'owl',
      new Map([
        ['p', 1],
        ['q', 7],
      ]),
    )
    await journal.mark('cat', new Map([['p', 5]]))
    await journal.mark(
      'owl',
      new Map([
        ['p', 2],
        ['q', undefined],
        ['r', undefined],
      ]),
    )
    assert.deepEqual(await journal.marks('owl'), new Map([['p', 2]]))
    assert.deepEqual(await journal.marks('cat'), new Map([['p', 5]]))
  },

  async 'knows the readers that keep a place, and none that was forgotten'(journal) {
    assert.deepEqual(await journal.readers(), [])
    await journal.mark('owl', new Map([['p', 1]]))
    await journal.mark('cat', new Map([['p', 5]]))
    assert.deepEqual([...(await journal.readers())].toSorted(), ['cat', 'owl'])
    await journal.mark('owl', new Map([['p', undefined]]))
    assert.deepEqual(await journal.readers(), ['cat'])
    await journal.append('p', 1, 0, [frame('p', 1)])
    await journal.delete('p')
    assert.deepEqual(await journal.readers(), [])
  },

  async 'forgets with a partition all that was kept of it'(journal) {
    for (const name of ['p', 'q']) {
      await journal.append(name, 1, 0, [frame(name, 1)], new Map([['dog', checkpoint(1)]]))
      await journal.save(name, snapshot(1))
    }
    await journal.mark(
      'owl',
      new Map([
        ['p', 1],
        ['q', 1],
      ]),
    )
    await journal.delete('p')
    assert.deepEqual(await journal.saved('p'), { snapshot: undefined, checkpoints: new Map(), pruned: 0 })
    assert.deepEqual(await journal.marks('owl'), new Map([['q', 1]]))
    await journal.append('p', 1, 0, [frame('p', 1)])
    assert.deepEqual((await journal.saved('p')).checkpoints, new Map())
    assert.deepEqual((await journal.saved('q')).snapshot, snapshot(1))
  },

  async 'has nothing in hand to begin with, if it notes that at all'(journal) {
    assert.equal(await journal.inHand?.(), undefined)
    journal.handing?.('p', 'dog', 1)
  },
}

const itCloses: Readonly<Record<string, Check>> = {
  async 'ends what is under way before it closes'(journal) {
    const appends = ['p', 'q', 'r'].map(name => journal.append(name, 1, 0, [frame(name, 1)]))
    await journal.close()
    await Promise.all(appends)
  },

  async 'can be used no more when it is closed, but closed again'(journal) {
    await journal.append('p', 1, 0, [frame('p', 1), frame('p', 2)])
    const reading = journal.read('p')[Symbol.asyncIterator]()
    await journal.close()
    const uses = [
      () => journal.append('p', 1, 2, [frame('p', 3)]),
      () => positions(journal, 'p'),
      () => journal.partitions(),
      () => journal.saved('p'),
      () => journal.save('p', snapshot(1)),
      () => journal.prune('p', 1),
      () => journal.newest(1),
      () => journal.readers(),
      () => journal.marks('owl'),
      () => journal.mark('owl', new Map([['p', 1]])),
      () => journal.delete('p'),
      () => reading.next(),
    ]
    for (const use of uses) await assert.rejects(use(), { code: 'JOURNAL_CLOSED' })
    await journal.close()
  },
}

/** The time of the frame is its position, so that frames are appended in the order of their times. */
function frame(partition: string, position: number, data: unknown = null): Frame {
  const entries = [{ kind: 'reply' as const, seq: position, key: `${partition}/${position}`, data }]
  return { partition, position, time: position, cause: { kind: 'outside' }, entries }
}

function checkpoint(position: number): Checkpoint {
  return {
    incarnation: 1,
    position,
    definition: 'dog@1#ab',
    snapshot: { value: 'idle', context: { word: 'ä€', position } },
  }
}

function snapshot(position: number): Snapshot {
  const body = JSON.stringify({ position, word: 'ä€' })
  return { position, hash: createHash('sha256').update(body).digest('hex'), body }
}

async function framesOf(journal: Journal, partition: string, after?: number): Promise<readonly Frame[]> {
  const found: Frame[] = []
  for await (const one of journal.read(partition, after)) found.push(one)
  return found
}

async function positions(journal: Journal, partition: string, after?: number): Promise<readonly number[]> {
  return (await framesOf(journal, partition, after)).map(({ position }) => position)
}

function sorted<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].toSorted(([one], [other]) => (one < other ? -1 : 1))
}
