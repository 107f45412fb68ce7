import type { IgnoredText, MoneyFact } from '../../party/schemas.ts'
import { nearest, type Span } from '../text/passage.ts'
import type { FoundWord } from '../text/words-in.ts'
import { type Amount, amountsIn, unitOf } from './amount.ts'
import type { Answer } from './answer.ts'
import { type Standing, standingOf } from './spent.ts'

/** How much money may be spent, and on what. */
export const readMoney = (text: string, words: readonly FoundWord[]): Answer<MoneyFact[]> & { used: Span[] } => {
  const said: { key: string; fact: MoneyFact }[] = []
  const ignored: IgnoredText[] = []
  const subjects = moneySubjects(text, words)
  const amounts = amountsIn(text)
  const passageOf = ({ at, end }: Span): string => text.slice(at, end)
  for (const [index, amount] of amounts.entries()) {
    const standing = standingOf(text, amounts, index)
    const reason = amount.refused ?? notLeft[standing]
    if (reason !== undefined) {
      ignored.push({ field: 'money', text: passageOf(amount), reason })
      const rest = standing === 'before' ? restOf(text, amounts, index) : undefined
      if (rest !== undefined) said.push(factOf({ about: 'party', unit: 'total', max: rest, text: passageOf(amount) }))
      continue
    }
    said.push(factOf(readFact(text, amount, standing, subjects)))
  }
  ignored.push(...vagueAmounts(text))
  const value = said.filter((one, index) => said.findLastIndex(({ key }) => key === one.key) === index)
  for (const one of said) {
    if (value.includes(one)) continue
    ignored.push({ field: 'money', text: one.fact.text, reason: 'the same text says something else later' })
  }
  return { value: value.map(({ fact }) => fact), used: [...amounts], ignored: [...ignored, ...exclusions(text)] }
}

const factOf = (fact: MoneyFact) => ({ key: [fact.about, fact.unit, fact.service].join(), fact })

const notLeft: { readonly [S in Standing]?: string } = {
  spent: 'it is already paid',
  before: 'what is left of it counts',
}

/** "We have spent $700 of our $2000" leaves $1300. */
const restOf = (text: string, amounts: readonly Amount[], index: number): number | undefined => {
  const spent = amounts[index - 1]?.max
  const whole = amounts[index]?.max
  if (spent === undefined || whole === undefined || standingOf(text, amounts, index - 1) !== 'spent') return undefined
  return whole > spent ? whole - spent : undefined
}

const readFact = (text: string, amount: Amount, standing: Standing, subjects: readonly MoneySubject[]): MoneyFact => {
  const unit = unitOf(text, amount)
  // Money that is left is for the whole party, also beside something that it does not pay for.
  const subject = standing === 'left' ? subjectAfter(text, amount, subjects) : nearest(text, amount, subjects)
  const about = subject?.about ?? 'party'
  const { min, max } = amount
  return {
    // A venue has a price for each day, and a meal for each person. "$20 each" without a subject can only mean food.
    about: about === 'party' && unit === 'person' && subject?.far === undefined ? 'catering' : about,
    unit: about === 'venue' && unit === 'total' ? 'day' : unit,
    ...(subject?.service !== undefined && { service: subject.service }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    text: text.slice(amount.at, amount.end),
  }
}

/** "$300 left for the cake" */
const subjectAfter = (text: string, { end }: Span, subjects: readonly MoneySubject[]): MoneySubject | undefined =>
  subjects.find(
    ({ at }) =>
      at > end && /^ (?:left|remaining|to spend)? ?(?:for|on) (?:a |an |the |our )?$/.test(text.slice(end, at)),
  )

type MoneySubject = Span & { about: MoneyFact['about']; service?: MoneyFact['service']; far?: number }

const moneySubjects = (text: string, words: readonly FoundWord[]): MoneySubject[] => {
  const priced = ['venue', 'cake', 'catering', 'vendor'] as const
  const named = words.flatMap(({ categories, service, place, at, end }): MoneySubject[] => {
    const about = priced.find(name => categories.includes(name))
    if (about === undefined || place === 'home' || costsNothing(text, { at, end })) return []
    return [{ about, at, end, ...(service !== undefined && { service }) }]
  })
  // "Venue budget" is about the venue, so these words count only when no better word is near.
  const party = text.matchAll(
    /(?<!\w)(?:party|budget|total|overall|altogether|everything|spend|birthday|all in|the rest)(?!\w)/g,
  )
  const whole = [...party].map((match): MoneySubject => {
    return { about: 'party', at: match.index, end: match.index + match[0].length, far: 25 }
  })
  return [...named, ...whole]
}

/** "Free venue", "the hall is already paid": the money in the same sentence is for something else. */
const costsNothing = (text: string, { at, end }: Span): boolean =>
  /(?<!\w)free $/.test(text.slice(Math.max(0, at - 8), at)) ||
  /^ (?:is|are|comes|was) (?:for )?(?:already )?(?:free|included|paid|booked|covered|sorted|donated)(?!\w)/.test(
    text.slice(end, end + 40),
  )

const vague =
  /(?<!\w)(?:a )?(?:few|several|couple of|some) (?:hundred|thousand|hundreds|thousands)(?: (?:dollars|bucks))?(?!\w)|(?<!\w)(?:hundreds|thousands) of dollars(?!\w)/g

const vagueAmounts = (text: string): IgnoredText[] =>
  [...text.matchAll(vague)].map(match => ({ field: 'money', text: match[0], reason: 'we need a number' }))

const excluded =
  /(?<!\w)(?:not including|not counting|excluding|excl\.?|without|apart from|except(?: for)?) (?:the |a |our )?([a-z][a-z ]{2,30}?)(?=$|[,.;!?\n~]| (?:which|that|and|is|who) )/g

/** Reports what the money does not pay for, because the plan adds up all costs. */
const exclusions = (text: string): IgnoredText[] =>
  amountsIn(text).length === 0
    ? []
    : [...text.matchAll(excluded)].map(match => ({
        field: 'money',
        text: match[0],
        reason: 'the plan counts it in the total all the same',
      }))
