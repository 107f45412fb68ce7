import type { SearchAgent } from '../../party/schemas.ts'
import type { FoundWord } from '../text/words-in.ts'

const done =
  '(?:booked|reserved|sorted|arranged|ordered|taken care of|settled|organi[sz]ed|hired|lined up|paid(?: for)?|covered(?! (?:in|with)))'
const article = '(?:(?:a|an|the|our|my) )?'
const before = new RegExp(
  `(?<!\\w)(?:(?:\\w+'ve|have|has|already) (?:already )?(?:got )?${done} |already (?:have|got) |(?:have|'ve) already got |(?:booked|reserved|hired|paid for|ordered) |` +
    `(?:is|are|will be|'s) (?:already )?(?:bringing|making|baking|doing|providing|taking care of) )` +
    `(?:\\$\\d[\\d,]*k? (?:for )?)?${article}(?:\\w+ )?$`,
)
const wanted = /(?<!\w)(?:need|want|should|could|must|can|please|to|not|\w+n't)(?!\w)[^,.;!?\n]{0,40}$/
const after = new RegExp(`^(?:'s)? (?:(?:is|are|has been|was|were) )?(?:all |already )?(?:${done}|already)(?!\\w)`)

const kinds = ['venue', 'cake', 'catering', 'vendor'] as const

/** What the family has already, so that nobody needs to search for it: "the hall is booked", "my aunt is baking the cake". */
export const arrangedIn = (
  text: string,
  words: readonly FoundWord[],
): { wishes: FoundWord[]; arranged: (FoundWord & { agent: SearchAgent })[] } => {
  const wishes: FoundWord[] = []
  const arranged: (FoundWord & { agent: SearchAgent })[] = []
  for (const word of words) {
    const agent = kinds.find(kind => word.categories.includes(kind))
    if (agent !== undefined && isArranged(text, word)) arranged.push({ ...word, agent })
    else wishes.push(word)
  }
  return { wishes, arranged }
}

const isArranged = (text: string, { at, end }: FoundWord): boolean => {
  const lead = text.slice(Math.max(0, at - 80), at)
  const found = before.exec(lead)
  if (found !== null) return !wanted.test(lead.slice(0, found.index + 1))
  return after.test(text.slice(end, end + 40)) && !wanted.test(lead)
}
