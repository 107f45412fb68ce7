import type { IgnoredText } from '../../party/schemas.ts'
import { blank, type Span } from '../text/passage.ts'
import { isSmallTalk } from '../text/small-talk.ts'
import { tokensOf } from '../text/tokens.ts'

const thoughts = /(?:[^.;!?\n,&]|[.,&](?=\d))+/g
const joints = / (?:and|but|plus|with|also|so) /g

/**
 * The clauses of a text that no rule used, without small talk. `content` is the original text: a word with a capital letter
 * within a sentence is a name. Passages that are `reported` already are left out.
 */
export const unreadIn = (
  text: string,
  used: readonly Span[],
  content: string,
  reported: readonly IgnoredText[],
): IgnoredText[] => {
  const rest = blank(text, used)
  const names = namesIn(content)
  const says = (thought: string): boolean =>
    tokensOf(thought).some(({ stem }) => stem.length > 1 && !isSmallTalk(stem) && !names.has(stem) && !isAge(stem))
  return [...text.matchAll(thoughts)]
    .flatMap(match => partsOf(match[0], match.index))
    .flatMap(({ at, end }) => {
      const left = rest.slice(at, end)
      const passage = text.slice(at, end).trim()
      if (left.includes('~') || !says(left) || reported.some(one => one.text.includes(passage))) return []
      return [{ field: 'text', text: passage, reason: 'we did not understand this part' }]
    })
}

const partsOf = (thought: string, from: number): Span[] => {
  const parts: Span[] = []
  let at = 0
  for (const match of [...thought.matchAll(joints), undefined]) {
    parts.push({ at: from + at, end: from + (match?.index ?? thought.length) })
    if (match !== undefined) at = match.index + match[0].length
  }
  return parts
}

const isAge = (stem: string): boolean => /^\d{1,2}(?:st|nd|rd|th|yo)?$/.test(stem)

const namesIn = (content: string): Set<string> =>
  new Set(
    [...content.matchAll(/(?<=[\p{L},] )\p{Lu}\p{Ll}+/gu)].flatMap(match =>
      tokensOf(match[0].toLowerCase()).map(({ stem }) => stem),
    ),
  )
