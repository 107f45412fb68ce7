import { describe, expect, it } from 'vitest'
import { totalBudget } from '../../../agents/budget/total.ts'
import { searchCakes } from '../../../agents/cake/search.ts'
import { searchCaterers } from '../../../agents/catering/search.ts'
import { writePlan } from '../../../agents/final-planner/plan.ts'
import type { PlanSources } from '../../../agents/final-planner/sources.ts'
import { briefOf } from '../../../agents/input-analyzer/brief.ts'
import { classify } from '../../../agents/input-analyzer/classify.ts'
import { extract } from '../../../agents/input-analyzer/extract.ts'
import { needsOf, partyLimit } from '../../../agents/party/dependencies.ts'
import { builtInDirectory } from '../../../agents/party/directory.ts'
import { partyPlan, type Results } from '../../../agents/party/schemas.ts'
import { quote } from '../../../agents/quotes/quote.ts'
import { searchTheme } from '../../../agents/theme/search.ts'
import { searchVendors, withQuotes } from '../../../agents/vendor/search.ts'
import { searchVenues } from '../../../agents/venue/search.ts'

/** Runs the rules one after the other, as the agents do. */
const planned = async (contents: readonly string[], more: Partial<PlanSources> = {}) => {
  const inputs = contents.map((content, index) => ({ inputId: `inp_${index}`, content }))
  const brief = briefOf(
    inputs.map(({ inputId, content }) => ({
      inputId,
      categories: classify({ content }).categories,
      facts: extract(content, { today: '2026-11-21' }),
    })),
  )
  const results: Partial<Results> = {}
  const theme = needsOf('theme', brief, results)
  if (theme) results.theme = searchTheme(theme, await builtInDirectory.themes()).result
  const venue = needsOf('venue', brief, results)
  if (venue) results.venue = searchVenues(venue, await builtInDirectory.venues()).result
  const cake = needsOf('cake', brief, results)
  if (cake) results.cake = searchCakes(cake, await builtInDirectory.bakeries()).result
  const catering = needsOf('catering', brief, results)
  if (catering) results.catering = searchCaterers(catering, catering.guests, await builtInDirectory.caterers()).result
  const vendor = needsOf('vendor', brief, results)
  if (vendor) {
    const { result } = searchVendors(vendor, await builtInDirectory.vendors())
    results.vendor = withQuotes(result, quote(await builtInDirectory.vendors(), { ids: result.vendorIds }))
  }
  const budget = totalBudget({ results, limit: partyLimit(brief) })
  const plan = writePlan({ results, brief, budget, inputs, ...more })
  return { brief, results, budget, plan, text: JSON.stringify(plan) }
}

const five = [
  'jungle theme party for 75 guests',
  'outdoor venue downtown under $1500',
  'two tier vegan chocolate cake',
  'photographer and balloons',
  'buffet, two guests are gluten free',
]

describe('the five sample inputs', async () => {
  const { brief, results, budget, plan, text } = await planned(five)

  it('are all understood, without contradiction', () => {
    expect(brief).toMatchObject({ guests: { value: 75 }, contradictions: [], unclassified: [], ignored: [] })
    expect(Object.keys(brief.wanted)).toEqual(['theme', 'venue', 'cake', 'catering', 'vendor'])
  })

  it('lead to results that meet every wish', () => {
    expect(results.theme?.name).toBe('jungle')
    expect(results.venue?.options[0]).toMatchObject({
      setting: 'outdoor',
      area: 'downtown',
      name: 'Sunshine Garden Park',
    })
    expect(results.cake?.options[0]).toMatchObject({ tiers: 2, dietary: ['vegan'], flavours: ['chocolate'] })
    expect(results.catering).toMatchObject({ guests: 75, options: [{ name: 'Healthy Bites Catering' }, {}, {}] })
    expect(results.vendor?.choices.map(({ service }) => service)).toEqual(['decorations', 'photography'])
    for (const result of Object.values(results)) expect(result.fits).toBe(true)
  })

  it('lead to a complete plan that names everybody to book, with prices', () => {
    expect(plan.completionPercent).toBe(100)
    expect(plan.missingAgents).toEqual([])
    for (const name of [
      'jungle',
      'Sunshine Garden Park',
      'permit',
      'Organic Treats Bakery',
      'Healthy Bites Catering',
    ]) {
      expect(text).toContain(name)
    }
    for (const price of ['$390', '$20 per person', '$600', 'gluten-free for 2']) expect(text).toContain(price)
    expect(plan.summary).toContain(`about $${budget.totalBudget.min.toLocaleString('en-US')}`)
    expect(partyPlan.strict().parse(plan)).toEqual(plan)
  })
})

