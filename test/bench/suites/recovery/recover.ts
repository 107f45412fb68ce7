/** A process that starts again on what the last one left, as cold as any: `node ... recover.ts <directory> <parties>`. */
import { createRuntime } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { asked, talk } from './talk.ts'

const [directory = '', parties, questions] = process.argv.slice(2)

const begin = performance.now()
const runtime = await createRuntime({ party: talk, journal: sqliteJournal({ directory }) }).start()
const seconds = (performance.now() - begin) / 1_000

if (runtime.parties.list().length !== Number(parties))
  throw new Error(`${runtime.parties.list().length} parties are back instead of ${parties}`)

// Each of them as it was, and the last one goes on.
const id = Number(questions)
const last = `p-${Number(parties) - 1}`
await runtime.bus.publish(asked({ id }), { party: last })
await runtime.idle()
for (const party of runtime.parties.list()) {
  const wanted = party.id === last ? id + 1 : id
  const { asked, answered } = party.state
  if (asked !== wanted || answered !== wanted)
    throw new Error(`party ${party.id} has ${asked} questions and ${answered} answers instead of ${wanted} each`)
}
await runtime.stop()
process.send?.(seconds)
process.disconnect?.()
