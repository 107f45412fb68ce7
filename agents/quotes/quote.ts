import type { VendorEntry } from '../party/directory.ts'
import type { Quotes } from '../party/schemas.ts'

/** How much more a vendor charges on a Saturday, in percent. */
export const saturdaySurcharge = 10

/**
 * What the vendors with these ids would charge on a day (YYYY-MM-DD), in whole dollars by vendor id: the list price,
 * and 10 % more on Saturdays. Unknown ids are left out.
 */
export const quote = (
  vendors: readonly VendorEntry[],
  { date, ids }: { date?: string | undefined; ids: readonly string[] },
): Quotes => {
  const surcharge = date !== undefined && isSaturday(date) ? saturdaySurcharge : 0
  const asked = vendors.filter(({ id }) => ids.includes(id))
  return Object.fromEntries(asked.map(({ id, price }) => [id, Math.round((price * (100 + surcharge)) / 100)]))
}

// Counted in UTC: a calendar day must not depend on where the program runs.
const isSaturday = (date: string): boolean => new Date(`${date}T00:00:00Z`).getUTCDay() === 6
