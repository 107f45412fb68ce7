/**
 * A value as JSON for people and programs: bigints become texts, maps lists of pairs, and sets lists. Other values that JSON
 * cannot hold are left out, or become `null`.
 */
export function asJson(value: unknown) {
  return JSON.parse(JSON.stringify(value, plain))
}

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}`
  return value instanceof Map || value instanceof Set ? [...value] : value
}
