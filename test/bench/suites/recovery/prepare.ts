/**
 * A run that ends as a crash would end it, when all its parties have said what they had to say:
 * `node ... prepare.ts <directory> <parties> <questions>`.
 */
import { createRuntime } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { asked, talk } from './talk.ts'

const [directory = '', parties, questions] = process.argv.slice(2)
const runtime = await createRuntime({ party: talk, journal: sqliteJournal({ directory }) }).start()
const ids = Array.from({ length: Number(parties) }, (_, place) => `p-${place}`)

/** Does something for all parties, a thousand of them at a time. */
async function forAll(work: (id: string) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < ids.length; first += 1_000) await Promise.all(ids.slice(first, first + 1_000).map(work))
}

const ten = Array.from({ length: 10 }, (_, place) => place)

await forAll(id => runtime.parties.create({ id }))
for (let first = 0; first < Number(questions); first += ten.length)
  await forAll(party => Promise.all(ten.map(place => runtime.bus.publish(asked({ id: first + place }), { party }))))
await runtime.idle({ timeout: 600_000 })
process.kill(process.pid, 'SIGKILL')
