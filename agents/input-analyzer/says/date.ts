import type { IgnoredText } from '../../party/schemas.ts'
import type { Span } from '../text/passage.ts'
import { oneOf, person } from '../text/people.ts'
import { latest } from './answer.ts'
import { dayOf, daysIn } from './calendar.ts'
import { daysInWords, namedWeekday, type SaidDay, weekdayName } from './day-words.ts'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const firstHalf = 'jan(?:uary)? feb(?:ruary)? mar(?:ch)? apr(?:il)? may june?'
const secondHalf = 'july? aug(?:ust)? sept?(?:ember)? oct(?:ober)? nov(?:ember)? dec(?:ember)?'
const month = `(?<month>${oneOf(firstHalf, secondHalf)})\\.?`
const day = '(?<day>\\d{1,2})(?:st|nd|rd|th)?'
const verb = '(?! (?:come|be|attend|join|bring|need|want|have|eat|not|also)(?!\\w))'
const dateForms = [
  /(?<![\w-])(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})(?![\d-])/g,
  /(?<![\w/])(?<year>20\d\d)\/(?<month>\d{1,2})\/(?<day>\d{1,2})(?![\w/])/g,
  /(?<![\w/.])(?<month>\d{1,2})\/(?<day>\d{1,2})\/(?<year>\d{4}|\d{2})(?![\w/])/g,
  /(?<![\w-.])(?<month>\d{1,2})-(?<day>\d{1,2})-(?<year>20\d\d)(?![\w-])/g,
  /(?<![\w.$])(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>20\d\d)(?!\w)/g,
  // "1/2 vegan", "3/4 full" and "24/7" are no days.
  /(?<![\w/.$])(?!(?:1\/[234]|2\/3|3\/4)(?!\d))(?<month>0?[1-9]|1[0-2])\/(?<day>0?[1-9]|[12]\d|3[01])(?![\w/])/g,
  new RegExp(`(?<!\\w)${month} (?:the )?${day}(?:,? (?<year>20\\d\\d))?(?![\\w/%]|[.:,-]\\d| ${person})`, 'g'),
  new RegExp(`(?<![\\w.$,/-])${day}(?: of)? ${month}(?:,? (?<year>20\\d\\d))?(?!\\w)${verb}`, 'g'),
]

/** The day of the party, as YYYY-MM-DD; `today` decides which year, month or week is meant. */
export const readDate = (text: string, today: string) => {
  const matches: RegExpExecArray[] = []
  for (const match of dateForms.flatMap(form => [...text.matchAll(form)]).toSorted((a, b) => a.index - b.index)) {
    const previous = matches.at(-1)
    // "5 december 12" can be read twice; the first reading stands.
    if (previous === undefined || match.index >= previous.index + previous[0].length) matches.push(match)
  }
  const dated = matches.map((match): SaidDay => {
    const { value, reason } = calendarDay(match, today)
    const said = { text: match[0], at: match.index, end: match.index + match[0].length }
    return { ...said, ...(value !== undefined && { day: value }), ...(reason !== undefined && { reason }) }
  })
  const inWords = daysInWords(text, today).filter(({ at, end }) => !dated.some(one => at < one.end && end > one.at))
  const exact = dated.findLast(one => one.day !== undefined)
  // "Saturday the 5th of December" is one day; the number says which.
  const others = exact === undefined ? inWords : []
  const wrong = exact === undefined ? [] : inWords.flatMap(one => wrongWeekday(one, exact))
  const said = [...dated, ...others].toSorted((a, b) => a.at - b.at)
  const fine = said.flatMap(one => (one.day === undefined ? [] : [{ text: one.text, value: one.day }]))
  const refused = said.flatMap(({ text: passage, reason }): IgnoredText[] =>
    reason === undefined ? [] : [{ field: 'date', text: passage, reason }],
  )
  const { value, ignored } = latest('date', fine)
  const used: Span[] = [...dated, ...inWords]
  return { value, used, ignored: [...ignored, ...refused, ...wrong] }
}

const wrongWeekday = ({ text }: SaidDay, { text: exact, day: date }: SaidDay): IgnoredText[] => {
  const named = namedWeekday(text)
  if (named === undefined || date === undefined || named === weekdayName(date)) return []
  return [{ field: 'date', text, reason: `${exact} is a ${weekdayName(date)}` }]
}

const calendarDay = (match: RegExpExecArray, today: string): { value?: string; reason?: string } => {
  const { year, month: name = '', day: number = '' } = match.groups ?? {}
  const monthNumber = /^\d/.test(name) ? Number(name) : months.indexOf(name.slice(0, 3)) + 1
  const thisYear = Number(today.slice(0, 4))
  const said = year === undefined ? [0, 1, 2, 3].map(ahead => thisYear + ahead) : [Number(year.padStart(4, '20'))]
  const days = said.filter(one => Number(number) >= 1 && Number(number) <= daysIn(one, monthNumber))
  const dates = days.map(one => dayOf(one, monthNumber, Number(number)))
  if (dates.length === 0) return { reason: 'is not a day of the calendar' }
  const ahead = dates.find(date => date >= today)
  if (ahead === undefined) return { reason: 'has already passed' }
  const last = `${thisYear + 3}${today.slice(4)}`
  return ahead > last ? { reason: 'is more than three years away' } : { value: ahead }
}
