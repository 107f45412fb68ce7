/** Days written as YYYY-MM-DD, which compare like words. */

export const dayOf = (year: number, month: number, day: number): string =>
  `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`

const twoDigits = (number: number): string => String(number).padStart(2, '0')

/** How many days a month has; none if there is no such month. */
export const daysIn = (year: number, month: number): number => {
  if (month < 1 || month > 12) return 0
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

export const daysLater = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

/** 0 is Sunday. */
export const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay()

/** The first such weekday from a day on, that day included. */
export const weekdayFrom = (day: string, weekday: number): string => daysLater(day, (weekday - weekdayOf(day) + 7) % 7)
