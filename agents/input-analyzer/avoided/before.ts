import type { IgnoredText } from '../../party/schemas.ts'
import { isDenied } from '../text/denial.ts'
import { isWithin, type Span } from '../text/passage.ts'
import { isSmallTalk } from '../text/small-talk.ts'
import { tokensOf } from '../text/tokens.ts'
import { type Avoidances, type Avoided, notNeeded, unknownFood } from './avoidance.ts'
import { foods } from './foods.ts'

const suffix =
  /(?<!\w)(?:(?:al+[ei]r[gj]|al+geri|allegi)(?:y|ies?|ic)|intoleran(?:t|ces?)|sensitiv(?:e|ity|ities))(?!\w| ?-?(?:friendly|aware|safe)(?!\w))|(?<=[a-z][ -])free(?![\w-]| (?:of|from)(?!\w))|(?:is|are) (?:off(?:[ -]limits| the table| the menu)|a no-?go|not allowed|not ok(?:ay)?|forbidden|banned|out of the question|poison)/g
const joins = /^(?:,? (?:and|or) |-? (?:and|or) |-?, ?(?:and |or )?| ?[/&+] ?)$/
const adjective = new Set(
  'severe serious bad food known strong mild deadly slight terrible life threatening'.split(' '),
)

/** "A nut and egg allergy", "dairy-free", "eggs are off the table": every member of the list before it. */
export const readBefore = (text: string, taken: readonly Span[]): Avoidances => {
  const found: Avoided[] = []
  const ignored: IgnoredText[] = []
  const used: Span[] = []
  for (const match of text.matchAll(suffix)) {
    const span = { at: match.index, end: match.index + match[0].length }
    if (isWithin(span, taken)) continue
    const allergy = !/^(?:free|is|are)/.test(match[0])
    const from = Math.max(0, span.at - 150)
    const before = text.slice(from, span.at)
    const { needs, at } = foodsBefore(before)
    if (needs.length > 0) {
      const whole = { at: from + at, end: span.end }
      used.push(whole)
      if (isDenied(text, whole)) ignored.push(notNeeded(text.slice(whole.at, whole.end)))
      else for (const need of needs) found.push({ need, allergy, ...whole })
    } else {
      const passage = unknownBefore(before, allergy)
      if (passage === undefined) continue
      const whole = { at: span.at - passage.length, end: span.end }
      if (isDenied(text, whole)) continue
      used.push(whole)
      ignored.push(unknownFood(text.slice(whole.at, whole.end)))
    }
  }
  return { found, ignored, used }
}

/** The foods that a passage ends with: both of "... has a nut and egg ". */
const foodsBefore = (text: string): { needs: string[]; at: number } => {
  const tokens = tokensOf(text)
  const needs: string[] = []
  let at = text.length
  for (let last = tokens.length - 1; last >= 0; ) {
    const gap = text.slice(tokens[last]?.end, at)
    if (needs.length === 0 ? !/^[ -]?$/.test(gap) : !joins.test(gap)) break
    // Foods have at most three words.
    const hit = [last - 2, last - 1, last]
      .map(first => ({ first, food: foods.longestAt(text, tokens, first) }))
      .find(({ food }) => food?.last === last)
    if (hit?.food === undefined) break
    needs.push(hit.food.meaning)
    at = hit.food.at
    last = hit.first - 1
    // The joining word itself is a token: "nut and egg".
    if (/^(?:and|or)$/.test(tokens[last]?.stem ?? '')) last -= 1
  }
  return { needs, at }
}

const harmless = new Set(
  'smoke stress hassle hand care cruelty toll duty drug child kid phone feel for is are it be free tax plastic'.split(
    ' ',
  ),
)

/** The words right before "allergy" or "-free" that name something unknown, with what stands between. */
const unknownBefore = (text: string, allergy: boolean): string | undefined => {
  if (!allergy) {
    // Only "x-free" says for sure that something has to be left out.
    const word = /(?<![\w-])([a-z]{3,})-$/.exec(text)
    return word === null || harmless.has(word[1] ?? '') ? undefined : word[0]
  }
  const words = /(?:[a-z][a-z'-]* ){1,3}$/.exec(text)?.[0] ?? ''
  const own: string[] = []
  for (const word of words.trim().split(' ').toReversed()) {
    const [token] = tokensOf(word)
    if (token === undefined || adjective.has(token.stem) || isSmallTalk(token.stem)) break
    own.unshift(word)
  }
  return own.length === 0 ? undefined : `${own.join(' ')} `
}
