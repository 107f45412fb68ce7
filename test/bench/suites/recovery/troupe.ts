import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createRuntime, type Envelope, type Frame } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
// Not at the door of the package: what reading and applying cost, without all that a runtime does around them.
import { PartyStore } from '../../../../src/party/store.ts'
import { inDirectory } from '../../directory.ts'
import { checkCount } from '../../rate.ts'
import type { Cases } from '../../suite.ts'
import { asked, type Size, sizes, talk } from './talk.ts'

export const recoveryCase = '10,000 parties of 200 events, after a crash'

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

/** Reads all frames, first as they are, then into the states of their parties. */
async function readBack(directory: string, { parties, questions }: Size) {
  const journal = sqliteJournal({ directory })
  const partitions = (await journal.partitions()).filter(({ partition }) => partition.startsWith('party/'))
  checkCount('partitions', partitions.length, parties)
  const events = parties * questions * 2
  const rateOf = async (each: (partition: string) => Promise<number>) => {
    const begin = performance.now()
    let counted = 0
    for (const { partition } of partitions) counted += await each(partition)
    checkCount('events', counted, events)
    return (events / (performance.now() - begin)) * 1_000
  }
  const decoded = await rateOf(async partition => {
    let count = 0
    for await (const frame of journal.read(partition)) count += eventsOf(frame).length
    return count
  })
  const applied = await rateOf(async partition => {
    const store = new PartyStore(talk, call => call())
    for await (const frame of journal.read(partition)) store.apply(eventsOf(frame))
    return store.live.asked + store.live.answered
  })
  await journal.close()
  return { 'decoded a second': decoded, 'applied a second': applied }
}

function eventsOf({ entries }: Frame): readonly Envelope[] {
  return entries.flatMap(entry => (entry.kind === 'event' ? [entry.envelope] : []))
}

/** Seconds until a runtime has all parties again. */
async function recover(directory: string, { parties, questions }: Size): Promise<number> {
  const begin = performance.now()
  const runtime = await createRuntime({ party: talk, journal: sqliteJournal({ directory }) }).start()
  const seconds = (performance.now() - begin) / 1_000
  checkCount('parties', runtime.parties.list().length, parties)
  await runtime.bus.publish(asked({ id: questions }), { party: `p-${parties - 1}` })
  await runtime.idle()
  const { state } = runtime.parties.get(`p-${parties - 1}`)
  checkCount('questions and answers', state.asked + state.answered, 2 * questions + 2)
  await runtime.stop()
  return seconds
}
