import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { extract } from '../../../agents/input-analyzer/extract.ts'
import { facts } from '../../../agents/party/schemas.ts'

const today = '2026-11-21'
const read = (content: string) => extract(content, { today })

describe('the number of guests', () => {
  it.each([
    ['jungle theme party for 75 guests', 75],
    ['75-person party', 75],
    ['we are inviting 40', 40],
    ['party for 20, outdoors', 20],
    ['about 30 hungry kids', 30],
    ['20-30 guests', 30],
    ['between 20 and 30 people', 30],
    ['20 to 30 attendees', 30],
    ['party of twenty-five', 25],
    ['one hundred guests', 100],
    ['two dozen kids', 24],
    ['headcount: 44', 44],
    ['guests: 40', 40],
    ['20 kids and 15 adults', 35],
    ['75 guests, 30 of them kids', 75],
    ['for 20 vegan guests', 20],
    ['party on December 5 for 20 people', 20],
    ['$500 and 20 guests', 20],
    ['5 guests', 5],
    ['500 guests', 500],
  ])('is read from "%s"', (content, guests) => {
    expect(read(content).guests).toBe(guests)
  })

  it.each([
    'two guests are gluten free',
    'buffet for 3 hours',
    'a cake for a 7 year old kid',
    '$20 a person',
    '20 dollars per person',
    'in December 2027 guests will come',
    '-5 guests',
    '12.5 guests',
  ])('is not read from "%s"', content => {
    expect(read(content).guests).toBeUndefined()
  })

  it.each(['4 guests', '501 guests', '1,000 people'])('is refused and listed for "%s"', content => {
    expect(read(content).guests).toBeUndefined()
    expect(read(content).ignored).toEqual([{ field: 'guests', text: content, reason: 'we plan for 5 to 500 guests' }])
  })

  it('is the later of two, and the earlier one is listed', () => {
    const { guests, ignored } = read('50 guests, no, 60 guests')
    expect(guests).toBe(60)
    expect(ignored).toMatchObject([{ field: 'guests', text: '50 guests' }])
  })
})

describe('money', () => {
  it.each([
    ['outdoor venue downtown under $1500', { about: 'venue', unit: 'day', max: 1500 }],
    ['venue under 1.5k', { about: 'venue', unit: 'day', max: 1500 }],
    ['venue for at most $50 an hour', { about: 'venue', unit: 'hour', max: 50 }],
    ['$1,500 for everything', { about: 'party', unit: 'total', max: 1500 }],
    ['our budget is 1500 dollars', { about: 'party', unit: 'total', max: 1500 }],
    ['budget of 1500', { about: 'party', unit: 'total', max: 1500 }],
    ['two thousand dollars', { about: 'party', unit: 'total', max: 2000 }],
    ['$1-2k for the party', { about: 'party', unit: 'total', min: 1000, max: 2000 }],
    ['between $100 and $300 for the cake', { about: 'cake', unit: 'total', min: 100, max: 300 }],
    ['at least $300 for the photographer', { about: 'vendor', unit: 'total', service: 'photography', min: 300 }],
    ['no more than $300 for the photographer', { about: 'vendor', unit: 'total', service: 'photography', max: 300 }],
    ['buffet at $20 per person', { about: 'catering', unit: 'person', max: 20 }],
    ['$20 each', { about: 'catering', unit: 'person', max: 20 }],
    ['$40 per person for the whole party', { about: 'party', unit: 'person', max: 40 }],
    ['venue budget $900', { about: 'venue', unit: 'day', max: 900 }],
    ['$1,000,000 party', { about: 'party', unit: 'total', max: 1_000_000 }],
  ])('is read from "%s"', (content, fact) => {
    const { money } = read(content)
    expect(money).toEqual([{ ...fact, text: expect.any(String) }])
  })

  it('goes to the subject it stands next to', () => {
    const { money } = read('Total $5000, cake max $200, photographer under $500 and a $900 venue')
    expect(money.map(({ about, max }) => [about, max])).toEqual([
      ['party', 5000],
      ['cake', 200],
      ['vendor', 500],
      ['venue', 900],
    ])
  })

  it('is not swallowed by an amount that stands before it', () => {
    const amounts = (content: string) => read(content).money.map(({ about, max }) => [about, max])
    expect(amounts('cake for $100 and $500 for the venue')).toEqual([
      ['cake', 100],
      ['venue', 500],
    ])
    expect(read('budget $500 - 20 guests')).toMatchObject({ guests: 20, money: [{ max: 500 }] })
  })

  it.each([
    ['$0 cake', 'we count with $1 to $1,000,000'],
    ['$1,000,001 party', 'we count with $1 to $1,000,000'],
    ['€500 venue', 'only US dollars are understood'],
  ])('is refused and listed for "%s"', (content, reason) => {
    expect(read(content).money).toEqual([])
    expect(read(content).ignored).toMatchObject([{ field: 'money', reason }])
  })

  it.each(['up to 150 guests', 'a cake for 8 people', 'venue under 300 square meters', 'table 12', '-$50'])(
    'is not read from "%s"',
    content => {
      expect(read(content).money).toEqual([])
    },
  )
})