describe('the plan', () => {
  it.each([
    [[], 0, ['theme', 'venue', 'cake', 'catering']],
    [['jungle theme'], 20, ['venue', 'cake', 'catering']],
    [['jungle theme', 'a venue'], 60, ['cake', 'catering']],
    [['jungle theme', 'a venue', 'a cake'], 80, ['catering']],
    [['jungle theme', 'a venue', 'a cake', 'a buffet'], 100, []],
  ])('of %j is %d percent complete', async (inputs, percent, missing) => {
    const { plan } = await planned(inputs)
    expect(plan.completionPercent).toBe(percent)
    expect(plan.missingAgents).toEqual(missing)
  })

  it('gives each category its priority', async () => {
    const { plan } = await planned(five.slice(0, 3))
    const priorities = Object.fromEntries(plan.recommendations.map(({ category, priority }) => [category, priority]))
    expect(priorities).toMatchObject({ theme: 'high', venue: 'critical', cake: 'medium', budget: 'high' })
  })

  it('has three tasks for each required agent, and only the family ticks them off', async () => {
    const { plan } = await planned(five, { doneTasks: ['venue-book', 'cake-order', 'no-such-task'] })
    const perCategory = ['theme', 'venue', 'cake', 'catering'].map(
      name => plan.checklist.filter(({ category }) => category === name).length,
    )
    expect(perCategory).toEqual([3, 3, 3, 3])
    expect(plan.checklistSummary).toEqual({ totalTasks: 12, completedTasks: 2, pendingTasks: 10 })
    expect(plan.nextSteps.join()).not.toContain('Book Sunshine')
  })

  it('never asks for more than five steps at once', async () => {
    for (const inputs of [[], ['asdf'], five])
      expect((await planned(inputs)).plan.nextSteps.length).toBeLessThanOrEqual(5)
    expect((await planned([])).plan.nextSteps[0]).toBe('Name a theme.')
  })

  it('asks about an input that it did not understand, and quotes it', async () => {
    const { plan } = await planned(['blorp the zazz'])
    expect(plan.recommendations).toContainEqual(
      expect.objectContaining({ category: 'clarification', description: expect.stringContaining('"blorp the zazz"') }),
    )
  })

  it('asks first of all about food that it did not understand, however much else it has to say', async () => {
    const prices = Array.from({ length: 20 }, (_, index) => `€${index + 1}`).join('; ')
    const { plan } = await planned([prices, 'cake for 20 kids, one is allergic to flurbs'])
    const asked = plan.recommendations.filter(({ category }) => category === 'clarification')
    expect(asked[0]).toEqual({
      category: 'clarification',
      priority: 'high',
      description:
        'What must the food not hold? We did not understand "allergic to flurbs". ' +
        'Say it in other words, and tell whoever cooks and bakes.',
    })
    expect(asked.at(-1)?.description).toBe('There are 10 more passages that we did not use.')
    expect(plan.nextSteps).toContain('Explain what we did not understand.')
  })

  it('says that it does not understand another language, and plans nothing from it', async () => {
    const { plan, brief } = await planned(['Fiesta para 20 personas, sin nueces'])
    expect(plan.recommendations).toContainEqual({
      category: 'clarification',
      priority: 'high',
      description:
        'We did not read "fiesta para 20 personas, sin nueces": ' +
        'this seems to be Spanish, and we understand only English. Please write it in English.',
    })
    expect(brief).toMatchObject({ dietary: [], wanted: {} })
    expect(brief.guests).toBeUndefined()
  })

  it('tells what it did not understand also when it understood the rest', async () => {
    const { plan } = await planned(['30 guests, a taco bar and a mechanical bull'])
    expect(plan.recommendations.map(({ description }) => description)).toContain(
      'We did not understand "a mechanical bull".',
    )
  })

  it('names allergies to the caterer as such', async () => {
    const { text } = await planned(['buffet, 2 kids are allergic to eggs, one guest is vegan'])
    expect(text).toContain('Tell them: egg-free for 2 (allergy) and vegan for 1.')
  })

  it('misses nothing that the family has already', async () => {
    const { plan, text } = await planned(['jungle theme, the venue is booked, and we need a cake and a buffet'])
    expect(plan).toMatchObject({ completionPercent: 100, missingAgents: [] })
    expect(text).toContain('The venue is arranged already.')
    expect(plan.checklist.find(({ id }) => id === 'venue-book')?.done).toBe(true)
  })

  it('tells contradictions and refused values', async () => {
    const { text } = await planned(['cake for 50 guests', 'no, 60 guests', '9000 guests'])
    expect(text).toContain('first 50, then 60')
    expect(text).toContain('we plan for 5 to 500 guests')
  })

  it('tells which search failed and offers to try again', async () => {
    const { plan } = await planned(['jungle theme'], { failed: [{ agent: 'venue', reason: 'it took too long' }] })
    expect(plan.nextSteps[0]).toBe('Try the venue search again.')
    expect(plan.recommendations).toContainEqual(
      expect.objectContaining({
        category: 'venue',
        priority: 'high',
        description: expect.stringContaining('took too long'),
      }),
    )
  })

  it('says what a recommendation does not meet', async () => {
    const { plan } = await planned(['venue downtown for 400 guests', 'kosher lemon cake'])
    const described = plan.recommendations.map(({ description }) => description).join(' ')
    expect(described).toContain('Mind that it holds only 250')
    expect(described).not.toContain('kosher lemon cake from')
    expect(described).toContain('does not bake kosher')
  })

  it('misses a vendor only when somebody asked for one', async () => {
    const { brief } = await planned(five)
    expect(writePlan({ brief, results: {} }).missingAgents).toEqual(['theme', 'venue', 'cake', 'catering', 'vendor'])
    expect((await planned(five.slice(0, 3))).plan.missingAgents).toEqual(['catering'])
  })
})
