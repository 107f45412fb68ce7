import { distance } from 'fastest-levenshtein'

/** A longer text is not a misspelt name, and comparing it takes long. */
const longest = 200

/** The known text that was probably meant; `undefined` if no known text is similar. */
export function nearest(text: string, known: Iterable<string>): string | undefined {
  if (text.length > longest) return undefined
  let best: string | undefined
  // A text with more than two wrong letters, and more than a third of its letters wrong, is another word.
  let least = Math.max(2, Math.floor(text.length / 3)) + 1
  for (const one of known) {
    const far = distance(text, one)
    if (far >= least) continue
    least = far
    best = one
  }
  return best
}

/** The question "Did you mean ...?", to append to an error's sentence; empty if no known text is similar. */
export function didYouMean(text: string, known: Iterable<string>): string {
  const one = nearest(text, known)
  return one === undefined ? '' : ` Did you mean "${one}"?`
}
