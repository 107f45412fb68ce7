/**
 * A value as people and programs read it: JSON, in which bigints are texts, maps lists of pairs, and sets lists. What else JSON
 * has no word for is left out or `null`.
 */
export function asJson(value: unknown) {
  return JSON.parse(JSON.stringify(value, plain))
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}`
  return value instanceof Map || value instanceof Set ? [...value] : value
}
