import type { IgnoredText, MoneyFact } from '../party/schemas.ts'
import type { Answer } from './answer.ts'
import type { FoundWord } from './classify.ts'
import { nearest, type Span } from './passage.ts'
import { adjective, oneOf, person, thoughtEnds } from './people.ts'

const figure = '\\d+(?:,\\d{3})*(?:\\.\\d+)?'
const amount = new RegExp(
  `(?<![\\w.,$€£/-])(?:us\\$ ?|\\$ ?|usd ?|(?<foreign>€ ?|£ ?|eur ))?` +
    `(?<first>${figure})(?<firstUnit>[km](?!\\w))?` +
    `(?:(?: ?- ?| to |(?<=between \\S{1,20}) and )(?:us\\$ ?|\\$ ?)?(?<second>${figure})(?<secondUnit>[km](?!\\w))?)?` +
    `(?<name> ?(?:dollars?|bucks|usd)(?!\\w)| ?(?:euros?|eur|€|£)(?!\\w))?(?!\\w|[.,]\\d)`,
  'g',
)
const eater = oneOf('person guest head kid child adult plate')
const perPerson = new RegExp(`^ ?(?:(?:/ ?|per |an? |each |for each )${eater}(?!\\w)|(?:pp|each|apiece)(?!\\w))`)
const perDay = /^ ?(?:(?:\/ ?|per |a |for the |for a )day(?!\w)|daily(?!\w))/
const perHour = /^ ?(?:(?:\/ ?|per |an )(?:hour|hr)(?!\w)|hourly(?!\w))/
const atLeastBefore =
  /(?<!\w)(?:at least|minimum(?: of)?|min|not? less than|(?<!(?:no|not) )more than|over|from|starting at) $/
const atLeastAfter = /^(?:\+| or more| and up| minimum)/
const limits = 'under below max maximum up_to at_most no_more_than less_than'
const leasts = 'minimum at_least more_than between from'
const moneyWordBefore = new RegExp(
  `(?<!\\w)(?:budget|spend|spending|costs?|price)` +
    `(?: ${oneOf('of is be at around about roughly should_be limit total', limits, leasts)}){0,4}:? $`,
)
const limitWordBefore = new RegExp(`(?<!\\bfor )(?<!\\w)${oneOf(limits)} $`)
const followedByPeople = new RegExp(`^ ?-?${adjective}${person}`)
const endsHere = new RegExp(`^(?: ?total)?${thoughtEnds}`)

/** What may be spent, and on what. */
export const readMoney = (text: string, words: readonly FoundWord[]): Answer<MoneyFact[]> & { used: Span[] } => {
  const said: { key: string; fact: MoneyFact }[] = []
  const used: Span[] = []
  const ignored: IgnoredText[] = []
  const subjects = moneySubjects(text, words)
  for (const match of text.matchAll(amount)) {
    const read = readAmount(text, match)
    if (read === undefined) continue
    used.push(read.span)
    const passage = text.slice(read.span.at, read.span.end)
    if (read.refused !== undefined) {
      ignored.push({ field: 'money', text: passage, reason: read.refused })
      continue
    }
    const unit = unitOf(text, read.span)
    const subject = nearest(text, read.span, subjects)
    const about = subject?.about ?? 'party'
    const fact: MoneyFact = {
      // A venue has its price by the day, a meal by the person; a bare "$20 each" can only mean food.
      about: about === 'party' && unit === 'person' && subject?.far === undefined ? 'catering' : about,
      unit: about === 'venue' && unit === 'total' ? 'day' : unit,
      ...(subject?.service !== undefined && { service: subject.service }),
      ...read.bounds,
      text: passage,
    }
    said.push({ key: [fact.about, fact.unit, fact.service].join(), fact })
  }
  const value = said.filter((one, index) => said.findLastIndex(({ key }) => key === one.key) === index)
  for (const one of said) {
    if (value.includes(one)) continue
    ignored.push({ field: 'money', text: one.fact.text, reason: 'the same text says something else later' })
  }
  return { value: value.map(({ fact }) => fact), used, ignored }
}

