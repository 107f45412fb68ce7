import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { briefOf } from '../../../agents/input-analyzer/brief.ts'
import { classify } from '../../../agents/input-analyzer/classify.ts'
import { extract } from '../../../agents/input-analyzer/extract.ts'
import { type AnalysedInput, brief } from '../../../agents/party/schemas.ts'

const analysed = (content: string, index: number): AnalysedInput => ({
  inputId: `inp_${index}`,
  categories: classify({ content }).categories,
  facts: extract(content, { today: '2026-11-21' }),
})
const briefly = (...contents: string[]) => briefOf(contents.map(analysed))

describe('the brief', () => {
  it('names the input that each value stands on', () => {
    const { guests, theme, setting } = briefly('jungle party', 'for 75 guests', 'outdoors')
    expect(guests).toEqual({ value: 75, inputId: 'inp_1' })
    expect(theme).toEqual({ value: { name: 'jungle', words: ['jungle'] }, inputId: 'inp_0' })
    expect(setting).toEqual({ value: 'outdoor', inputId: 'inp_2' })
  })

  it('lets the later one win and tells the contradiction', () => {
    const { guests, contradictions } = briefly('50 guests', '75 guests')
    expect(guests?.value).toBe(75)
    expect(contradictions).toEqual([
      { field: 'guests', earlier: { value: 50, inputId: 'inp_0' }, later: { value: 75, inputId: 'inp_1' } },
    ])
  })

  it.each([
    ['tiers', '2 tier cake', '3 tier cake'],
    ['setting', 'indoor venue', 'outdoor venue'],
    ['area', 'venue downtown', 'venue uptown'],
    ['place', 'in a park', 'in a hotel'],
    ['style', 'a buffet', 'a plated dinner'],
    ['date', 'on December 5', 'on December 6'],
    ['theme', 'princess party', 'pirate party'],
    ['money for the cake', 'cake under $200', 'cake under $300'],
  ])('tells a contradiction about %s', (field, first, second) => {
    expect(briefly(first, second).contradictions).toMatchObject([{ field, earlier: {}, later: {} }])
    expect(briefly(first, first).contradictions).toEqual([])
  })

  it('finds no contradiction between prices for different things', () => {
    const { money, contradictions } = briefly(
      'cake under $200',
      'venue under $900',
      'photographer under $500, balloons under $90',
    )
    expect(money).toHaveLength(4)
    expect(contradictions).toEqual([])
  })

  it('keeps an allergy that a later input speaks of less strictly', () => {
    const { dietary } = briefly('two kids have an egg allergy', 'one guest is egg-free')
    expect(dietary.map(({ value }) => value)).toEqual([{ need: 'egg-free', about: 'guests', guests: 1, allergy: true }])
  })

  it('unites flavours, diets and services', () => {
    const { flavours, dietary, services } = briefly(
      'lemon cake',
      'chocolate cake',
      'vegan food',
      'lemon and vanilla cake',
      'dj',
    )
    expect(flavours.map(({ value }) => value)).toEqual(['lemon', 'chocolate', 'vanilla'])
    expect(dietary.map(({ value }) => value.need)).toEqual(['vegan'])
    expect(services.map(({ value }) => value)).toEqual(['entertainment'])
  })

  it('lists who is wanted by which inputs', () => {
    expect(briefly('jungle cake', 'a venue', 'cake with icing', '40 guests').wanted).toEqual({
      theme: ['inp_0'],
      venue: ['inp_1'],
      cake: ['inp_0', 'inp_2'],
    })
  })

  it('calls an input unclassified only if nothing in it is understood', () => {
    expect(briefly('asdf', 'December 5', 'cake').unclassified).toEqual(['inp_0'])
  })

  it('makes a theme clearer when a second input names it too', () => {
    expect(briefly('jungle party', 'safari animals').theme).toEqual({
      value: { name: 'jungle', words: ['jungle', 'safari', 'animal'] },
      inputId: 'inp_1',
    })
  })
})

const sentences = fc.constantFrom(
  'jungle theme for 75 guests',
  'princess party for 30',
  'outdoor venue downtown under $1500',
  'indoor hall, at most $700',
  'two tier vegan chocolate cake',
  '3 tier lemon cake under $90',
  'photographer and balloons',
  'buffet, two guests are gluten free',
  'on December 5',
  '2027-06-01',
  'asdf',
)

test('taking an input back gives the brief of a party that never had it', () => {
  fc.assert(
    fc.property(fc.array(sentences, { minLength: 1, maxLength: 8 }), fc.nat(), (contents, pick) => {
      const inputs = contents.map(analysed)
      const removed = pick % inputs.length
      // Everything is computed once with the input, as in a running party, and then without it.
      const before = JSON.stringify(briefOf(inputs))
      const without = briefOf(inputs.filter((_, index) => index !== removed))
      const never = briefOf(contents.flatMap((content, index) => (index === removed ? [] : [analysed(content, index)])))
      expect(without).toEqual(never)
      expect(JSON.stringify(without)).not.toContain(`"inp_${removed}"`)
      expect(JSON.stringify(briefOf(inputs))).toBe(before)
      expect(brief.parse(without)).toEqual(without)
    }),
  )
})
