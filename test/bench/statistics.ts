/** The middle of the samples, and how far they reach. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spreadOf(samples: readonly number[]): Spread | undefined {
  const sorted = samples.toSorted((a, b) => a - b)
  const [min] = sorted
  const max = sorted.at(-1)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  if (min === undefined || max === undefined || upper === undefined || lower === undefined) return undefined
  return { median: (lower + upper) / 2, min, max }
}

/** How a total grows with the number of things: 1 in proportion, 2 with the square. */
export function exponentOf(from: Total, to: Total): number {
  return Math.log(to.total / from.total) / Math.log(to.number / from.number)
}

export interface Total {
  readonly number: number
  readonly total: number
}
