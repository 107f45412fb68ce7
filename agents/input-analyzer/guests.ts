import { type Answer, within } from './answer.ts'
import { adjective, count, oneOf, person, thoughtEnds } from './people.ts'

const numberThenPeople = new RegExp(
  `(?:(?<!\\w)between (?<low>${count}) and |(?<![\\w.$€£/-]))(?<number>${count})\\+?` +
    `(?:(?: ?- ?| to | or )(?<high>${count}))?[ -]${adjective}(?<who>${person})`,
  'g',
)

const groupNames = oneOf('guests? people attendees head_?count guest_count party_size group_size')
const invites = oneOf(
  'for inviting invite expecting party_of group_of',
  `${groupNames}(?:_?[:=]|_is|_are|_of|_will_be)?`,
)
const roughly = oneOf('about around roughly approximately up_to at_least max maximum')
const peopleThenNumber = new RegExp(
  `(?<!\\w)${invites} (?:${roughly} )?(?<number>${count})(?:(?: ?- ?| to )(?<high>${count}))?${thoughtEnds}`,
  'g',
)
const ofUs = new RegExp(`(?<![\\w.$€£/-])(?<number>${count}) of us(?!\\w)`, 'g')

const groups = [
  { name: 'adults', pattern: /^(?:adult|grown)/ },
  { name: 'boys', pattern: /^boys/ },
  { name: 'girls', pattern: /^girls/ },
  { name: 'kids', pattern: /^(?:kid|child|toddler|teen)/ },
]

/** "20 kids and 15 adults" are 35 guests, but "75 guests, 30 of them kids" are 75. */
export const readGuests = (text: string): Answer<number | undefined> => {
  const matches = [numberThenPeople, peopleThenNumber, ofUs].flatMap(pattern => [...text.matchAll(pattern)])
  const said = matches
    .toSorted((a, b) => a.index - b.index)
    .map(match => {
      const numbers = [match.groups?.low, match.groups?.number, match.groups?.high]
      const value = Math.max(...numbers.map(number => Number((number ?? '0').replaceAll(',', ''))))
      const who = match.groups?.who ?? ''
      return { text: match[0], value, group: groups.find(({ pattern }) => pattern.test(who))?.name }
    })
  const everybody = said.filter(({ group }) => group === undefined)
  return within('guests', everybody.length > 0 ? everybody : added(said), 5, 500, 'guests')
}

const added = (said: readonly { text: string; value: number; group: string | undefined }[]) => {
  if (said.length === 0) return []
  const perGroup = new Map(said.map(({ group, value }) => [group, value]))
  const value = [...perGroup.values()].reduce((sum, one) => sum + one, 0)
  return [{ text: said.map(({ text }) => text).join(' + '), value }]
}
