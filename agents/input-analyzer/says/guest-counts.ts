import type { Span } from '../text/passage.ts'
import { adjective, count, oneOf, person, thoughtEnds } from '../text/people.ts'

const numberThenPeople = new RegExp(
  `(?:(?<!\\w)between (?<low>${count}) and |(?<![\\w.$€£/-]))(?<number>${count})\\+?` +
    `(?:(?: ?- ?| to | or )(?<high>${count}))?[ -]${adjective}(?<who>${person})`,
  'g',
)

const groupNames = oneOf('guests? people attendees head_?count guest_count guest_list party_size group_size')
const invites = oneOf(
  "for inviting invite expecting party_of group_of family_of we_are we're we_will_be we'll_be there_will_be",
  `there'll_be there_are ${groupNames}(?:_?[-:=]|_is|_are|_of|_will_be)?`,
)
const roughly = oneOf('about around roughly approximately up_to at_least max maximum maybe probably only just')
const peopleThenNumber = new RegExp(
  `(?<!\\w)${invites} (?:${roughly} )?(?<number>${count})(?:(?: ?- ?| to )(?<high>${count}))?${thoughtEnds}`,
  'g',
)
const ofUs = new RegExp(`(?<![\\w.$€£/-])(?<number>${count}) of us(?!\\w)`, 'g')
const ofTheirs = new RegExp(
  `(?<![\\w.$€£/-])(?<number>${count}) of (?:her|his|our|my|their) ${adjective}${oneOf('friends classmates colleagues coworkers neighbou?rs')}(?!\\w)`,
  'g',
)
const roughNumber = new RegExp(
  `(?<=^|[,;.!?\\n] ?)(?:maybe|probably|about|around|roughly) (?<number>${count})${thoughtEnds}`,
  'g',
)
const tables = new RegExp(
  `(?<![\\w.$€£/-])(?<number>\\d{1,3}) (?:tables|families|groups|teams) of (?<each>\\d{1,3})(?!\\w)`,
  'g',
)

// "20 adults and a baby". "A baby" alone is not a number of guests.
const oneMore = new RegExp(
  `(?<=(?:[+&]|and|plus) )(?:an?|1) (?<who>${oneOf('baby toddler child kid teen adult parent grandparent chaperone teacher')})(?!\\w)`,
  'g',
)
// "20 girls and their moms" are 40 guests, but "their parents" gives no number.
const partners =
  /^ (?:and|with|plus|[+&]) (?:their|a) (?:moms?|mums?|mothers|dads?|fathers|partners?|spouses?|wives|husbands|dates?|plus ones?)(?!\w)/
const usToo = /(?<!\w)(?:the )?(?:us (?<number>\d)|(?<us>\d) of us|(?<me>me|myself))(?= (?:and|plus|[+&]) )/g

const forms = [usToo, numberThenPeople, peopleThenNumber, ofUs, ofTheirs, roughNumber, tables, oneMore]

const groups = [
  { name: 'couples', pattern: /^(?:couple|pair)/ },
  { name: 'boys', pattern: /^boys/ },
  { name: 'girls', pattern: /^girls/ },
  { name: 'babies', pattern: /^(?:bab|infant|toddler)/ },
  { name: 'kids', pattern: /^(?:kid|child|teen)/ },
  { name: 'men', pattern: /^(?:men|gentlemen|guys|dads?|fathers)/ },
  { name: 'women', pattern: /^(?:women|ladies|gals|moms?|mums?|mothers)/ },
  {
    name: 'adults',
    pattern:
      /^(?:adult|grown|parent|grandparent|chaperone|teacher|relative|family|cousin|sibling|sister|brother|aunt|uncle)/,
  },
]

/** A number of people in a text, and their kind if it is named. */
export interface SaidGuests extends Span {
  readonly text: string
  readonly value: number
  readonly group: string | undefined
}

/** Words that join two numbers. */
export const joined = /^ ?(?:[+&]|,? ?and|,? ?plus|as well as)(?: (?:my|our|his|her|their|the|another))? ?$/

/** Every number of people in a text, from left to right. */
export const guestCounts = (text: string): SaidGuests[] => {
  const matches = forms.flatMap(form => [...text.matchAll(form)]).toSorted((a, b) => a.index - b.index)
  const said: SaidGuests[] = []
  for (const match of matches) {
    const last = said.at(-1)
    // "we are 12 friends" is found twice; the first reading stands.
    if (last !== undefined && match.index < last.end) continue
    const { low, number, high, us, me, who = '', each = '1' } = match.groups ?? {}
    const most = Math.max(
      me === undefined ? 0 : 1,
      ...[low, number, high, us].map(digits => Number((digits ?? '0').replaceAll(',', ''))),
    )
    const group = groups.find(({ pattern }) => pattern.test(who))?.name
    const end = match.index + match[0].length
    const pairs = group === 'couples' || partners.test(text.slice(end, end + 40))
    const isOneMore = most === 0
    if (isOneMore && (last === undefined || !joined.test(text.slice(last.end, match.index)))) continue
    const value = isOneMore ? 1 : most * Number(each) * (pairs ? 2 : 1)
    said.push({ text: match[0], value, group, at: match.index, end })
  }
  return said
}
