/** Days as YYYY-MM-DD, which can be compared as text. */

export const dayOf = (year: number, month: number, day: number): string =>
  `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`

const twoDigits = (number: number): string => String(number).padStart(2, '0')

/** The number of days of a month; 0 for an unknown month. */
export const daysIn = (year: number, month: number): number => {
  if (month < 1 || month > 12) return 0
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

export const daysLater = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

/** 0 is Sunday. */
export const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay()

/** The first day with this weekday from a day on, including that day. */
export const weekdayFrom = (day: string, weekday: number): string => daysLater(day, (weekday - weekdayOf(day) + 7) % 7)
