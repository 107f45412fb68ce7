import type { IgnoredText } from '../../party/schemas.ts'

/** The answer of a rule: the value, if any, and the passages that it did not use on purpose. */
export interface Answer<T> {
  readonly value: T
  readonly ignored: IgnoredText[]
}

/** The last item of each key, in the order in which the keys first came. */
export const eachOnce = <T>(values: readonly T[], keyOf: (value: T) => string): T[] => [
  ...new Map(values.map(value => [keyOf(value), value])).values(),
]

/** The answer to a question with one answer: within a text, as between texts, the later answer counts. */
export const latest = <T>(field: string, said: readonly { text: string; value: T }[]) => {
  const value = said.at(-1)?.value
  const replaced = said.filter(one => one.value !== value)
  const ignored = replaced.map(({ text }) => ({ field, text, reason: 'the same text says something else later' }))
  return { value, ignored }
}

/** The same for a number that must be within bounds. */
export const within = (
  field: string,
  said: readonly { text: string; value: number }[],
  least: number,
  most: number,
  unit: string,
): Answer<number | undefined> => {
  const fits = ({ value }: { value: number }): boolean => value >= least && value <= most
  const outside = said.filter(one => !fits(one))
  const reason = `we plan for ${least} to ${most} ${unit}`
  const { value, ignored } = latest(field, said.filter(fits))
  return { value, ignored: [...ignored, ...outside.map(({ text }) => ({ field, text, reason }))] }
}
