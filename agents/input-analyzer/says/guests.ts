import type { IgnoredText } from '../../party/schemas.ts'
import type { Span } from '../text/passage.ts'
import { oneOf } from '../text/people.ts'
import { type Answer, within } from './answer.ts'
import { guestCounts, joined, type SaidGuests } from './guest-counts.ts'

// "8 families" and "the kids and their parents" give no number of guests.
const unclear =
  /(?<![\w.$€£/-])\d{1,3} (?:families|households|teams|tables)(?! of \d)(?!\w)|(?<!\w)(?:and|with|plus) (?:their|some|a few) (?:parents|families|siblings|friends)(?!\w)/g

/**
 * "20 kids and 15 adults" are 35 guests, but "75 guests, 30 of them kids" are 75. Numbers that "+", "and" or
 * "plus" joins are added.
 */
export const readGuests = (text: string): Answer<number | undefined> & { used: Span[] } => {
  const chains = chained(text, guestCounts(text))
  const everybody = chains.filter(({ group }) => group === undefined)
  const { value, ignored } = within('guests', everybody.length > 0 ? everybody : added(chains), 5, 500, 'guests')
  const others = [...text.matchAll(unclear)]
  const unknown = others.map(({ 0: passage }): IgnoredText => {
    return { field: 'guests', text: passage, reason: 'we do not know how many guests that is' }
  })
  const used = [...chains, ...others.map(match => ({ at: match.index, end: match.index + match[0].length }))]
  return { value, ignored: [...ignored, ...unknown], used }
}

const kinds = new RegExp(
  `(?<![\\w.$])\\d+ (?:${oneOf('kids children adults toddlers teens friends classmates')})(?!\\w)`,
)

/** Whether a text names guests by a kind, such as kids or adults. */
export const countsGuests = (text: string): boolean => kinds.test(text)

/** Groups of numbers that joining words connect. */
const chained = (text: string, said: readonly SaidGuests[]): SaidGuests[] => {
  const chains: SaidGuests[] = []
  for (const one of said) {
    const last = chains.at(-1)
    if (last === undefined || !joined.test(text.slice(last.end, one.at))) {
      chains.push(one)
      continue
    }
    const whole = { at: last.at, end: one.end, text: text.slice(last.at, one.end), value: last.value + one.value }
    const group = last.group === undefined || one.group === undefined ? undefined : `${last.group} and ${one.group}`
    chains.splice(-1, 1, { ...whole, group })
  }
  return chains
}

const added = (said: readonly { text: string; value: number; group: string | undefined }[]) => {
  if (said.length === 0) return []
  const perGroup = new Map(said.map(({ group, value }) => [group, value]))
  const value = [...perGroup.values()].reduce((sum, one) => sum + one, 0)
  return [{ text: said.map(({ text }) => text).join(' + '), value }]
}
