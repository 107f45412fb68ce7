import type { Span } from '../text/passage.ts'
import { adjective, oneOf, person, thoughtEnds } from '../text/people.ts'

/** An amount of money in a text: its bounds in whole dollars, or why it cannot be used. */
export interface Amount extends Span {
  readonly min?: number
  readonly max?: number
  readonly refused?: string
}

const figure = '\\d+(?:,\\d{3})*(?:\\.\\d+)?'
const dollar = '(?:us\\$ ?|\\$ ?|usd ?)'
const otherMoney = '(?:€ ?|£ ?|¥ ?|eur |gbp |(?:a|au|c|ca|cad|nz|hk|s|mx)\\$ ?)'
const otherName = oneOf('euros? eur pounds?(?!_of) quid pesos? francs? yen rupees? cad aud gbp chf €', '£')
const amount = new RegExp(
  `(?<![\\w.,$€£/-])(?:${dollar}|(?<foreign>${otherMoney}))?` +
    `(?<first>${figure})(?<firstUnit>[km](?!\\w))?` +
    `(?:(?: ?- ?| to |(?<=between \\S{1,20}) and )${dollar}?(?<second>${figure})(?<secondUnit>[km](?!\\w))?)?` +
    `(?<name> ?(?:dollars?|bucks|usd)(?!\\w)| ?${otherName}(?!\\w))?(?!\\w|[.,]\\d)`,
  'g',
)
const eater = oneOf('person guest head kid child adult plate')
const perPerson = new RegExp(`^ ?(?:(?:/ ?|per |an? |each |for each )${eater}(?!\\w)|(?:pp|each|apiece)(?!\\w))`)
const perDay = /^ ?(?:(?:\/ ?|per |a |for the |for a )day(?!\w)|daily(?!\w))/
const perHour = /^ ?(?:(?:\/ ?|per |an )(?:hour|hr)(?!\w)|hourly(?!\w))/

