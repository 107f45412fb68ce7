import { type Figures, FiguresError } from 'troupe'
import { partyPlanner } from 'troupe/agents'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, petsParty } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const countedBy = (figures: (state: { readonly barks: number }) => Figures) => ({ ...petsParty(dogAgent()), figures })

describe('the statistics of all parties', () => {
  it('count parties, inputs and statuses, and sum what the application counts', async () => {
    const party = countedBy(({ barks }) => ({ barks, noisy: barks > 1 ? 1 : 0 }))
    const { runtime } = await startRuntime({ party: { ...party, completed: ({ barks }) => barks > 1 } })
    await runtime.parties.create({ id: 'p1', inputs: ['a', 'b'] })
    await runtime.parties.create({ id: 'p2', inputs: ['c'] })
    await runtime.parties.create({ id: 'p3' })
    for (const party of ['p1', 'p1', 'p2']) await runtime.bus.publish(command({ word: 'sit' }), { party })
    await runtime.idle()
    expect(runtime.parties.stats()).toEqual({
      parties: 3,
      inputs: 3,
      statuses: { initializing: 0, planning: 2, completed: 1, error: 0 },
      figures: { barks: 3, noisy: 1 },
    })
    await runtime.parties.delete('p1')
    expect(runtime.parties.stats()).toMatchObject({ parties: 2, inputs: 1, figures: { barks: 1, noisy: 0 } })
  })

  it('of no parties are zeros', async () => {
    const { runtime } = await startRuntime()
    expect(runtime.parties.stats()).toEqual({
      parties: 0,
      inputs: 0,
      statuses: { initializing: 0, planning: 0, completed: 0, error: 0 },
      figures: {},
    })
  })

  it.each([
    ['throw', () => JSON.parse('{')],
    ['are no numbers', () => ({ barks: Number.NaN })],
  ])('are refused with the name of the party when its figures %s', async (_, figures) => {
    const { runtime } = await startRuntime({ party: countedBy(figures) })
    await runtime.parties.create({ id: 'p1' })
    expect(() => runtime.parties.stats()).toThrow(FiguresError)
    expect(() => runtime.parties.stats()).toThrow('"p1"')
  })

  it('of planned parties count the results of their agents', async () => {
    const { runtime } = await startRuntime({ party: partyPlanner })
    const inputs = ['jungle theme party for 75 guests', 'vegan cake', 'a venue in the park']
    const party = await runtime.parties.create({ inputs })
    await party.idle()
    const results = Object.keys(party.state.results).length
    expect(results).toBeGreaterThan(0)
    expect(runtime.parties.stats()).toMatchObject({ parties: 1, inputs: 3, figures: { results } })
  })
})
