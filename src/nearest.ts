/** The text that was probably meant; `undefined` if none is much like it. */
export function nearest(text: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  // More than a third of it wrong is another word.
  let least = Math.floor(text.length / 3) + 1
  for (const one of known) {
    const distance = distanceOf(text, one)
    if (distance >= least) continue
    least = distance
    best = one
  }
  return best
}

/** How many characters are to be put in, left out or changed (Levenshtein's distance). */
function distanceOf(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, place) => place)
  for (const [row, letter] of [...one].entries()) {
    const next = [row + 1]
    for (const [column, otherLetter] of [...other].entries()) {
      const change = (above[column] ?? 0) + (letter === otherLetter ? 0 : 1)
      next.push(Math.min(change, (above[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    above = next
  }
  return above.at(-1) ?? 0
}

/** A sentence that asks for it, to be put behind another one; empty if nothing known is much like the text. */
export function didYouMean(text: string, known: Iterable<string>): string {
  const one = nearest(text, known)
  return one === undefined ? '' : ` Did you mean "${one}"?`
}
