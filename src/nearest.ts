import { distance } from 'fastest-levenshtein'

/** Longer texts are no misspelt names, and comparing them takes long. */
const longest = 200

/** The text that was probably meant; `undefined` if none is much like it. */
export function nearest(text: string, known: Iterable<string>): string | undefined {
  if (text.length > longest) return undefined
  let best: string | undefined
  // More than two letters and more than a third of it wrong is another word.
  let least = Math.max(2, Math.floor(text.length / 3)) + 1
  for (const one of known) {
    const far = distance(text, one)
    if (far >= least) continue
    least = far
    best = one
  }
  return best
}

/** A sentence that asks for it, to be put behind another one; empty if nothing known is much like the text. */
export function didYouMean(text: string, known: Iterable<string>): string {
  const one = nearest(text, known)
  return one === undefined ? '' : ` Did you mean "${one}"?`
}
