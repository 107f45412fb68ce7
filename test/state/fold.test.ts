import { createRuntime, defineEvent, defineParty, type Frame, foldParty, type Journal, memoryJournal } from 'troupe'
import { partyPlanner } from 'troupe/agents'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { inputAdded, inputRemoved } from '../support/pets.ts'
import { startRuntime, suiteJournal } from '../support/runtime.ts'

async function framesOf(journal: Journal, partyId: string): Promise<readonly Frame[]> {
  const frames: Frame[] = []
  for await (const frame of journal.read(`party/${partyId}`)) frames.push(frame)
  return frames
}

describe('the frames of a party', () => {
  it('add up to every state that the party had, after as many of them', async () => {
    const journal = suiteJournal()
    const { runtime } = await startRuntime({ party: partyPlanner, journal })
    const party = await runtime.parties.create({ inputs: ['jungle theme party for 75 guests', 'vegan cake'] })
    const seen = new Map([[party.version, party.state]])
    onTestFinished(party.watch(state => void seen.set(state.version, state)))
    await party.idle()
    const [, cake] = party.state.inputs
    await party.removeInput(cake?.inputId ?? '')
    await party.idle()

    const frames = await framesOf(journal, party.id)
    const folded = new Map(
      frames.map((_, place) => {
        const state = foldParty(partyPlanner, frames.slice(0, place + 1))
        return [state.version, state]
      }),
    )
    expect(seen.size).toBeGreaterThan(10)
    for (const [version, state] of seen)
      expect(JSON.stringify(folded.get(version)), `version ${version}`).toBe(JSON.stringify(state))
    expect(foldParty(partyPlanner, [])).toMatchObject({ ...partyPlanner.initial, status: 'initializing', version: 0 })
  })

  it('are lifted when they tell of events of an older version', async () => {
    const first = defineEvent('pets.fed', z.object({ meals: z.int() }))
    const second = defineEvent('pets.fed', z.object({ grams: z.int() }), {
      version: 2,
      upcast: { 1: ({ meals }) => ({ grams: Number(meals) * 100 }) },
    })
    const inputs = { added: inputAdded, removed: inputRemoved }
    const counted = defineParty({
      name: 'pets',
      agents: [],
      events: [first],
      inputs,
      state: { initial: { meals: 0 }, on: { 'pets.fed': (state, { data }) => void (state.meals += data.meals) } },
    })
    const weighed = defineParty({
      name: 'pets',
      agents: [],
      events: [second],
      inputs,
      state: { initial: { grams: 0 }, on: { 'pets.fed': (state, { data }) => void (state.grams += data.grams) } },
    })
    const journal = memoryJournal()
    const runtime = await createRuntime({ party: counted, journal }).start()
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(first({ meals: 2 }), { party: party.id })
    const frames = await framesOf(journal, party.id)
    await runtime.stop()
    expect(foldParty(weighed, frames)).toMatchObject({ grams: 200, status: 'planning' })
  })
})
