import type { IgnoredText } from '../../party/schemas.ts'
import type { Span } from '../text/passage.ts'

/** Something that must not be in the food, the passage that says so, and whether it is an allergy. */
export interface Avoided extends Span {
  readonly need: string
  readonly allergy: boolean
}

/** What must not be in the food, which of that was not understood, and the passages that say so. */
export interface Avoidances {
  readonly found: readonly Avoided[]
  readonly ignored: readonly IgnoredText[]
  readonly used: readonly Span[]
}

/** All forms of the words that speak of an allergy, also as people misspell them. */
export const allergyWords = '(?:(?:al+[ei]r[gj]|al+geri|allegi)\\w*|intoleran\\w*|sensitiv\\w*|anaph?[iy]l\\w*)'

export const unknownFood = (text: string): IgnoredText => ({
  field: 'diet',
  text: text.trim(),
  reason: 'we do not know what must be left out of the food',
})

export const notNeeded = (text: string): IgnoredText => ({
  field: 'dietary',
  text: text.trim(),
  reason: 'we read that nobody needs it',
})
