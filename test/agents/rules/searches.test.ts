import { describe, expect, it, test } from 'vitest'
import { cakeSize, searchCakes } from '../../../agents/cake/search.ts'
import { searchCaterers } from '../../../agents/catering/search.ts'
import { builtInDirectory } from '../../../agents/party/directory.ts'
import { type Needs, results } from '../../../agents/party/schemas.ts'
import { searchTheme } from '../../../agents/theme/search.ts'
import { searchVendors, withQuotes } from '../../../agents/vendor/search.ts'
import { searchVenues } from '../../../agents/venue/search.ts'

const [themes, venues, bakeries, caterers, vendors] = await Promise.all([
  builtInDirectory.themes(),
  builtInDirectory.venues(),
  builtInDirectory.bakeries(),
  builtInDirectory.caterers(),
  builtInDirectory.vendors(),
])
const names = (options: readonly { name: string }[]) => options.map(({ name }) => name)

describe('the theme search', () => {
  it.each([
    ['its name', ['jungle'], 0.9],
    ['its name and a related word', ['jungle', 'safari'], 1],
    ['one related word', ['zoo'], 0.5],
    ['two related words', ['zoo', 'safari'], 0.7],
  ])('is as sure as the words allow: %s', (_, words, confidence) => {
    const found = searchTheme({ theme: 'jungle', words }, themes)
    expect(found.result).toMatchObject({ name: 'jungle', fits: true, colours: ['green', 'brown', 'yellow', 'orange'] })
    expect(found.confidence).toBe(confidence)
  })

  it.each<[string, Needs['theme']]>([
    ['no theme is named', { words: [] }],
    ['the directory does not know it', { theme: 'opera', words: ['opera'] }],
  ])('falls back to the general theme when %s', (_, needs) => {
    const { result, confidence } = searchTheme(needs, themes)
    expect(result).toMatchObject({ name: 'general', fits: false })
    expect(result.summary).toContain(needs.theme ?? 'No theme')
    expect(confidence).toBe(0.5)
  })
})

describe('the venue search', () => {
  const find = (needs: Partial<Needs['venue']>) => searchVenues({ guests: 75, guestsKnown: true, ...needs }, venues)

  it('prefers rating, then price, then name when several meet every wish', () => {
    expect(names(find({}).result.options)).toEqual([
      'Crystal Ballroom',
      'Grand Hotel Conference Center',
      'Sunshine Garden Park',
    ])
    expect(find({}).confidence).toBe(0.85)
  })

  it('leaves a party at home there, and says if the home is too small', () => {
    const [best] = find({ place: 'home', guests: 60, area: 'downtown', maxPerDay: 100 }).result.options
    expect(best).toMatchObject({ name: 'Your Own Home', misses: ['holds only 30, you expect 60', 'is not downtown'] })
  })

  it('explains each option', () => {
    const [best] = find({ setting: 'outdoor', area: 'downtown', maxPerDay: 1500, theme: 'jungle' }).result.options
    expect(best).toMatchObject({ name: 'Sunshine Garden Park', misses: [] })
    expect(best?.why).toEqual([
      'holds 100, you expect 75',
      'is outdoor',
      'is downtown',
      'is free',
      'suits a jungle theme',
      'is rated 4.7',
    ])
  })

  it('says that nothing fits and still offers the nearest', () => {
    const { result, confidence } = find({ guests: 400, area: 'downtown' })
    expect(result.fits).toBe(false)
    expect(result.options[0]).toMatchObject({
      name: 'Grand Hotel Conference Center',
      misses: ['holds only 250, you expect 400'],
    })
    expect(result.summary).toContain('No venue meets every wish')
    expect(confidence).toBe(0.7)
  })

  it('offers the least overspending when everything is too dear', () => {
    expect(names(find({ guests: 110, area: 'downtown', setting: 'indoor', maxPerDay: 100 }).result.options)[0]).toBe(
      'Community Center Hall',
    )
  })

  it('proposes the family home only when it is asked for', () => {
    expect(names(find({ guests: 20, setting: 'indoor', maxPerDay: 0 }).result.options)).not.toContain('Your Own Home')
    expect(names(find({ guests: 20, place: 'home' }).result.options)[0]).toBe('Your Own Home')
  })

  it('says so when the directory is empty', () => {
    const { result, confidence } = searchVenues({ guests: 20, guestsKnown: false }, [])
    expect(result).toMatchObject({ options: [], fits: false, summary: 'There is no venue to choose from.' })
    expect(confidence).toBe(0)
  })

  it('tells when the number of guests is only assumed', () => {
    expect(find({ guests: 50, guestsKnown: false }).result.options[0]?.why[0]).toContain('we plan for 50 until you say')
  })
})

