import { describe, expect, it } from 'vitest'
import { totalBudget } from '../../../agents/budget/total.ts'
import { searchCakes } from '../../../agents/cake/search.ts'
import { searchCaterers } from '../../../agents/catering/search.ts'
import { builtInDirectory } from '../../../agents/party/directory.ts'
import { partyBudget, type Results } from '../../../agents/party/schemas.ts'
import { searchTheme } from '../../../agents/theme/search.ts'
import { searchVendors, withQuotes } from '../../../agents/vendor/search.ts'
import { searchVenues } from '../../../agents/venue/search.ts'

const venues = await builtInDirectory.venues()
const theme = searchTheme({ words: [] }, await builtInDirectory.themes()).result
const park = searchVenues({ guests: 75, guestsKnown: true, place: 'garden' }, venues).result
const ballroom = searchVenues({ guests: 75, guestsKnown: true }, venues).result
const cakeNeeds = { guests: 75, guestsKnown: true, decorations: [], tiers: 2, flavours: [], dietary: ['vegan'] }
const cake = searchCakes(cakeNeeds, await builtInDirectory.bakeries()).result
const cateringNeeds = { guests: 75, guestsKnown: true, dietary: [], style: 'buffet' }
const catering = searchCaterers(cateringNeeds, 75, await builtInDirectory.caterers()).result
const vendorNeeds: Parameters<typeof searchVendors>[0] = { services: ['photography', 'rentals'], maxPrices: {} }
const vendor = searchVendors(vendorNeeds, await builtInDirectory.vendors()).result
const all: Partial<Results> = { theme, venue: ballroom, cake, catering, vendor }

describe('the budget', () => {
  it('guesses from usual prices while nothing is known', () => {
    for (const results of [{}, { theme }]) {
      const budget = totalBudget({ results })
      expect(budget.totalBudget).toMatchObject({ min: 1030, max: 3500 })
      expect(budget.totalBudget.note).toContain('guess')
      expect(Object.keys(budget.breakdown)).toEqual([
        'venue',
        'cake',
        'catering',
        'decorations',
        'entertainment',
        'photography',
      ])
      expect(budget.basedOnAgents).toEqual([])
      expect(budget.missing).toEqual(['venue', 'cake', 'catering', 'vendor'])
    }
  })

  it('adds up the best option of each agent', () => {
    const budget = totalBudget({ results: all })
    expect(budget.breakdown).toMatchObject({
      venue: { min: 1500, max: 1500 },
      cake: { min: 390, max: 468 },
      catering: { min: 1500, max: 1725 },
      vendor: { min: 800, max: 1200 },
    })
    expect(budget.totalBudget).toEqual({ min: 4190, max: 4893 })
    expect(budget.missing).toEqual([])
    expect(partyBudget.strict().parse(budget)).toEqual(budget)
  })

  it('counts a missing category as 0 and lists it', () => {
    const budget = totalBudget({ results: { cake } })
    expect(budget.totalBudget).toEqual({ min: 390, max: 468 })
    expect(budget.missing).toEqual(['venue', 'catering', 'vendor'])
    expect(budget.basedOnAgents).toEqual(['cake'])
  })

  it('reminds of the permit when the venue is free', () => {
    expect(totalBudget({ results: { venue: park } }).breakdown.venue).toEqual({
      min: 0,
      max: 0,
      note: 'The park itself is free, but the city asks for a gathering permit.',
    })
  })

  it('trusts confirmed prices and widens the others', () => {
    const priced = (quotes: Record<string, number>) =>
      totalBudget({ results: { vendor: withQuotes(vendor, quotes) } }).breakdown.vendor
    expect(priced({ 'picture-perfect-photography': 660, 'party-rental-pro': 440 })).toEqual({ min: 1100, max: 1100 })
    expect(priced({ 'picture-perfect-photography': 660 })).toEqual({
      min: 660 + 320,
      max: 660 + 480,
      note: 'Not confirmed yet: Party Rental Pro.',
    })
  })

  it('tells what changed since the last total', () => {
    const { previousTotal, delta } = totalBudget({ results: { cake }, previous: { min: 1030, max: 3500 } })
    expect(previousTotal).toEqual({ min: 1030, max: 3500 })
    expect(delta).toEqual({ min: -640, max: -3032 })
    expect(totalBudget({ results: { cake } })).not.toHaveProperty('delta')
  })

  it.each([
    [468, true, 'You stay within your $468.'],
    [467, false, 'It can stay within your $467, but may go $1 over.'],
    [300, false, 'It is at least $90 over your $300.'],
  ])('compares with the limit of $%d', (limit, withinLimit, advice) => {
    expect(totalBudget({ results: { cake }, limit })).toMatchObject({ limit, withinLimit, advice: [advice] })
  })

  it.each([
    [1000, 0],
    [1001, 1],
    [2000, 1],
    [2001, 1],
  ])('gives advice by the size of the total: $%d', (max, pieces) => {
    const { advice } = totalBudget({ results: { cake: { ...cake, estimate: { min: 0, max } } } })
    expect(advice).toHaveLength(pieces)
    if (max > 2000) expect(advice[0]).toContain('The largest part is cake')
    else if (max > 1000) expect(advice[0]).toContain('package prices')
  })
})
