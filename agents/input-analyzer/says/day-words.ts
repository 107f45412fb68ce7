import holidays from '../../party/data/holidays.json' with { type: 'json' }
import type { Span } from '../text/passage.ts'
import { oneOf, thoughtEnds } from '../text/people.ts'
import { dayOf, daysIn, daysLater, weekdayFrom, weekdayOf } from './calendar.ts'

/** A day in words: its date, or why that is not known. */
export interface SaidDay extends Span {
  readonly text: string
  readonly day?: string
  readonly reason?: string
}

const weekdays = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ')
const weekday = `(?<weekday>${weekdays.join('|')}|sat|sun|mon|tues?|weds?|thurs?|fri|weekend)`
const fullWeekday = `(?<weekday>${weekdays.join('|')})`
const months = 'january february march april may june july august september october november december'.split(' ')
const month = `(?<month>${months.join('|')})`
const which = ['first', 'second', 'third', 'fourth']

interface Form {
  readonly pattern: RegExp
  readonly read: (groups: Readonly<Record<string, string | undefined>>, today: string) => string | undefined
}

/** Forms of days without a number in a month; the first form that fits a passage counts. */
const forms: readonly Form[] = [
  { pattern: /(?<!\w)(?:the )?day after tomorrow(?!\w)/g, read: (_, today) => daysLater(today, 2) },
  {
    pattern: /(?<!\w)a week from (?<from>today|tomorrow)(?!\w)/g,
    read: ({ from }, today) => daysLater(today, from === 'today' ? 7 : 8),
  },
  { pattern: /(?<!\w)tomorrow(?!\w)/g, read: (_, today) => daysLater(today, 1) },
  { pattern: /(?<!\w)(?:today|tonight)(?!\w)/g, read: (_, today) => today },
  {
    pattern: /(?<!\w)in (?:exactly )?(?<number>\d{1,3}|a) (?<unit>days?|weeks?)(?: time)?(?![\w'])/g,
    read: ({ number, unit }, today) => daysLater(today, countOf(number) * (unit?.startsWith('w') ? 7 : 1)),
  },
  {
    pattern: /(?<!\w)(?<number>\d{1,3}|a) (?<unit>days?|weeks?) from (?:now|today)(?!\w)/g,
    read: ({ number, unit }, today) => daysLater(today, countOf(number) * (unit?.startsWith('w') ? 7 : 1)),
  },
  {
    pattern: new RegExp(
      `(?<!\\w)(?:the )?(?<which>${oneOf('first second third fourth last 1st 2nd 3rd 4th')}) ${fullWeekday} (?:in|of) ${month}(?!\\w)`,
      'g',
    ),
    read: (groups, today) => weekdayInMonth(groups, today),
  },
  {
    pattern: new RegExp(`(?<!\\w)a week (?:from|on) (?:this )?${fullWeekday}(?!\\w)`, 'g'),
    read: ({ weekday: name }, today) => daysLater(weekdayFrom(today, numberOf(name)), 7),
  },
  {
    pattern: new RegExp(`(?<!\\w)(?:the )?next ${weekday}(?!\\w|'s)`, 'g'),
    // "Next Friday" is the one in the week that begins with the next Monday.
    read: ({ weekday: name }, today) => weekdayFrom(weekdayFrom(daysLater(today, 1), 1), numberOf(name)),
  },
  {
    pattern: new RegExp(`(?<!\\w)(?:(?:on|this|this coming|coming|for|by) )${weekday}(?!\\w|'s)`, 'g'),
    read: ({ weekday: name }, today) => weekdayFrom(today, numberOf(name)),
  },
  {
    pattern: new RegExp(`(?<!(?:\\w|every |last |each |any |a |past ))${fullWeekday}(?!\\w|'s)`, 'g'),
    read: ({ weekday: name }, today) => weekdayFrom(today, numberOf(name)),
  },
  {
    pattern: new RegExp(`(?<!\\w)on the (?<day>\\d{1,2})(?:st|nd|rd|th)${thoughtEnds}`, 'g'),
    read: ({ day }, today) => nextWithNumber(Number(day), today),
  },
  {
    pattern: new RegExp(`(?<!\\w)(?:${Object.keys(holidays).join('|')})(?!\\w)`, 'g'),
    read: ({ whole }, today) => nextHoliday(whole ?? '', today),
  },
]

const vague = new RegExp(
  `(?<!\\w)(?:(?:in|mid|early|late|end of|beginning of|sometime in)[ -](?:the )?)${month}(?! ?\\d)(?!\\w)|` +
    `(?<!\\w)(?:next|this) (?:month|summer|spring|fall|autumn|winter|year)(?!\\w)|` +
    `(?<!\\w)in (?:a few|several|\\d{1,2}|a couple of) (?:months?|weeks|days)(?!\\w)`,
  'g',
)

/** The days that a text says in words, from left to right. Libraries of dates take "24/7" and "the 1990s" for days. */
export const daysInWords = (text: string, today: string): SaidDay[] => {
  const said: SaidDay[] = []
  for (const { pattern, read } of forms) {
    for (const match of text.matchAll(pattern)) {
      const span = { at: match.index, end: match.index + match[0].length }
      if (said.some(({ at, end }) => span.at < end && span.end > at)) continue
      const day = read({ ...match.groups, whole: match[0] }, today)
      said.push({
        ...span,
        text: match[0],
        ...(day === undefined ? { reason: 'is not a day of the calendar' } : { day }),
      })
    }
  }
  for (const match of text.matchAll(vague)) {
    const span = { at: match.index, end: match.index + match[0].length }
    if (said.some(({ at, end }) => span.at < end && span.end > at)) continue
    said.push({ ...span, text: match[0], reason: 'we need the day' })
  }
  return said.toSorted((a, b) => a.at - b.at)
}

const countOf = (number: string | undefined): number => (number === 'a' ? 1 : Number(number))

const numberOf = (name = ''): number =>
  name === 'weekend' ? 6 : weekdays.findIndex(one => one.startsWith(name.slice(0, 3)))

const weekdayInMonth = (
  { which: place = '', weekday: name, month: monthName = '' }: Readonly<Record<string, string | undefined>>,
  today: string,
): string | undefined => {
  const monthNumber = months.indexOf(monthName) + 1
  const thisYear = Number(today.slice(0, 4))
  const index = /^\d/.test(place) ? Number(place[0]) - 1 : which.indexOf(place)
  const days = [thisYear, thisYear + 1].map(year =>
    place === 'last'
      ? weekdayFrom(dayOf(year, monthNumber, daysIn(year, monthNumber) - 6), numberOf(name))
      : daysLater(weekdayFrom(dayOf(year, monthNumber, 1), numberOf(name)), 7 * index),
  )
  return days.find(day => day >= today)
}

const nextWithNumber = (day: number, today: string): string | undefined => {
  const [year = 0, monthNumber = 0] = today.split('-').map(Number)
  const candidates = [0, 1, 2].flatMap(ahead => {
    const later = monthNumber - 1 + ahead
    const ofYear = year + Math.floor(later / 12)
    const ofMonth = (later % 12) + 1
    return day >= 1 && day <= daysIn(ofYear, ofMonth) ? [dayOf(ofYear, ofMonth, day)] : []
  })
  return candidates.find(one => one >= today)
}

const nextHoliday = (name: string, today: string): string | undefined => {
  const day = Object.entries(holidays).find(([holiday]) => holiday === name)?.[1]
  const year = Number(today.slice(0, 4))
  return [`${year}-${day}`, `${year + 1}-${day}`].find(one => one >= today)
}

/** The name of the weekday of a day. */
export const weekdayName = (day: string): string => weekdays[weekdayOf(day)] ?? ''
/** Whether a passage names only a weekday. */
export const namedWeekday = (text: string): string | undefined => weekdays.find(name => text.endsWith(name))
