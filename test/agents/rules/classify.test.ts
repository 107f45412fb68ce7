import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { classify } from '../../../agents/input-analyzer/classify.ts'
import { classification } from '../../../agents/party/schemas.ts'

const about = (content: string) => classify({ content }).categories.map(({ category }) => category)

test.each([
  ['jungle theme party for 75 guests', ['theme', 'guest']],
  ['outdoor venue downtown under $1500', ['venue', 'budget']],
  ['two tier vegan chocolate cake', ['cake']],
  ['photographer and balloons', ['vendor']],
  ['buffet, two guests are gluten free', ['catering', 'guest']],
  ['jungle', ['theme']],
  ['event space for 30 kids', ['venue', 'guest']],
  ['we need a space downtown', ['venue']],
  ['a space party', ['theme']],
  ['outer space', ['theme']],
  ['Jurassic Park', ['theme']],
  ['bouncy castle', ['vendor']],
  ['balloon animals', ['vendor']],
  ['fish and chips', ['catering']],
  ['princess cake', ['theme', 'cake']],
  ['catering service', ['catering']],
  ['vegan', ['catering']],
  ['strawberry', ['cake']],
  ['vegan cake', ['cake']],
])('"%s" is about %j', (content, expected) => {
  expect(about(content)).toEqual(expected)
})

test.each([
  'What a great party, pricey juice',
  'service',
  'a professional with the best look and a good idea',
  'heart, start, smart, article',
  'where to park',
  'no clowns please',
  "we don't want a cake",
  'no clowns or balloons',
  '!!! ??? ...',
])('"%s" is about nothing we know', content => {
  expect(classify({ content })).toEqual({ categories: [], unclassified: true })
})

describe('a keyword is found', () => {
  it.each([
    ['in capitals', 'JUNGLE'],
    ['with accents', 'jüngle'],
    ['in the plural', 'jungles'],
    ['in the possessive', 'the jungle’s sounds'],
    ['between punctuation', '(jungle)!'],
    ['in full-width letters', 'ｊｕｎｇｌｅ'],
  ])('%s', (_, content) => {
    expect(about(content)).toEqual(['theme'])
  })

  it.each(['bakeries', 'pastry', 'pastries', 'cupcakes', 'cup of tea and cupcake'])('in the form of %s', content => {
    expect(about(content)).toEqual(['cake'])
  })

  it('across a hyphen, but not across a comma', () => {
    expect(about('photo-booth')).toEqual(['vendor'])
    expect(about('photo, booth')).toEqual([])
  })
})

describe('the score', () => {
  const scoreOf = (input: Parameters<typeof classify>[0], name: string) =>
    classify(input).categories.find(({ category }) => category === name)?.score

  it('is 2 for each different keyword in the content', () => {
    expect(scoreOf({ content: 'cake with frosting, cake with icing' }, 'cake')).toBe(6)
  })

  it('is 3 for each keyword in a tag, beside what the content gives', () => {
    expect(scoreOf({ content: 'something nice', tags: ['cake'] }, 'cake')).toBe(3)
    expect(scoreOf({ content: 'cake', tags: ['cake', 'cakes'] }, 'cake')).toBe(5)
  })

  it.each([{ agent: 'cake' }, { agent: 'cake_agent' }, { agent: 'CakeAgent' }, { category: ['cake', 'venue'] }])(
    'is 5 when the metadata names the category as %j',
    metadata => {
      expect(scoreOf({ content: 'something nice', metadata }, 'cake')).toBe(5)
    },
  )

  it('sorts the categories, the strongest first', () => {
    expect(about('cake, frosting and icing in the park')).toEqual(['cake', 'venue'])
    expect(about('hall in a downtown hotel with cake')).toEqual(['venue', 'cake'])
  })
})

test('any text and any metadata is classified without an error, and the same way each time', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.dictionary(fc.string(), fc.jsonValue()),
      (content, metadata) => {
        const once = classify({ content, tags: [content], metadata })
        expect(classification.parse(once)).toEqual(classify({ content, tags: [content], metadata }))
        expect(once.unclassified).toBe(once.categories.length === 0)
      },
    ),
  )
})

test('a keyword inside a longer word never counts', () => {
  const keyword = fc.constantFrom('cake', 'park', 'art', 'eat', 'hall', 'star', 'price', 'tier')
  const letters = fc.stringMatching(/^[bdgkmpqz]{2,4}$/)
  fc.assert(
    fc.property(keyword, letters, letters, (word, before, after) => {
      expect(about(`${before}${word}${after}`)).toEqual([])
    }),
  )
})
