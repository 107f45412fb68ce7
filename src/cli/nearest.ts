import { distance } from 'fastest-levenshtein'

/** A sentence that asks whether the nearest of these words was meant, where one is near enough. */
export function didYouMean(word: string, known: readonly string[]): string {
  const [nearest] = known
    .map(one => ({ one, far: distance(word, one) }))
    .filter(({ one, far }) => far <= Math.max(2, one.length / 3))
    .toSorted((a, b) => a.far - b.far)
  return nearest ? ` Did you mean "${nearest.one}"?` : ''
}
