import { createRuntime, type Journal } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { createSimulatedClock, seededRandom } from 'troupe/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { emptyJournal } from '../sqlite/support.ts'
import { command, dogAgent, petsParty } from '../support/pets.ts'

const party = petsParty(dogAgent())

async function live(journal: Journal, seed: number) {
  const clock = createSimulatedClock()
  const runtime = createRuntime({ log: 'silent', party, journal, clock, random: seededRandom(seed) })
  onTestFinished(() => runtime.stop({ timeout: 0 }))
  return runtime.start()
}

/** A runtime that was stopped in order has left one party, which has barked twice. */
async function left(): Promise<string> {
  const directory = emptyJournal()
  const runtime = await live(sqliteJournal({ directory }), 1)
  const { id } = await runtime.parties.create({ id: 'p1', inputs: ['sit'] })
  for (const word of ['a', 'b', 'boom']) await runtime.bus.publish(command({ word }), { party: id })
  await runtime.parties.get(id).idle()
  await runtime.stop()
  return directory
}

describe('a journal in a database', () => {
  it('keeps the state of a party, its inputs and its version after its process ends', async () => {
    const runtime = await live(sqliteJournal({ directory: await left() }), 2)
    const { state, version } = runtime.parties.get('p1')
    expect(state).toMatchObject({ barks: 2, status: 'planning', version })
    expect(Array.from(state.inputs, ({ content }) => content)).toEqual(['sit'])
    await runtime.parties.update('p1', { add: ['roll'] }, { expectedVersion: version })
  })

  it('keeps the snapshots of agents, the events and the dead letters after its process ends', async () => {
    const runtime = await live(sqliteJournal({ directory: await left() }), 3)
    // The dog crashed on the last command, and was restarted.
    expect(runtime.parties.get('p1').agent('dog').snapshot()).toMatchObject({ value: 'awake', context: { count: 0 } })
    const said = runtime.bus.history({ type: 'pets.barked' })
    expect(said.map(({ data }) => data)).toEqual([
      { word: 'a', count: 1 },
      { word: 'b', count: 2 },
    ])
    expect(runtime.bus.deadLetters.list()).toMatchObject([
      { reason: 'failed', envelope: { type: 'pets.command', data: { word: 'boom' } } },
    ])
  })
})
