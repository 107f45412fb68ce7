/** The first difference of two JSON values, as a sentence; `undefined` if they are equal. */
export function differenceOf(expected: unknown, found: unknown, path = ''): string | undefined {
  if (!isObject(expected) || !isObject(found)) {
    if (Object.is(expected, found)) return undefined
    return `${path === '' ? 'it' : path} is ${JSON.stringify(found) ?? 'not there'}, not ${JSON.stringify(expected) ?? 'left out'}`
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const difference = differenceOf(expected[key], found[key], path === '' ? key : `${path}.${key}`)
    if (difference !== undefined) return difference
  }
  return undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
