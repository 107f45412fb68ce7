import type { DietaryFact, IgnoredText } from '../../party/schemas.ts'
import type { Span } from '../text/passage.ts'
import { adjective, count, oneOf, person } from '../text/people.ts'
import type { Reading } from '../text/reading.ts'
import type { Answer } from './answer.ts'
import { dishOf } from './dish.ts'

const having = 'who that which are is be with have has having need needs require requires want wants must eat eats'
const fillers = `(?: ${oneOf(having, 'a an only strictly also both severe serious allergic')})`
const countBefore = [
  // "two guests are gluten free", "three of them have a nut allergy", "8 of the 30 guests are vegetarian"
  new RegExp(
    `(?<![\\w.$-])(?<number>${count}) (?:(?:out )?of (?:the |our |my )?)?(?<all>${count} )?` +
      `(?:${adjective}${person}|them|us|whom)${fillers}{1,5} $`,
  ),
  // "one is vegan"
  new RegExp(`(?<![\\w.$-])(?<number>1)${fillers}{1,5} $`),
  // "4 of them vegan"
  new RegExp(`(?<![\\w.$-])(?<number>${count}) (?:of (?:them|us|whom)) $`),
]
// "two kids can't have dairy"
const countRightBefore = new RegExp(`(?<![\\w.$-])(?<number>${count}) (?:${adjective}${person}|of (?:them|us|whom)) $`)
// "3 vegans", "two vegetarian guests"; but not "3 vegan pizzas"
const countDirectlyBefore = new RegExp(`(?<![\\w.$-])(?<number>${count}) $`)
const peopleOrEnd = new RegExp(`^(?: ${person}|$|[,.;!?)\\n~]| and | or | but )`)
// "vegan options for 3"; "vegan food for 20" is for the whole party.
const portions = '(?<portions>options?|meals?|dish(?:es)?|plates?|portions?|choices?|lunch(?:es)?|box(?:es)?)'
const countLabelled = /^ ?(?::|x|\(|-|=) ?(?:x ?)?(?<number>\d{1,3})\)?(?!\w| ?[$%])/
const countAfter = new RegExp(
  `^(?: ${portions}| \\w+)? for (?<number>${count})(?! ?(?:hours?|days?|\\$))(?: ${person})?(?!\\w)`,
)
const wholeParty = /(?:for|inviting|invite|expecting) \d[\d,]* $/
const fewestGuests = 5

interface Mention extends Span {
  readonly need: string
  readonly allergy: boolean
  /** The word for it in the text. */
  readonly phrase: string
  /** Whether it names a food that people must not eat, and not a diet. */
  readonly avoids: boolean
}

/** The dietary needs in a text: of the cake, of the food, or of a number of guests. */
export const readDietary = (
  text: string,
  { words, ruledOut, avoided }: Reading,
): Answer<DietaryFact[]> & { used: Span[] } => {
  const value: DietaryFact[] = []
  const used: Span[] = [...avoided.used]
  const ignored: IgnoredText[] = [...avoided.ignored]
  const diets = words.flatMap(({ at, end, phrase, dietary }): Mention[] =>
    dietary === undefined ? [] : [{ at, end, phrase, need: dietary, allergy: false, avoids: false }],
  )
  const avoiding = avoided.found.map((one): Mention => ({ ...one, phrase: text.slice(one.at, one.end), avoids: true }))
  for (const mention of [...avoiding, ...diets].toSorted((a, b) => a.at - b.at)) {
    const { need, phrase, allergy } = mention
    const about = allergy ? 'guests' : (dishOf(text, words, mention) ?? 'guests')
    const counted = countOf(text, mention)
    if (counted === undefined) {
      value.push({ need, about, ...(allergy && { allergy }) })
      continue
    }
    if (counted.span !== undefined) used.push(counted.span)
    if (counted.guests >= 1 && counted.guests <= 500) {
      value.push({ need, about: 'guests', guests: counted.guests, ...(allergy && { allergy }) })
    } else {
      ignored.push({ field: 'dietary', text: `${counted.text}${phrase}`, reason: 'we plan for 1 to 500 guests' })
      value.push({ need, about: 'guests', ...(allergy && { allergy }) })
    }
  }
  for (const { dietary, phrase } of ruledOut) {
    if (dietary !== undefined) ignored.push({ field: 'dietary', text: phrase, reason: 'we read that nobody needs it' })
  }
  return { value: eachNeed(value), used, ignored }
}

const countOf = (text: string, mention: Mention): { guests: number; text: string; span?: Span } | undefined => {
  const before = text.slice(Math.max(0, mention.at - 120), mention.at)
  const after = text.slice(mention.end, mention.end + 60)
  const patterns = [...(mention.avoids ? [countRightBefore] : []), ...countBefore]
  const direct = peopleOrEnd.test(after) ? countDirectlyBefore.exec(before) : null
  const match = direct ?? patterns.map(pattern => pattern.exec(before)).find(found => found !== null)
  const number = match?.groups?.number
  if (match && number !== undefined) {
    const at = mention.at - match[0].length
    // In "for 20 vegan guests" and "8 of the 30 guests", one number is the size of the party.
    const isWhole = wholeParty.test(before)
    const all = match.groups?.all
    const end = all === undefined ? mention.end : at + match[0].indexOf(all)
    return { guests: asNumber(number), text: match[0], ...(!isWhole && { span: { at, end } }) }
  }
  const label = countLabelled.exec(after)
  if (label?.groups?.number !== undefined) {
    const span = { at: mention.at, end: mention.end + label[0].length }
    return { guests: asNumber(label.groups.number), text: label[0], span }
  }
  const later = countAfter.exec(after)
  if (later?.groups?.number === undefined) return undefined
  const guests = asNumber(later.groups.number)
  if (later.groups.portions === undefined && guests >= fewestGuests) return undefined
  return { guests, text: later[0], span: { at: mention.end, end: mention.end + later[0].length } }
}

const asNumber = (digits: string): number => Number(digits.replaceAll(',', ''))

/** Each need of the same people once. An allergy stays an allergy. */
export const eachNeed = (all: readonly DietaryFact[]): DietaryFact[] => {
  const byKey = new Map<string, DietaryFact>()
  for (const fact of all) {
    const key = `${fact.need} ${fact.about}`
    const known = byKey.get(key)
    byKey.set(key, { ...fact, ...((known?.allergy || fact.allergy) && { allergy: true }) })
  }
  return [...byKey.values()]
}