const over = 'over|above|beyond|exceed|exceeding|north of|more than'
const atLeastBefore = new RegExp(
  `(?<!\\w)(?:at least|minimum(?: of)?|min|not? less than|no fewer than|from|starting at|(?<over>${over})) $`,
)
const negation = /(?<!\w)(?:not?|never|cannot|without|\w+n't|dont|cant|wont)(?!\w)[^.;!?,\n]{0,40}$/
const atLeastAfter = /^(?:\+| or more| and up| minimum)/
const limits = "under below max maximum up_to at_most no_more_than less_than isn't_more_than not_more_than not_over"
const leasts = 'minimum at_least more_than between from over'
const moneyWordBefore = new RegExp(
  `(?<!\\w)(?:(?:our |my |the )?(?:budget|spend|spending|costs?|price)(?:'s)?` +
    `(?: ${oneOf('of is be at around about roughly should_be limit total', limits, leasts)}){0,4}(?: ?[-:=])?|` +
    `(?:go|spend|pay|we have|i have|have got|exceed)(?: (?:${over}|about|around|up to))?) $`,
)
const limitWordBefore = new RegExp(`(?<!\\bfor )(?<!\\w)${oneOf(limits)} $`)
const followedByPeople = new RegExp(`^ ?-?${adjective}${person}`)
const endsHere = new RegExp(`^(?: ?(?:total|all in|tops|left))?(?:${thoughtEnds}|(?= for ))`)

/** Every amount of money in a text, from left to right. */
export const amountsIn = (text: string): Amount[] => {
  const matches = [...text.matchAll(amount)]
  const speaksOfMoney = matches.some(match => isMarked(match))
  return matches.flatMap(match => readAmount(text, match, speaksOfMoney) ?? [])
}

const isForeign = ({ groups }: RegExpExecArray): boolean =>
  groups?.foreign !== undefined || /[€£¥]|eur|pound|quid|peso|franc|yen|rupee|cad|aud|gbp|chf/.test(groups?.name ?? '')

const isMarked = (match: RegExpExecArray): boolean => isForeign(match) || /\$|usd|dollar|bucks|\dk(?!\w)/.test(match[0])

const readAmount = (text: string, match: RegExpExecArray, speaksOfMoney: boolean): Amount | undefined => {
  const { first = '', firstUnit, second, secondUnit } = match.groups ?? {}
  const before = text.slice(Math.max(0, match.index - 60), match.index)
  const marked = isMarked(match)

  // "$500 - $800" is a range, but "$500 - 20 guests" is one amount and a number of guests.
  const peopleFollow = followedByPeople.test(text.slice(match.index + match[0].length))
  const isRange = second !== undefined && !peopleFollow
  const whole = isRange || second === undefined
  const single = /^(?:[a-z]{0,3}\$ ?|usd ?|€ ?|£ ?|¥ ?|eur |gbp )?[\d.,]*\d[km]?/.exec(match[0])?.[0] ?? match[0]
  const span = { at: match.index, end: match.index + (whole ? match[0] : single).length }
  const after = text.slice(span.end, span.end + 60)
  if (whole && peopleFollow) return undefined

  if (!marked) {
    const ends = endsHere.test(after) || perPerson.test(after) || perDay.test(after) || perHour.test(after)
    const limited = limitWordBefore.test(before) && numberOf(first) >= 100
    // "$2000 for the venue, 500 for food"
    // "1200 total" are more than can be guests.
    const isTotal = numberOf(first) > 500 && /^ (?:in )?(?:total|all in|altogether|overall)(?!\w)/.test(after)
    const isPart = speaksOfMoney && numberOf(first) >= 100 && /^ for (?:the )?(?!\d)/.test(after)
    if (!isPart && !isTotal && (!ends || !(moneyWordBefore.test(before) || limited))) return undefined
    // "We have 20" may mean anything, and "we have 600" is money.
    if (/(?:have|got|pay) (?:about |around |up to )?$/.test(before) && numberOf(first) < 100) return undefined
  } else if (!whole && !/[$€£]|usd|eur|k$/.test(single)) {
    return undefined
  }
  if (isForeign(match)) return { ...span, refused: 'only US dollars are understood' }

  const low = dollarsOf(first, isRange && numberOf(first) < numberOf(second) ? (firstUnit ?? secondUnit) : firstUnit)
  const high = isRange ? dollarsOf(second, secondUnit) : low
  if ([low, high].some(value => value < 1 || value > 1_000_000)) {
    return { ...span, refused: 'we count with $1 to $1,000,000' }
  }
  if (isRange) return { ...span, min: Math.min(low, high), max: Math.max(low, high) }
  return isLeast(before, after) ? { ...span, min: low } : { ...span, max: low }
}

/** "Over $500" is the least, but "we can't go over $500" is the most. */
const isLeast = (before: string, after: string): boolean => {
  if (atLeastAfter.test(after)) return true
  const trigger = atLeastBefore.exec(before)
  if (trigger === null) return false
  return trigger.groups?.over === undefined || !negation.test(before.slice(0, trigger.index))
}

const numberOf = (digits: string): number => Number(digits.replaceAll(',', ''))

const dollarsOf = (digits: string, unit: string | undefined): number => {
  const factor = unit === 'k' ? 1000 : unit === 'm' ? 1_000_000 : 1
  return Math.round(numberOf(digits) * factor)
}

/** The unit of an amount: for each person, day or hour, or in total. */
export const unitOf = (text: string, { at, end }: Span): 'total' | 'person' | 'day' | 'hour' => {
  const after = text.slice(end, end + 40)
  const before = text.slice(Math.max(0, at - 60), at)
  if (perPerson.test(after) || /(?<!\w)per (?:person|guest|head)(?!\w)[^.,;!?\n]{0,20}$/.test(before)) return 'person'
  if (perHour.test(after) || /(?<!\w)per hour(?!\w)[^.,;!?\n]{0,20}$/.test(before)) return 'hour'
  if (perDay.test(after) || /(?<!\w)per day(?!\w)[^.,;!?\n]{0,20}$/.test(before)) return 'day'
  return 'total'
}
