import fc from 'fast-check'
import { type Journal, memoryJournal, TroupeError } from 'troupe'
import { expect, it } from 'vitest'
import { checkpoint, frame, snapshot } from './made.ts'
import { emptyJournal, journalIn, positions } from './support.ts'

const name = fc.constantFrom('p', 'q', 'r')
const agent = fc.constantFrom('dog', 'cat')
const small = fc.nat(6)

/** Something that is done with a journal; names of partitions are given an ending, so that each run has its own. */
const act = fc.oneof(
  fc.record({
    what: fc.constant('append' as const),
    name,
    epoch: fc.integer({ min: 1, max: 3 }),
    after: fc.option(small, { freq: 2 }),
    count: small,
    agent,
    gone: fc.boolean(),
    log: fc.option(fc.subarray(['a', 'b', 'c', 'd', 'e', 'f']), { nil: undefined }),
  }),
  fc.record({ what: fc.constant('save' as const), name, at: small }),
  fc.record({ what: fc.constant('prune' as const), name, at: small }),
  fc.record({ what: fc.constant('mark' as const), name, at: fc.option(small) }),
  fc.record({ what: fc.constant('delete' as const), name }),
)
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never

/** @param heads where each partition is, for who does not say after what to append */
function perform(journal: Journal, act: Act, ending: string, heads: ReadonlyMap<string, number>): Promise<void> {
  const partition = act.name + ending
  switch (act.what) {
    case 'append': {
      const after = act.after ?? heads.get(partition) ?? 0
      const frames = Array.from({ length: act.count }, (_, place) => frame(partition, after + place + 1, 'ä'))
      // So long that only its changes are written.
      const log = act.log?.flatMap(one => Array.from({ length: 20 }, () => one.repeat(1_000)))
      const checkpoints = new Map([[act.agent, act.gone ? undefined : checkpoint(after + act.count, log)]])
      return journal.append(partition, act.epoch, after, frames, checkpoints)
    }
    case 'save':
      return journal.save(partition, snapshot(act.at))
    case 'prune':
      return journal.prune(partition, act.at)
    case 'mark':
      return journal.mark(`owl${ending}`, new Map([[partition, act.at ?? undefined]]))
    case 'delete':
      return journal.delete(partition)
  }
}

/** How it ended: nothing, or the code and fields of an error. */
async function outcomeOf(work: Promise<void>): Promise<unknown> {
  return work.catch(error => (TroupeError.is(error) ? { ...error } : String(error)))
}

/** All that can be known of what was done under an ending. */
async function contentOf(journal: Journal, ending: string) {
  const partitions = (await journal.partitions()).filter(({ partition }) => partition.endsWith(ending))
  const names = ['p', 'q', 'r'].map(name => name + ending)
  return {
    partitions,
    frames: await Promise.all(names.map(name => positions(journal, name))),
    saved: await Promise.all(names.map(name => journal.saved(name))),
    marks: await journal.marks(`owl${ending}`),
  }
}

/** A snapshot of what is yet to come, up to which frames are forgotten before they are there. */
const snapshotAhead: Act[][] = [
  [{ what: 'append', name: 'q', epoch: 1, after: null, count: 0, agent: 'dog', gone: false, log: undefined }],
  [{ what: 'save', name: 'q', at: 1 }],
  [{ what: 'prune', name: 'q', at: 1 }],
  [{ what: 'append', name: 'q', epoch: 1, after: null, count: 1, agent: 'dog', gone: false, log: undefined }],
]

it('a journal on SQLite does as one in memory, whatever is asked of it, at once or one after the other', async () => {
  const journal = journalIn(emptyJournal())
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(act, { maxLength: 5 }), { maxLength: 12, size: 'max' }), async rounds => {
      const [memory, ending] = [memoryJournal(), `-${++runs}-`]
      for (const acts of rounds) {
        const heads = new Map((await memory.partitions()).map(({ partition, position }) => [partition, position]))
        const on = (one: Journal) => Promise.all(acts.map(act => outcomeOf(perform(one, act, ending, heads))))
        const expected = await on(memory)
        expect(await on(journal)).toEqual(expected)
      }
      expect(await contentOf(journal, ending)).toEqual(await contentOf(memory, ending))
      // A reader of this run has nothing to do with what the next one prunes.
      await journal.mark(`owl${ending}`, new Map(['p', 'q', 'r'].map(name => [name + ending, undefined])))
    }),
    { numRuns: 150, examples: [[snapshotAhead]] },
  )
})
