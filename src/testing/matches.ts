/**
 * Whether a value is as expected: equal in all its parts. A part may be an asymmetric matcher, such as `expect.objectContaining` of
 * vitest, which decides itself.
 */
export function matches(expected: unknown, value: unknown): boolean {
  if (isMatcher(expected)) return expected.asymmetricMatch(value)
  if (typeof expected !== 'object' || expected === null) return Object.is(expected, value)
  if (typeof value !== 'object' || value === null || Array.isArray(expected) !== Array.isArray(value)) return false
  const [wanted, given] = [new Map(Object.entries(expected)), new Map(Object.entries(value))]
  return wanted.size === given.size && [...wanted].every(([key, one]) => given.has(key) && matches(one, given.get(key)))
}

function isMatcher(value: unknown): value is { asymmetricMatch(other: unknown): boolean } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'asymmetricMatch' in value &&
    typeof value.asymmetricMatch === 'function'
  )
}