describe('the cake search', () => {
  const find = (needs: Partial<Needs['cake']>) =>
    searchCakes(
      { guests: 30, guestsKnown: true, decorations: [], tiers: 1, flavours: [], dietary: [], ...needs },
      bakeries,
    )

  test.each([
    [19, 'small'],
    [20, 'medium'],
    [49, 'medium'],
    [50, 'large'],
  ])('%d guests need a %s cake', (guests, size) => {
    expect(cakeSize(guests)).toBe(size)
  })

  it('finds the bakery that can do all of it, and prices each tier', () => {
    const { result, confidence } = find({ guests: 75, tiers: 2, flavours: ['chocolate'], dietary: ['vegan'] })
    expect(result.options[0]).toMatchObject({ name: 'Organic Treats Bakery', price: 390, tiers: 2, misses: [] })
    expect(result.estimate).toEqual({ min: 390, max: 468 })
    expect(result.fits).toBe(true)
    expect(confidence).toBe(0.85)
  })

  it('puts a diet above a flavour', () => {
    const [best] = find({ flavours: ['caramel'], dietary: ['kosher'] }).result.options
    expect(best).toMatchObject({
      name: 'Corner Oven',
      misses: ['does not offer caramel'],
      dietary: ['kosher'],
      flavours: [],
    })
  })

  it('says which wishes nobody meets', () => {
    const { result, confidence } = find({ tiers: 9, maxPrice: 20 })
    expect(result.fits).toBe(false)
    expect(result.options[0]?.misses).toHaveLength(2)
    expect(result.summary).toContain('No bakery meets every wish')
    expect(confidence).toBe(0.55)
  })
})

describe('the catering search', () => {
  const find = (needs: Partial<Needs['catering']>, guests = 75) =>
    searchCaterers({ guests, guestsKnown: true, dietary: [], ...needs }, guests, caterers)

  it('finds a caterer for style and diet, and multiplies by the guests', () => {
    const { result, confidence } = find({ style: 'buffet', dietary: [{ need: 'gluten-free', guests: 2 }] })
    expect(result.options[0]).toMatchObject({ name: 'Healthy Bites Catering', misses: [] })
    expect(result.options[0]?.why).toContain('cooks gluten-free for 2 guests')
    expect(result.estimate).toEqual({ min: 1500, max: 1725 })
    expect(confidence).toBe(0.8)
  })

  it('counts the guests it is told, not those it once assumed', () => {
    const { result } = searchCaterers({ guests: 50, guestsKnown: false, dietary: [] }, 100, caterers)
    expect(result).toMatchObject({ guests: 100, estimate: { min: 2200 } })
  })

  it("bills the caterer's minimum and says so", () => {
    const small = find({ style: 'barbecue' }, 8).result.options[0]
    expect(small).toMatchObject({
      name: 'BBQ Masters Catering',
      misses: ['bills at least 25 guests'],
      estimate: { min: 550 },
    })
  })

  it('puts a diet above style and price', () => {
    const { result } = find({ style: 'food truck', dietary: [{ need: 'kosher' }], maxPerPerson: 15 })
    expect(result.options[0]?.name).toBe('Garden Table Catering')
    expect(result.options[0]?.misses).toHaveLength(2)
    expect(result.fits).toBe(false)
  })
})

