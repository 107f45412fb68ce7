import { builtInDirectory } from 'troupe/agents'
import { describe, expect, it, test } from 'vitest'
import { outcomeOf, planned, sample, sampleWithout, townWith } from './support.ts'

describe('the sample party', () => {
  it('keeps its five inputs in the order in which they were added', async () => {
    const { party } = await planned(sample)
    expect([...party.state.inputs].map(({ content }) => content)).toEqual(sample.map(({ content }) => content))
  })

  it('has the jungle theme', async () => {
    const { party } = await planned(sample)
    expect(party.state.results.theme).toMatchObject({ name: 'jungle', fits: true })
  })

  it('gets a venue outdoors and downtown that holds 75 for less than $1,500 a day', async () => {
    const { party } = await planned(sample)
    const best = party.state.results.venue?.options[0]
    expect(best).toMatchObject({ area: 'downtown', misses: [] })
    expect(['outdoor', 'both']).toContain(best?.setting)
    expect(best?.capacity).toBeGreaterThanOrEqual(75)
    expect(best?.pricePerDay).toBeLessThan(1_500)
  })

  it('is told of every further venue what it lacks', async () => {
    const { party } = await planned(sample)
    for (const option of party.state.results.venue?.options ?? []) {
      const misses = option.misses.join()
      expect(misses.includes('is not downtown')).toBe(option.area !== 'downtown')
      expect(misses.includes('is not outdoor')).toBe(option.setting === 'indoor')
      expect(misses.includes('holds only')).toBe(option.capacity < 75)
      expect(misses.includes('more than your')).toBe(option.pricePerDay > 1_500)
    }
  })

  it('gets a vegan chocolate cake of two tiers', async () => {
    const { party } = await planned(sample)
    expect(party.state.results.cake).toMatchObject({
      fits: true,
      options: [{ tiers: 2, dietary: ['vegan'], flavours: ['chocolate'] }, {}, {}],
    })
  })

  it('gets a caterer with a buffet that cooks gluten-free', async () => {
    const { party } = await planned(sample)
    const best = party.state.results.catering?.options[0]
    expect(best?.dietary).toContain('gluten-free')
    expect(best?.styles).toContain('buffet')
  })

  it('gets a decorator and a photographer, and nobody else', async () => {
    const { party } = await planned(sample)
    const services = party.state.results.vendor?.choices.map(({ service }) => service)
    expect(services).toEqual(['decorations', 'photography'])
  })

  it('ends with a complete plan', async () => {
    const { party } = await planned(sample)
    expect(party.state.plan).toMatchObject({ completionPercent: 100, missingAgents: [] })
    expect(party.state.status).toBe('completed')
  })

  it('comes out the same under other ids', async () => {
    const { runtime, party } = await planned(sample.map(({ content }) => content))
    const again = await runtime.parties.create({ inputs: sample.map(({ content }) => content) })
    await again.idle()
    expect(again.id).not.toBe(party.id)
    expect([...again.state.inputs][0]?.inputId).not.toBe([...party.state.inputs][0]?.inputId)
    expect({ ...outcomeOf(again.state), brief: null }).toEqual({ ...outcomeOf(party.state), brief: null })
  })
})

test('without a word about the cake there is none, the plan is 80 % complete and the party cheaper', async () => {
  const { runtime, party } = await planned(sampleWithout('cake'))
  const whole = await runtime.parties.create({ inputs: sample })
  await whole.idle()
  expect(party.state.plan).toMatchObject({ completionPercent: 80, missingAgents: ['cake'] })
  expect(party.state.status).toBe('planning')
  expect(party.state.results).not.toHaveProperty('cake')
  expect(party.state.budget?.missing).toEqual(['cake'])
  expect(party.state.budget?.totalBudget.max).toBeLessThan(whole.state.budget?.totalBudget.max ?? 0)
})

test('a price that is another in the directory changes that result, the budget and the plan, and nothing else', async () => {
  const dearer = townWith({
    bakeries: async () =>
      (await builtInDirectory.bakeries()).map(bakery =>
        bakery.id === 'organic-treats-bakery' ? { ...bakery, extraTierPrice: bakery.extraTierPrice + 1 } : bakery,
      ),
  })
  const { party: before, heard: heardBefore } = await planned(sample)
  const { party: after, heard: heardAfter } = await planned(sample, { directory: dearer })
  const { results, budget, plan, brief } = outcomeOf(before.state)
  const changed = outcomeOf(after.state)
  expect(changed.results.cake?.options[0]?.price).toBe((results.cake?.options[0]?.price ?? 0) + 1)
  expect(changed.budget?.totalBudget.min).toBe((budget?.totalBudget.min ?? 0) + 1)
  expect(changed.budget?.breakdown).toEqual({ ...budget?.breakdown, cake: changed.results.cake?.estimate })
  expect(changed.plan?.summary).not.toBe(plan?.summary)
  expect({ ...changed.results, cake: results.cake }).toEqual(results)
  expect(changed.brief).toEqual(brief)
  expect(heardAfter.orders).toEqual(heardBefore.orders)
})

describe('a text that only sounds like keywords', () => {
  const chatter = 'What a great party, pricey juice'

  it('sets no agent searching', async () => {
    const { heard, party } = await planned([chatter])
    expect(heard.orders).toEqual([])
    expect(party.state.results).toEqual({})
  })

  it('is answered with a question', async () => {
    const { heard, party } = await planned([chatter])
    const [input] = party.state.inputs
    expect(heard.briefs.map(({ inputId, clarification }) => ({ inputId, clarification }))).toEqual([
      { inputId: input?.inputId, clarification: expect.stringContaining('We did not understand') },
    ])
    expect(party.state.brief?.unclassified).toEqual([input?.inputId])
    expect(party.state.plan?.recommendations).toContainEqual({
      category: 'clarification',
      priority: 'medium',
      description: expect.stringContaining(chatter),
    })
  })
})
