import type { IgnoredText } from '../party/schemas.ts'
import { latest } from './answer.ts'
import { oneOf, person } from './people.ts'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const firstHalf = 'jan(?:uary)? feb(?:ruary)? mar(?:ch)? apr(?:il)? may june?'
const secondHalf = 'july? aug(?:ust)? sept?(?:ember)? oct(?:ober)? nov(?:ember)? dec(?:ember)?'
const month = `(?<month>${oneOf(firstHalf, secondHalf)})\\.?`
const day = '(?<day>\\d{1,2})(?:st|nd|rd|th)?'
const verb = '(?! (?:come|be|attend|join|bring|need|want|have|eat|not|also)(?!\\w))'
const dateForms = [
  /(?<![\w-])(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})(?![\d-])/g,
  /(?<![\w/.])(?<month>\d{1,2})\/(?<day>\d{1,2})\/(?<year>\d{4}|\d{2})(?![\w/])/g,
  new RegExp(`(?<!\\w)${month} ${day}(?:,? (?<year>20\\d\\d))?(?![\\w/%]|[.:,-]\\d| ${person})`, 'g'),
  new RegExp(`(?<![\\w.$,/-])${day}(?: of)? ${month}(?:,? (?<year>20\\d\\d))?(?!\\w)${verb}`, 'g'),
]

/** The day of the party, as YYYY-MM-DD; `today` decides which year is meant. */
export const readDate = (text: string, today: string) => {
  const matches: RegExpExecArray[] = []
  for (const match of dateForms.flatMap(form => [...text.matchAll(form)]).toSorted((a, b) => a.index - b.index)) {
    const previous = matches.at(-1)
    // "5 december 12" can be read twice; the first reading stands.
    if (previous === undefined || match.index >= previous.index + previous[0].length) matches.push(match)
  }
  const read = matches.map(match => ({ text: match[0], ...calendarDay(match, today) }))
  const fine = read.flatMap(({ text: passage, value }) => (value === undefined ? [] : [{ text: passage, value }]))
  const refused = read.flatMap(({ text: passage, reason }): IgnoredText[] =>
    reason === undefined ? [] : [{ field: 'date', text: passage, reason }],
  )
  const { value, ignored } = latest('date', fine)
  const used = matches.map(match => ({ at: match.index, end: match.index + match[0].length }))
  return { value, used, ignored: [...ignored, ...refused] }
}

const calendarDay = (match: RegExpExecArray, today: string): { value?: string; reason?: string } => {
  const { year, month: name = '', day: number = '' } = match.groups ?? {}
  const monthNumber = /^\d/.test(name) ? Number(name) : months.indexOf(name.slice(0, 3)) + 1
  const thisYear = Number(today.slice(0, 4))
  const said = year === undefined ? [0, 1, 2, 3].map(ahead => thisYear + ahead) : [Number(year.padStart(4, '20'))]
  const days = said.filter(one => Number(number) >= 1 && Number(number) <= daysIn(one, monthNumber))
  const dates = days.map(one => `${one}-${twoDigits(monthNumber)}-${twoDigits(Number(number))}`)
  if (dates.length === 0) return { reason: 'is not a day of the calendar' }
  // Written as YYYY-MM-DD, dates compare like words.
  const ahead = dates.find(date => date >= today)
  if (ahead === undefined) return { reason: 'has already passed' }
  const last = `${thisYear + 3}${today.slice(4)}`
  return ahead > last ? { reason: 'is more than three years away' } : { value: ahead }
}

const twoDigits = (number: number): string => String(number).padStart(2, '0')

/** How many days a month has; none if there is no such month. */
const daysIn = (year: number, monthNumber: number): number => {
  if (monthNumber < 1 || monthNumber > 12) return 0
  if (monthNumber === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(monthNumber) ? 30 : 31
}
