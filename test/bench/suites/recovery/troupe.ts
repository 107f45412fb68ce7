import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Envelope, Frame } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
// Not at the door of the package: what applying costs, without all that a runtime does around it.
import { PartyStore } from '../../../../src/state/store.ts'
import { inDirectory } from '../../directory.ts'
import { checkCount } from '../../rate.ts'
import type { Cases } from '../../suite.ts'
import { recoveryCase, type Size, sizes } from './sizes.ts'
import { talk } from './talk.ts'

/** What a run left that was killed: read back, applied to states, and taken up by the next one. */
export const troupe: Cases = {
  [recoveryCase]: (scale, tell) =>
    inDirectory(async directory => {
      const size = sizes[scale]
      await prepare(directory, size)
      const figures = await readBack(directory, size)
      tell(figures)
      tell({ ...figures, 'ready s': await recover(directory, size) })
    }),
}

async function prepare(directory: string, { parties, questions }: Size): Promise<void> {
  const run = fork(join(import.meta.dirname, 'prepare.ts'), [directory, `${parties}`, `${questions}`])
  const [, signal] = await once(run, 'exit')
  checkCount('the end of the run before', signal, 'SIGKILL')
}

/** Seconds until the next run has all of them back. */
async function recover(directory: string, { parties, questions }: Size): Promise<number> {
  const run = fork(join(import.meta.dirname, 'recover.ts'), [directory, `${parties}`, `${questions}`])
  let seconds: unknown
  run.once('message', told => {
    seconds = told
  })
  const [code] = await once(run, 'exit')
  checkCount('the end of the next run', code, 0)
  return Number(seconds)
}

/** So many partitions are read at the same time. */
const atOnce = 32

/** Reads all frames, first as they are, then into the states of their parties. */
async function readBack(directory: string, { parties, questions }: Size) {
  const journal = sqliteJournal({ directory })
  const partitions = (await journal.partitions()).filter(({ partition }) => partition.startsWith('party/'))
  checkCount('partitions', partitions.length, parties)
  const events = parties * questions * 2
  const rateOf = async (countIn: (partition: string) => Promise<number>) => {
    const begin = performance.now()
    let counted = 0
    let next = 0
    const read = async () => {
      for (let info = partitions[next++]; info; info = partitions[next++]) {
        const count = await countIn(info.partition)
        counted += count
      }
    }
    await Promise.all(Array.from({ length: atOnce }, read))
    checkCount('events', counted, events)
    return (events / (performance.now() - begin)) * 1_000
  }
  const decoded = await rateOf(async partition => {
    let count = 0
    for await (const frame of journal.read(partition)) count += eventsOf(frame).length
    return count
  })
  const applied = await rateOf(async partition => {
    const store = new PartyStore(
      talk,
      call => call(),
      envelope => envelope,
    )
    for await (const frame of journal.read(partition)) store.recall(frame)
    return store.live.asked + store.live.answered
  })
  await journal.close()
  return { 'decoded a second': decoded, 'applied a second': applied }
}

function eventsOf({ entries }: Frame): readonly Envelope[] {
  return entries.flatMap(entry => (entry.kind === 'event' ? [entry.envelope] : []))
}
