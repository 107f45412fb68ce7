import type { Facts } from '../party/schemas.ts'
import { eachOnce } from './says/answer.ts'
import { readFlavours, readTiers } from './says/cake.ts'
import { readDate } from './says/date.ts'
import { eachNeed, readDietary } from './says/dietary.ts'
import { readGuests } from './says/guests.ts'
import { readMoney } from './says/money.ts'
import { readPlace } from './says/place.ts'
import { unreadIn } from './says/unread.ts'
import { each, readOne, readSetting, readTheme } from './says/words.ts'
import { blank } from './text/passage.ts'
import { readingOf } from './text/reading.ts'

/**
 * Everything that one input says, read by rules: numbers, money, dates and keywords. `today` (YYYY-MM-DD) decides which
 * year "December 5" means. Passages that are out of bounds, contradicted or not understood are listed in
 * `ignored`. A tag is only read for what must not be in the food.
 */
export const extract = (content: string, { today, tags = [] }: { today: string; tags?: readonly string[] }): Facts => {
  // The readers share one text of constant length. Each blanks the passages that it has used, so that the day of a date, a price or
  // a dietary head count is never read again as the number of guests.
  const reading = readingOf(content)
  const { text, words, ruledOut, arranged, foreign } = reading
  const date = readDate(text, today)
  const money = readMoney(blank(text, date.used), words)
  const dietary = readDietary(blank(text, [...date.used, ...money.used]), reading)
  const guests = readGuests(blank(text, [...date.used, ...money.used, ...dietary.used]))
  const tiers = readTiers(text)
  const place = readPlace(text, words)
  const area = readOne('area', words, ({ area }) => area)
  const style = readOne('style', words, ({ style }) => style)
  const setting = readSetting(words)
  const theme = readTheme(words)
  const tagged = tags.map(readingOf).map(tag => readDietary(tag.text, tag))
  const readers = [guests, tiers, setting, area, place, style, date, theme, money, dietary, ...tagged]
  const used = [date, money, dietary, guests, tiers, place].flatMap(reader => reader.used)
  const facts = {
    ...(guests.value !== undefined && { guests: guests.value }),
    ...(tiers.value !== undefined && { tiers: tiers.value }),
    ...(setting.value !== undefined && { setting: setting.value }),
    ...(area.value !== undefined && { area: area.value }),
    ...(place.value !== undefined && { place: place.value }),
    ...(style.value !== undefined && { style: style.value }),
    ...(date.value !== undefined && { date: date.value }),
    ...(theme.value && { theme: theme.value }),
    money: money.value,
    dietary: eachNeed([dietary, ...tagged].flatMap(({ value }) => value)),
    flavours: readFlavours(text, words),
    services: each(words, ({ service }) => service),
    ...(arranged.length > 0 && { arranged: [...new Set(arranged.map(({ agent }) => agent))] }),
  }
  const ignored = [...foreign, ...readers.flatMap(reader => reader.ignored)]
  const understood = used.length + words.length + ruledOut.length + arranged.length + foreign.length > 0
  return {
    ...facts,
    ignored: eachOnce(
      // A text without any understood part is reported as a whole.
      understood
        ? [...ignored, ...unreadIn(text, [...used, ...words, ...ruledOut, ...arranged], content, ignored)]
        : ignored,
      ({ field, text }) => `${field} ${text}`,
    ),
  }
}
