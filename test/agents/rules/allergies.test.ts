import fc from 'fast-check'
import { expect, test } from 'vitest'
import { extract } from '../../../agents/input-analyzer/extract.ts'
import { allergens } from '../../../agents/party/allergens.ts'

const read = (content: string) => extract(content, { today: '2026-11-24' })

const food = fc.constantFrom(...allergens.flatMap(({ need, words }) => words.map(word => ({ need, word }))))
const ways: ((a: string, b: string, c: string) => string)[] = [
  (a, b, c) => `she is allergic to ${a}, ${b} and ${c}`,
  (a, b, c) => `Allergic to: ${a}; also intolerant to ${b}/${c}`,
  (a, b, c) => `allergies: ${a}, ${b}, ${c}`,
  (a, b, c) => `a ${a} allergy, a ${b} and ${c} allergy`,
  (a, b, c) => `${a}, ${b} and ${c} allergies`,
  (a, b, c) => `2 kids can't eat ${a} or ${b}, and one can't have ${c}`,
  (a, b, c) => `Must be ${a}-free, ${b}-free and ${c}-free`,
  (a, b, c) => `my son gets hives from ${a}, anaphylactic to ${b} and ${c}`,
  (a, b, c) => `not only allergic to ${a} but also to ${b} & ${c}`,
  (a, b, c) => `Don't forget that he's allergic to ${a}, as well as ${b} and ${c}!`,
]
const around = fc.constantFrom(
  '',
  'jungle party for 20 kids',
  'budget $500',
  'two tier chocolate cake',
  'nobody is vegan',
  'no clowns',
  'vegan cake and a buffet',
  'on Saturday at our house',
  'Fiesta para 20 personas',
)

test('no allergy is lost, however it is said and whatever stands around it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ways), food, food, food, around, around, (way, a, b, c, before, after) => {
      const content = [before, way(a.word, b.word, c.word), after].filter(part => part !== '').join('. ')
      const needs = read(content).dietary.map(({ need }) => need)
      for (const { need } of [a, b, c]) expect(needs, content).toContain(need)
    }),
    { numRuns: 1000 },
  )
})

test.each([
  'Allergies:\n- milk\n- eggs\n- sesame\n\nJungle party',
  'Allergies:\nmilk, eggs, sesame',
  'Allergies: milk\n* eggs\n* sesame',
])('is read from a list of lines: %j', content => {
  expect(read(content).dietary.map(({ need }) => need)).toEqual(['dairy-free', 'egg-free', 'sesame-free'])
})

test('an allergy in a tag counts like one in the text', () => {
  const { dietary, ignored } = extract('cake for 20 kids', {
    today: '2026-11-24',
    tags: ['nut allergy', 'flurb allergy'],
  })
  expect(dietary).toEqual([{ need: 'nut-free', about: 'guests', allergy: true }])
  expect(ignored).toMatchObject([{ field: 'diet', text: 'flurb allergy' }])
})

test.each([
  ['nobody is vegan', 'vegan'],
  ['no one has a nut allergy', 'nut allergy'],
  ["it doesn't have to be gluten-free", 'gluten-free'],
])('"%s" is no need, and is told', (content, text) => {
  const { dietary, ignored } = read(`buffet, ${content}`)
  expect(dietary).toEqual([])
  expect(ignored).toMatchObject([{ field: 'dietary', text, reason: 'we read that nobody needs it' }])
})

test.each(['banana', 'fish', 'strawberry', 'orange'])('an allergy to %s is no wish for it', word => {
  const { flavours, theme } = read(`she is allergic to ${word}`)
  expect({ flavours, theme }).toEqual({ flavours: [], theme: undefined })
})

test('an allergy to something that nobody knows is told word for word', () => {
  const unknown = fc.stringMatching(/^[bdfgklmpqvz][aeiou][bdfgklmpqvz]{2}[aeiou][kmpvz]$/)
  fc.assert(
    fc.property(unknown, around, (word, before) => {
      for (const said of [`allergic to ${word}`, `a ${word} allergy`, `allergies: nuts, ${word}`]) {
        const { ignored } = read(`${before}. ${said}`)
        expect(ignored).toContainEqual(
          expect.objectContaining({ field: 'diet', text: expect.stringContaining(word) as string }),
        )
      }
    }),
  )
})