describe('dietary needs', () => {
  it.each([
    ['two tier vegan chocolate cake', [{ need: 'vegan', about: 'cake' }]],
    ['vegetarian buffet', [{ need: 'vegetarian', about: 'catering' }]],
    ['buffet, two guests are gluten free', [{ need: 'gluten-free', about: 'guests', guests: 2 }]],
    ['3 kids with nut allergies', [{ need: 'nut-free', about: 'guests', guests: 3, allergy: true }]],
    ['30 guests, 4 of them vegan', [{ need: 'vegan', about: 'guests', guests: 4 }]],
    ['we keep kosher', [{ need: 'kosher', about: 'guests' }]],
    ['no nuts!', [{ need: 'nut-free', about: 'guests' }]],
    [
      'vegan cake and gluten-free buffet',
      [
        { need: 'vegan', about: 'cake' },
        { need: 'gluten-free', about: 'catering' },
      ],
    ],
  ])('are read from "%s"', (content, needs) => {
    expect(read(content).dietary).toEqual(needs)
  })

  it('keep a head count that nobody can have out of the plan', () => {
    const { dietary, ignored } = read('900 guests are vegan')
    expect(dietary).toEqual([{ need: 'vegan', about: 'guests' }])
    expect(ignored).toMatchObject([{ field: 'dietary' }])
  })
})

describe('dates', () => {
  it.each([
    ['2027-12-05', '2027-12-05'],
    ['December 5', '2026-12-05'],
    ['dec. 5th', '2026-12-05'],
    ['the 5th of December', '2026-12-05'],
    ['November 20', '2027-11-20'],
    ['November 21', '2026-11-21'],
    ['5 December 2027', '2027-12-05'],
    ['December 5, 2027', '2027-12-05'],
    ['12/05/2027', '2027-12-05'],
    ['2/29/28', '2028-02-29'],
    ['February 29', '2028-02-29'],
    ['2029-11-21', '2029-11-21'],
  ])('are read from "%s"', (content, date) => {
    expect(read(content).date).toBe(date)
  })

  it.each([
    ['2027-02-29', 'is not a day of the calendar'],
    ['13/05/2027', 'is not a day of the calendar'],
    ['June 31', 'is not a day of the calendar'],
    ['2026-11-20', 'has already passed'],
    ['2029-11-22', 'is more than three years away'],
  ])('are refused and listed for "%s"', (content, reason) => {
    expect(read(content).date).toBeUndefined()
    expect(read(content).ignored).toEqual([{ field: 'date', text: content.toLowerCase(), reason }])
  })

  it('are not seen where a month is a verb', () => {
    expect(read('20 may come')).not.toHaveProperty('date')
    expect(read('May 20 guests sit down?')).not.toHaveProperty('date')
  })
})

describe('wishes', () => {
  it.each([
    ['two tier vegan chocolate cake', { tiers: 2, flavours: ['chocolate'] }],
    ['a double-tiered lemon and red velvet cake', { tiers: 2, flavours: ['lemon', 'red velvet'] }],
    ['outdoor venue downtown', { setting: 'outdoor', area: 'downtown' }],
    ['an indoor hall by the river', { setting: 'indoor', area: 'riverside', place: 'hall' }],
    ['in our backyard', { place: 'home' }],
    ['buffet', { style: 'buffet' }],
    ['photographer and balloons', { services: ['photography', 'decorations'] }],
    ['safari with wild animals', { theme: { name: 'jungle', words: ['safari', 'wild animal'] } }],
  ])('are read from "%s"', (content, wishes) => {
    expect(read(content)).toMatchObject(wishes)
  })

  it('leave the setting open when both are fine', () => {
    expect(read('indoor or outdoor')).not.toHaveProperty('setting')
  })

  it('leave chocolate milk to the caterer', () => {
    expect(read('a lemon cake and chocolate milk').flavours).toEqual(['lemon'])
    expect(read('food: strawberry smoothies').flavours).toEqual([])
  })

  it('do not hold what the text rules out', () => {
    expect(read('no chocolate, without clowns')).toMatchObject({ flavours: [], services: [] })
  })

  it.each(['0 tiers', '11 tier cake'])('list tiers that nobody can bake: "%s"', content => {
    expect(read(content)).not.toHaveProperty('tiers')
    expect(read(content).ignored).toMatchObject([{ field: 'tiers' }])
  })

  it('take the theme that is named most clearly and list the other', () => {
    const { theme, ignored } = read('a zoo trip and a princess with a castle, or pirates')
    expect(theme?.name).toBe('princess')
    expect(ignored).toMatchObject([{ field: 'theme', text: 'pirate' }])
  })
})

test('any text gives valid facts, and the same each time', () => {
  const snippets = fc.constantFrom(
    'for',
    '5',
    '75 guests',
    '$',
    '1,500',
    'k',
    'between',
    'and',
    'vegan',
    'cake',
    'may',
    'two',
    '/',
    '-',
    ',',
    '.',
    'dozen',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(snippets, { maxLength: 40 }).map(parts => parts.join(' ')),
    fc.array(snippets, { maxLength: 40 }).map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(text, content => {
      const found = read(content)
      expect(facts.parse(found)).toEqual(found)
      expect(JSON.parse(JSON.stringify(found))).toEqual(read(content))
    }),
    { numRuns: 500 },
  )
})

test('every guest count from 5 to 500 is read back, and no other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), count => {
      expect(read(`party for ${count} guests`).guests).toBe(count >= 5 && count <= 500 ? count : undefined)
    }),
  )
})

test('the longest input is read to its end whatever it holds', () => {
  // An expression that tries each split of such a text again does not end.
  for (const unit of ['1,', 'vegan ', 'party $1 ', 'for 5 ', 'twenty-'])
    expect(read(unit.repeat(10_000 / unit.length))).toBeDefined()
})