const readAmount = (
  text: string,
  match: RegExpExecArray,
): { span: Span; bounds: { min?: number; max?: number }; refused?: string } | undefined => {
  const { first = '', firstUnit, second, secondUnit, foreign, name } = match.groups ?? {}
  const before = text.slice(Math.max(0, match.index - 60), match.index)
  const marked = /[$€£]|usd|eur|dollar|bucks/.test(match[0]) || firstUnit === 'k' || secondUnit === 'k'

  // "$500 - $800" is a range, but "$500 - 20 guests" is one amount and a number of guests.
  const peopleFollow = followedByPeople.test(text.slice(match.index + match[0].length))
  const isRange = second !== undefined && !peopleFollow
  const whole = isRange || second === undefined
  const single = /^(?:us\$ ?|\$ ?|usd ?|€ ?|£ ?|eur )?[\d.,]*\d[km]?/.exec(match[0])?.[0] ?? match[0]
  const span = { at: match.index, end: match.index + (whole ? match[0] : single).length }
  const after = text.slice(span.end, span.end + 60)
  if (whole && peopleFollow) return undefined

  if (!marked) {
    const ends = endsHere.test(after) || perPerson.test(after) || perDay.test(after) || perHour.test(after)
    const limited = limitWordBefore.test(before) && Number(first.replaceAll(',', '')) >= 100
    if (!ends || !(moneyWordBefore.test(before) || limited)) return undefined
  } else if (!whole && !/[$€£]|usd|eur|k$/.test(single)) {
    return undefined
  }
  if (foreign !== undefined || /euro|eur|€|£/.test(name ?? '')) {
    return { span, bounds: {}, refused: 'only US dollars are understood' }
  }

  const low = dollarsOf(first, isRange && Number(first) < Number(second) ? (firstUnit ?? secondUnit) : firstUnit)
  const high = isRange ? dollarsOf(second, secondUnit) : low
  if ([low, high].some(value => value < 1 || value > 1_000_000)) {
    return { span, bounds: {}, refused: 'we count with $1 to $1,000,000' }
  }
  if (isRange) return { span, bounds: { min: Math.min(low, high), max: Math.max(low, high) } }
  const isLeast = atLeastBefore.test(before) || atLeastAfter.test(after)
  return { span, bounds: isLeast ? { min: low } : { max: low } }
}

const dollarsOf = (digits: string, unit: string | undefined): number => {
  const factor = unit === 'k' ? 1000 : unit === 'm' ? 1_000_000 : 1
  return Math.round(Number(digits.replaceAll(',', '')) * factor)
}

const unitOf = (text: string, { at, end }: Span): MoneyFact['unit'] => {
  const after = text.slice(end, end + 40)
  const before = text.slice(Math.max(0, at - 60), at)
  if (perPerson.test(after) || /(?<!\w)per (?:person|guest|head)(?!\w)[^.;!?\n]{0,20}$/.test(before)) return 'person'
  if (perHour.test(after) || /(?<!\w)per hour(?!\w)[^.;!?\n]{0,20}$/.test(before)) return 'hour'
  if (perDay.test(after) || /(?<!\w)per day(?!\w)[^.;!?\n]{0,20}$/.test(before)) return 'day'
  return 'total'
}

type MoneySubject = Span & { about: MoneyFact['about']; service?: MoneyFact['service']; far?: number }

const moneySubjects = (text: string, words: readonly FoundWord[]): MoneySubject[] => {
  const priced = ['venue', 'cake', 'catering', 'vendor'] as const
  const named = words.flatMap(({ categories, service, at, end }): MoneySubject[] => {
    const about = priced.find(name => categories.includes(name))
    return about === undefined ? [] : [{ about, at, end, ...(service !== undefined && { service }) }]
  })
  // "Venue budget" is about the venue, so these words count only when nothing better stands near.
  const party = text.matchAll(/(?<!\w)(?:party|budget|total|overall|altogether|everything|spend|birthday)(?!\w)/g)
  const whole = [...party].map((match): MoneySubject => {
    return { about: 'party', at: match.index, end: match.index + match[0].length, far: 25 }
  })
  return [...named, ...whole]
}
