import { expect, test } from 'vitest'
import { readByRules } from '../../../agents/input-analyzer/agent.ts'
import { briefOf } from '../../../agents/input-analyzer/brief.ts'
import { partyInput } from '../../../agents/party/schemas.ts'
import sentences from './sentences.json' with { type: 'json' }

// A Tuesday.
const today = '2026-11-24'

interface Sentence {
  readonly text: string
  readonly guests?: number
  /** About, unit, least and most of each amount, as words. */
  readonly money?: readonly string[]
  readonly diet?: readonly string[]
  readonly date?: string
  readonly place?: string
  /** Passages that people must be told of because they were not used. */
  readonly told?: readonly string[]
  /** Written before the rules, and not looked at until they were there. */
  readonly holdOut?: boolean
}

const read = async (content: string) => {
  const input = partyInput.parse({ inputId: 'it', content })
  const analysed = await readByRules(input, { today, signal: new AbortController().signal })
  const brief = briefOf([analysed])
  const told = [...brief.ignored.map(({ text }) => text), ...brief.unclassified.map(() => content.toLowerCase())]
  return { brief, told }
}

test.each([
  ['the venue is booked, need food for 60', 'venue'],
  ["we've got the cake sorted", 'cake'],
  ['We already have a photographer', 'vendor'],
  ['caterer already hired', 'catering'],
  ['my mom is making the cake', 'cake'],
])('"%s" asks for no search for the %s', async (text, agent) => {
  const { brief } = await read(text)
  expect(brief.arranged).toMatchObject([{ value: agent }])
  expect(Object.keys(brief.wanted)).not.toContain(agent)
})

test.each(["I haven't booked a venue yet", 'please get a venue booked', 'we need a booked venue'])(
  '"%s" asks for a venue',
  async text => {
    const { brief } = await read(text)
    expect(brief.arranged).toBeUndefined()
    expect(Object.keys(brief.wanted)).toEqual(['venue'])
  },
)

test.each<Sentence>(sentences)('"$text" is read as a person reads it', async ({ text, ...expected }) => {
  const { brief, told } = await read(text)
  expect({
    guests: brief.guests?.value,
    money: brief.money.map(({ value: { about, unit, min, max } }) => [about, unit, min ?? '-', max ?? '-'].join(' ')),
    diet: brief.dietary.map(({ value: { need, guests } }) => (guests ? `${need} ${guests}` : need)).toSorted(),
    date: brief.date?.value,
    ...(expected.place !== undefined && { place: brief.place?.value }),
  }).toEqual({
    guests: expected.guests,
    money: expected.money ?? [],
    diet: expected.diet ?? [],
    date: expected.date,
    ...(expected.place !== undefined && { place: expected.place }),
  })
  for (const passage of expected.told ?? []) expect(told.join('\n')).toContain(passage)
})
