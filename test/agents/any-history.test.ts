import fc from 'fast-check'
import { expect, test } from 'vitest'
import { outcomeOf, startPlanner } from './support.ts'

const pool = [
  'jungle theme party for 75 guests',
  'space theme',
  'outdoor venue downtown under $1500',
  'a hall indoors',
  'it is for 40 guests',
  'two tier vegan chocolate cake',
  'lemon cake for at most $200',
  'buffet, two guests are gluten free',
  'barbecue for $20 per person',
  'photographer and balloons',
  'a clown for the kids',
  'on December 5',
  'our budget is $3000',
  'we all have a nut allergy',
  'What a great party, pricey juice',
].map((content, index) => ({ inputId: `input-${index}`, content }))

// Each step adds an input, or removes it if it is there, and then lets the party come to rest, or does not.
const steps = fc.array(fc.record({ input: fc.constantFrom(...pool), rests: fc.boolean() }), { maxLength: 14 })

test('a party ends the same whatever was added and removed on the way', { timeout: 60_000 }, async () => {
  const { runtime } = await startPlanner()
  await fc.assert(
    fc.asyncProperty(steps, async history => {
      const party = await runtime.parties.create()
      for (const { input, rests } of history) {
        await (party.state.inputs.has(input.inputId) ? party.removeInput(input.inputId) : party.addInput(input))
        if (rests) await party.idle()
      }
      await party.idle()
      const left = [...party.state.inputs]
      if (left.length === 0) {
        expect(party.state.results).toEqual({})
        expect(party.state.plan?.completionPercent ?? 0).toBe(0)
        return
      }
      const fresh = await runtime.parties.create({ inputs: left })
      await fresh.idle()
      expect(outcomeOf(party.state)).toEqual(outcomeOf(fresh.state))
      expect(party.state.status).toBe(fresh.state.status)
    }),
    { numRuns: 30 },
  )
  expect(runtime.bus.metrics().failed).toBe(0)
})
