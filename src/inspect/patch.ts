/** One change of a value, as immer's `applyPatches` takes it. */
export interface Patch {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: readonly (string | number)[]
  readonly value?: unknown
}

type Path = Patch['path']
type Fields = Readonly<Record<string, unknown>>

/** What made one value another; both as JSON can hold them. */
export function patchesBetween(before: unknown, after: unknown, path: Path = []): readonly Patch[] {
  if (Object.is(before, after)) return []
  if (Array.isArray(before) && Array.isArray(after)) return inArray(before, after, path)
  if (isFields(before) && isFields(after)) return inFields(before, after, path)
  return [{ op: 'replace', path, value: after }]
}

function inFields(before: Fields, after: Fields, path: Path): readonly Patch[] {
  const patches: Patch[] = []
  for (const key of Object.keys(before))
    if (!Object.hasOwn(after, key)) patches.push({ op: 'remove', path: [...path, key] })
  for (const [key, value] of Object.entries(after)) {
    if (Object.hasOwn(before, key)) patches.push(...patchesBetween(before[key], value, [...path, key]))
    else patches.push({ op: 'add', path: [...path, key], value })
  }
  return patches
}

function inArray(before: readonly unknown[], after: readonly unknown[], path: Path): readonly Patch[] {
  const patches: Patch[] = []
  const common = Math.min(before.length, after.length)
  for (let place = 0; place < common; place++)
    patches.push(...patchesBetween(before[place], after[place], [...path, place]))
  for (let place = before.length - 1; place >= common; place--) patches.push({ op: 'remove', path: [...path, place] })
  for (let place = common; place < after.length; place++)
    patches.push({ op: 'add', path: [...path, place], value: after[place] })
  return patches
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
