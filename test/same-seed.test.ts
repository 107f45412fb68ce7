import { createRuntime, type Frame, memoryJournal } from 'troupe'
import { partyPlanner } from 'troupe/agents'
import { createSimulatedClock, seededRandom } from 'troupe/testing'
import { expect, it } from 'vitest'

/** Plans one party and gives back everything that the journal holds of it. */
async function journalOf(seed: number): Promise<string> {
  const journal = memoryJournal()
  const clock = createSimulatedClock()
  const runtime = await createRuntime({ party: partyPlanner, journal, clock, random: seededRandom(seed) }).start()
  const party = await runtime.parties.create({ inputs: ['jungle party for 75 guests', 'vegan cake', 'a photographer'] })
  await party.idle()
  const frames: Frame[] = []
  for await (const frame of journal.read(`party/${party.id}`)) frames.push(frame)
  await runtime.stop()
  return JSON.stringify(frames)
}

it('the same seed gives the same run, to the byte', async () => {
  const first = await journalOf(7)
  expect(first.length).toBeGreaterThan(10_000)
  expect(await journalOf(7)).toBe(first)
  expect(await journalOf(8)).not.toBe(first)
})
