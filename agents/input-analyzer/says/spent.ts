import type { Amount } from './amount.ts'

/** Whether an amount in a text is spent, is left, was there before, or is still open. */
export type Standing = 'spent' | 'left' | 'before' | 'open'

const spentBefore =
  /(?<!\w)(?:(?:already |have |has |'ve |just )*(?:paid|spent|put down|deposited|prepaid)|deposit of|down payment of)(?: (?:a|about|around|the|them|deposit of|him|her)){0,3} $/
const spentAfter =
  /^ ?(?:(?:is |was |has been |are )?(?:already |been )*(?:paid|spent|gone|down)(?!\w)|deposit(?!\w)(?: (?:is )?(?:already )?paid)?)/
const leftAfter =
  /^ ?(?:is |are )?(?:left|remaining|to go|to spend|for (?:the rest|everything|all the rest|the remaining))(?!\w)/
const leftBefore = /(?<!\w)(?:left(?: with)?|remaining(?: budget)?(?: is)?|rest(?: is)?):? $/
const outOf =
  /^ (?:left |remaining |already )?(?:of|out of|from)(?: (?:our|my|the|a|an))?(?: (?:total|original|whole|full))? $/

/** "$200 paid" is spent. In "$500 left of $2000", the first amount counts, and the second one is the money from before. */
export const standingOf = (text: string, amounts: readonly Amount[], index: number): Standing => {
  const one = amounts[index]
  const previous = amounts[index - 1]
  if (one === undefined) return 'open'
  if (previous !== undefined && outOf.test(text.slice(previous.end, one.at))) return 'before'
  const before = text.slice(Math.max(0, one.at - 60), one.at)
  const after = text.slice(one.end, one.end + 60)
  if (leftAfter.test(after) || leftBefore.test(before)) return 'left'
  return spentBefore.test(before) || spentAfter.test(after) ? 'spent' : 'open'
}
