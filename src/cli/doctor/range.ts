/**
 * Whether a range of package.json, `^1.2.3` or `>=1.2`, includes a version. It runs where packages may be missing, so it
 * imports no package.
 *
 * @throws Error if the range is of another form
 */
export function isWithin(version: string, range: string): boolean {
  const [, sign, least = ''] = /^(\^|>=)(\d+(?:\.\d+){0,2})$/.exec(range) ?? []
  if (sign === undefined) throw new Error(`The range "${range}" cannot be read. Say ^1.2.3 or >=1.2.`)
  const [had, wanted] = [numbersOf(version), numbersOf(least)]
  const order = compared(had, wanted)
  if (sign === '>=') return order >= 0
  // With `^`, the first number that is not 0 must be equal, and so must the numbers before it.
  const place = Math.max(
    0,
    wanted.findIndex(number => number > 0),
  )
  return order >= 0 && compared(had.slice(0, place + 1), wanted.slice(0, place + 1)) === 0
}

function numbersOf(version: string): readonly number[] {
  // A prerelease counts as its release.
  const [major = 0, minor = 0, patch = 0] = version
    .replace(/[-+].*$/, '')
    .split('.')
    .map(Number)
  return [major, minor, patch]
}

function compared(one: readonly number[], other: readonly number[]): number {
  const place = one.findIndex((number, place) => number !== other[place])
  return place < 0 ? 0 : (one[place] ?? 0) - (other[place] ?? 0)
}