describe('the vendor search', () => {
  const find = (needs: Partial<Needs['vendor']>) => searchVendors({ services: [], maxPrices: {}, ...needs }, vendors)

  it('looks only for what was asked, the best and one alternative each', () => {
    const { result, confidence } = find({ services: ['photography', 'decorations'], theme: 'jungle' })
    expect(result.choices.map(({ best, alternative }) => [best.name, alternative?.name])).toEqual([
      ['Picture Perfect Photography', 'Snapshot Sisters'],
      ['Wild Leaf Decor', 'Magic Party Decorations'],
    ])
    expect(result.vendorIds).toHaveLength(4)
    expect(confidence).toBe(0.8)
  })

  it('looks for the usual four services when none is named', () => {
    expect(find({}).result.choices.map(({ service }) => service)).toEqual([
      'decorations',
      'entertainment',
      'photography',
      'rentals',
    ])
  })

  it('prefers a specialist of the theme to a specialist of another', () => {
    const best = (theme: string) => find({ services: ['entertainment'], theme }).result.choices[0]?.best.name
    expect(best('superhero')).toBe('SuperHero Entertainment')
    expect(best('farm')).toBe('Critter Caravan')
    expect(best('space')).toBe('Bubble and Beat Show')
  })

  it('keeps away from vendors below 4.0 unless there is nobody else, and then says so', () => {
    const noise = vendors.filter(({ id }) => id === 'party-noise-unlimited')
    expect(JSON.stringify(find({ services: ['entertainment'], maxPrice: 200 }).result)).not.toContain('Party Noise')
    const { result, confidence } = searchVendors({ services: ['entertainment'], maxPrices: {} }, noise)
    expect(result.choices[0]?.best.misses).toEqual(['is rated 3.6, below 4.0'])
    expect(result.fits).toBe(false)
    expect(confidence).toBe(0.65)
  })

  it('names a service that nobody offers', () => {
    const { result } = searchVendors({ services: ['planning'], maxPrices: {} }, [])
    expect(result).toMatchObject({ choices: [], missingServices: ['planning'], fits: false })
    expect(result.summary).toContain('Nobody offers planning')
  })

  it('takes confirmed prices, and marks those that are missing', () => {
    const { result } = find({ services: ['photography', 'rentals'] })
    const full = withQuotes(result, Object.fromEntries(result.vendorIds.map(id => [id, 99])))
    expect(full.prices).toBe('confirmed')
    expect(full.choices.map(({ best }) => [best.price, best.confirmed])).toEqual([
      [99, true],
      [99, true],
    ])
    const half = withQuotes(result, { 'party-rental-pro': 410 })
    expect(half.prices).toBe('unconfirmed')
    expect(half.choices.map(({ best }) => [best.price, best.confirmed])).toEqual([
      [600, false],
      [410, true],
    ])
    expect(withQuotes(full, undefined)).toEqual({ ...result, prices: 'unconfirmed' })
  })
})

test('no ranking depends on the order of the directory', () => {
  const needs = { guests: 40, guestsKnown: true, dietary: [], flavours: [], decorations: [], tiers: 1 }
  const vendorNeeds = { services: [], maxPrices: {} }
  expect(searchVenues(needs, venues.toReversed())).toEqual(searchVenues(needs, venues))
  expect(searchCakes(needs, bakeries.toReversed())).toEqual(searchCakes(needs, bakeries))
  expect(searchCaterers(needs, 40, caterers.toReversed())).toEqual(searchCaterers(needs, 40, caterers))
  expect(searchVendors(vendorNeeds, vendors.toReversed())).toEqual(searchVendors(vendorNeeds, vendors))
})

test('every result keeps to its schema', () => {
  const needs = { guests: 40, guestsKnown: true, dietary: [], flavours: [], decorations: [], tiers: 1 }
  const found = {
    theme: searchTheme({ words: [] }, themes).result,
    venue: searchVenues(needs, venues).result,
    cake: searchCakes(needs, bakeries).result,
    catering: searchCaterers(needs, 40, caterers).result,
    vendor: searchVendors({ services: [], maxPrices: {} }, vendors).result,
  }
  expect(results.theme.strict().parse(found.theme)).toEqual(found.theme)
  expect(results.venue.strict().parse(found.venue)).toEqual(found.venue)
  expect(results.cake.strict().parse(found.cake)).toEqual(found.cake)
  expect(results.catering.strict().parse(found.catering)).toEqual(found.catering)
  expect(results.vendor.strict().parse(found.vendor)).toEqual(found.vendor)
})
