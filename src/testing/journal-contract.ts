import assert from 'node:assert/strict'
import type { Journal } from '../index.ts'
import { type ContractCase, casesOf } from './contract-case.ts'
import { writersAreFenced } from './journal/fences.ts'
import { framesAreKept } from './journal/frames.ts'
import { framesAreForgotten } from './journal/pruning.ts'
import { type Check, frame, mapOf, positions, snapshot } from './journal/samples.ts'
import { moreIsKept, onlyFramesAreKept } from './journal/saved.ts'

/** Parts of the port that a journal may leave out, if it says so. */
export interface JournalAbilities {
  /**
   * Whether it keeps more than frames: checkpoints, snapshots, the newest frames of all partitions and the positions of readers.
   * A journal without them is not used for recovery. True by default.
   */
  readonly checkpoints?: boolean
}

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
  const more = checkpoints ? { ...moreIsKept, ...framesAreForgotten } : onlyFramesAreKept
  return casesOf({ ...framesAreKept, ...writersAreFenced, ...more, ...itCloses }, create, journal => journal.close())
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
      () => journal.mark('owl', mapOf({ p: 1 })),
      () => journal.delete('p'),
      () => reading.next(),
    ]
    for (const use of uses) await assert.rejects(use(), { code: 'JOURNAL_CLOSED' })
    await journal.close()
  },
}
