import type { IgnoredText, SearchAgent } from '../../party/schemas.ts'
import type { Avoidances } from '../avoided/avoidance.ts'
import { avoidedIn } from '../avoided/avoided.ts'
import { arrangedIn } from '../says/arranged.ts'
import { withFigures } from './figures.ts'
import { fold } from './fold.ts'
import { foreignIn } from './language.ts'
import { withDigits } from './number-words.ts'
import { blank, isWithin, type Span } from './passage.ts'
import { type FoundWord, wordsIn } from './words-in.ts'

/** A text as all rules see it. */
export interface Reading {
  /** Plain lower case with all numbers as digits, without the sentences that are not English. */
  readonly text: string
  /** The keywords that are wishes. */
  readonly words: readonly FoundWord[]
  /** The keywords that the text rules out: "no clowns". */
  readonly ruledOut: readonly FoundWord[]
  /** The keywords of what the family has already, and the agents that need not search for it. */
  readonly arranged: readonly (FoundWord & { agent: SearchAgent })[]
  /** What must not be in the food. Keywords in these passages are no wishes. */
  readonly avoided: Avoidances
  readonly foreign: readonly IgnoredText[]
}

let last: { readonly content: string; readonly reading: Reading } | undefined

/** Reads a text, and keeps the last reading, because two questions about the same text follow one another. */
export const readingOf = (content: string): Reading => {
  if (last?.content !== content) last = { content, reading: read(content) }
  return last.reading
}

const read = (content: string): Reading => {
  const folded = fold(content)
  const foreign = foreignIn(folded)
  const text = withFigures(withDigits(blank(folded, foreign)))
  const avoided = avoidedIn(text)
  const isWish = (word: Span): boolean => !isWithin(word, avoided.used)
  const { found, ruledOut } = wordsIn(text)
  const { wishes, arranged } = arrangedIn(text, found.filter(isWish))
  return {
    text,
    words: wishes,
    arranged,
    ruledOut: ruledOut.filter(isWish),
    avoided,
    foreign: foreign.map(({ at, end, language }) => ({
      field: 'language',
      text: folded.slice(at, end).trim(),
      reason: `this seems to be ${language}, and we understand only English`,
    })),
  }
}
