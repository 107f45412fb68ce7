import type { DietaryFact, IgnoredText } from '../party/schemas.ts'
import { type Answer, eachOnce } from './answer.ts'
import type { FoundWord } from './classify.ts'
import { dishOf, type Span } from './passage.ts'
import { adjective, count, oneOf, person } from './people.ts'

const having = 'who that which are is be with have has having need needs require requires want wants must eat eats'
const fillers = `(?: ${oneOf(having, 'a an only strictly also both severe serious')}){1,5}`
const countBefore = [
  // "two guests are gluten free", "three of them have a nut allergy"
  new RegExp(
    `(?<![\\w.$-])(?<number>${count}) (?:of (?:the |our |my )?)?(?:${adjective}${person}|them|us|whom)${fillers} $`,
  ),
  // "4 of them vegan"
  new RegExp(`(?<![\\w.$-])(?<number>${count}) (?:of (?:them|us|whom)) $`),
]
// "3 vegans", "two vegetarian guests"; but not "3 vegan pizzas"
const countDirectlyBefore = new RegExp(`(?<![\\w.$-])(?<number>${count}) $`)
const peopleOrEnd = new RegExp(`^(?: ${person}|$|[,.;!?)\\n~]| and | or | but )`)
const wholeParty = /(?:for|inviting|invite|expecting) \d[\d,]* $/

/** Who or what has to do without something: the cake, the food, or a number of guests. */
export const readDietary = (text: string, words: readonly FoundWord[]): Answer<DietaryFact[]> & { used: Span[] } => {
  const value: DietaryFact[] = []
  const used: Span[] = []
  const ignored: IgnoredText[] = []
  for (const word of words) {
    if (word.dietary === undefined) continue
    const before = text.slice(Math.max(0, word.at - 120), word.at)
    const direct = peopleOrEnd.test(text.slice(word.end)) ? countDirectlyBefore.exec(before) : null
    const match = direct ?? countBefore.map(pattern => pattern.exec(before)).find(found => found !== null)
    const number = match?.groups?.number
    if (!match || number === undefined) {
      value.push({ need: word.dietary, about: dishOf(text, words, word) ?? 'guests' })
      continue
    }
    // In "for 20 vegan guests" the same number is the whole party.
    if (!wholeParty.test(before)) used.push({ at: word.at - match[0].length, end: word.end })
    const guests = Number(number.replaceAll(',', ''))
    if (guests >= 1 && guests <= 500) {
      value.push({ need: word.dietary, about: 'guests', guests })
    } else {
      ignored.push({ field: 'dietary', text: `${match[0]}${word.phrase}`, reason: 'we plan for 1 to 500 guests' })
      value.push({ need: word.dietary, about: 'guests' })
    }
  }
  return { value: eachOnce(value, ({ need, about }) => `${need} ${about}`), used, ignored }
}
