import type { Facts } from '../party/schemas.ts'
import { eachOnce } from './answer.ts'
import { readFlavours, readTiers } from './cake.ts'
import { fold, wordsIn } from './classify.ts'
import { readDate } from './date.ts'
import { readDietary } from './dietary.ts'
import { readGuests } from './guests.ts'
import { readMoney } from './money.ts'
import { withDigits } from './number-words.ts'
import { blank } from './passage.ts'
import { each, readOne, readSetting, readTheme } from './words.ts'

/**
 * Everything that one input says, read by rules: numbers, money, dates and keywords. `today` (YYYY-MM-DD) decides which
 * year "December 5" means. Whatever is out of bounds, or said twice with different values, is listed in `ignored`.
 */
export const extract = (content: string, { today }: { today: string }): Facts => {
  // The readers share one text of constant length: each blanks what it has used, so that the day of a date, a price or
  // a dietary head count is never read again as the number of guests.
  const text = withDigits(fold(content))
  const words = wordsIn(text)
  const date = readDate(text, today)
  const money = readMoney(blank(text, date.used), words)
  const dietary = readDietary(blank(text, [...date.used, ...money.used]), words)
  const guests = readGuests(blank(text, [...date.used, ...money.used, ...dietary.used]))
  const tiers = readTiers(text)
  const area = readOne('area', words, ({ area }) => area)
  const place = readOne('place', words, ({ place }) => place)
  const style = readOne('style', words, ({ style }) => style)
  const setting = readSetting(words)
  const theme = readTheme(words)
  const readers = [guests, tiers, setting, area, place, style, date, theme, money, dietary]
  return {
    ...(guests.value !== undefined && { guests: guests.value }),
    ...(tiers.value !== undefined && { tiers: tiers.value }),
    ...(setting.value !== undefined && { setting: setting.value }),
    ...(area.value !== undefined && { area: area.value }),
    ...(place.value !== undefined && { place: place.value }),
    ...(style.value !== undefined && { style: style.value }),
    ...(date.value !== undefined && { date: date.value }),
    ...(theme.value && { theme: theme.value }),
    money: money.value,
    dietary: dietary.value,
    flavours: readFlavours(text, words),
    services: each(words, ({ service }) => service),
    ignored: eachOnce(
      readers.flatMap(({ ignored }) => ignored),
      ({ field, text }) => `${field} ${text}`,
    ),
  }
}
