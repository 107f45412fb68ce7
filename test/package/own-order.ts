import assert from 'node:assert/strict'
import { createRuntime } from 'troupe'
import { partyPlanner } from 'troupe/agents'
import { createSimulatedClock, randomScheduler, seededRandom, slowJournal } from 'troupe/testing'

for (let seed = 1; seed <= 10; seed++) {
  const scheduler = randomScheduler(seededRandom(seed))
  const journal = slowJournal(seededRandom(seed), undefined, scheduler) // frames become durable in any order, too
  const clock = createSimulatedClock()
  const runtime = await createRuntime({ party: partyPlanner, journal, scheduler, clock }).start()
  const party = await runtime.parties.create({ inputs: ['vegan cake', 'a photographer'] })
  await party.idle()
  assert.deepEqual(Object.keys(party.state.results).toSorted(), ['cake', 'vendor'], `with the seed ${seed}`)
  await runtime.stop()
}
