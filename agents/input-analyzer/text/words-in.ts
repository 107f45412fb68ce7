import { isDenied } from './denial.ts'
import { lexicon, type Meaning } from './lexicon.ts'
import type { Span } from './passage.ts'
import { stem, type Token, tokensOf } from './tokens.ts'

/** A keyword that was found in a text, its place, and all its meanings. */
export interface FoundWord extends Meaning, Span {}

/**
 * The keywords in a folded text, from left to right. Whole words only; the longest phrase wins and uses its words up,
 * so an "event space" is no space theme. Keywords that the text rules out ("no clowns") are in `ruledOut`.
 */
export const wordsIn = (text: string): { found: FoundWord[]; ruledOut: FoundWord[] } => {
  const tokens = tokensOf(text)
  const found: FoundWord[] = []
  const ruledOut: FoundWord[] = []
  let ruledOutUntil = -1
  for (let first = 0; first < tokens.length; ) {
    const hit = lexicon.longestAt(text, tokens, first)
    if (hit === undefined) {
      first += 1
      continue
    }
    const word = { ...hit.meaning, at: hit.at, end: hit.end }
    const isOut = isRuledOut(text, tokens, first, ruledOutUntil) || (word.dietary !== undefined && isDenied(text, hit))
    if (isOut) ruledOutUntil = hit.last
    ;(isOut ? ruledOut : found).push(word)
    first = hit.last + 1
  }
  return { found, ruledOut }
}

const ruleOut = new Set(['no', 'not', 'without', 'never', 'avoid', 'skip', "don't", "doesn't", "won't"])
const between = new Set(['a', 'an', 'any', 'the', 'want', 'need', 'like', 'have', 'really', 'for'].map(stem))
const joins = new Set(['or', 'nor'])

/** Whether the text rules a keyword out: "no clowns", "we don't want a clown", and "balloons" in "no clowns or balloons". */
const isRuledOut = (text: string, tokens: readonly Token[], first: number, ruledOutUntil: number): boolean => {
  for (let index = first - 1; index >= 0; index -= 1) {
    const token = tokens[index]
    const next = tokens[index + 1]
    if (token === undefined || next === undefined) return false
    if (text.slice(token.end, next.at) !== ' ') return false
    if (ruleOut.has(token.stem)) return tokens[index - 1]?.stem !== 'why'
    if (joins.has(token.stem)) return index - 1 === ruledOutUntil
    if (!between.has(token.stem)) return false
  }
  return false
}
