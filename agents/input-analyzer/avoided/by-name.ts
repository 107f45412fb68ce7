import type { IgnoredText } from '../../party/schemas.ts'
import { isDenied } from '../text/denial.ts'
import { isWithin, type Span } from '../text/passage.ts'
import { tokensOf } from '../text/tokens.ts'
import { type Avoidances, type Avoided, notNeeded } from './avoidance.ts'
import { names } from './foods.ts'

/** "Celiac", "GF": words that name a need themselves. */
export const readNames = (text: string, taken: readonly Span[]): Avoidances => {
  const tokens = tokensOf(text)
  const found: Avoided[] = []
  const ignored: IgnoredText[] = []
  const used: Span[] = []
  for (let first = 0; first < tokens.length; first += 1) {
    const hit = names.longestAt(text, tokens, first)
    if (hit === undefined || isWithin(hit, taken)) continue
    used.push({ at: hit.at, end: hit.end })
    const passage = text.slice(hit.at, hit.end)
    if (isDenied(text, hit)) ignored.push(notNeeded(passage))
    else found.push({ need: hit.meaning, allergy: passage.length > 2, at: hit.at, end: hit.end })
    first = hit.last
  }
  return { found, ignored, used }
}
