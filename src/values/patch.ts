import { TroupeError } from '../errors.ts'
import { mutableCopyOf } from './copy.ts'

/** One change of a JSON value, as immer's `applyPatches` takes it: in an array, `add` and `remove` move the elements behind. */
export interface Patch {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: readonly (string | number)[]
  readonly value?: unknown
}

type Fields = Record<string, unknown>

/** Assigning to `__proto__` sets no field, so an object that has such a field is replaced as a whole. */
const proto = '__proto__'

/** Most elements of an array that are removed or compared one by one; above that, the array is replaced. */
const mostShifted = 64

/**
 * The changes that make one JSON value into another, in the order in which to apply them.
 *
 * @example
 * patchesBetween({ log: ['a'] }, { log: ['a', 'b'] }) // [{ op: 'add', path: ['log', 1], value: 'b' }]
 */
export function patchesBetween(before: unknown, after: unknown): readonly Patch[] {
  const patches = new Patches()
  patches.change(before, after)
  return patches.made
}

/**
 * Applies changes to a JSON value in place, and returns the value; if a change replaces all of it, returns the new value. The
 * result shares no objects with the changes.
 *
 * @example
 * patched({ log: ['a'] }, [{ op: 'add', path: ['log', 1], value: 'b' }]) // { log: ['a', 'b'] }
 *
 * @throws PatchError if a change names a place that does not exist
 */
export function patched(value: unknown, patches: readonly Patch[]): unknown {
  let whole = value
  for (const { op, path, value: given } of patches) {
    const made = mutableCopyOf(given)
    const key = path.at(-1)
    if (key === undefined) {
      whole = made
      continue
    }
    const around = path.slice(0, -1).reduce(inner, whole)
    const end = Array.isArray(around) ? around.length : 0
    if (Array.isArray(around) && typeof key === 'number' && key >= 0 && (op === 'add' ? key <= end : key < end)) {
      if (op === 'add') around.splice(key, 0, made)
      else if (op === 'remove') around.splice(key, 1)
      else around[key] = made
    } else if (isFields(around) && typeof key === 'string' && key !== proto) {
      if (op === 'remove') delete around[key]
      else around[key] = made
    } else throw new PatchError(path)
  }
  return whole
}

function inner(value: unknown, key: string | number): unknown {
  if (Array.isArray(value) && typeof key === 'number') return value[key]
  return isFields(value) && typeof key === 'string' && Object.hasOwn(value, key) ? value[key] : undefined
}

class Patches {
  readonly made: Patch[] = []
  readonly #path: (string | number)[] = []
  /** Pairs that are known to differ. Otherwise, in arrays inside arrays, each level would compare them again. */
  readonly #different = new Map<object, unknown>()

  change(before: unknown, after: unknown): void {
    if (Object.is(before, after)) return
    if (Array.isArray(before) && Array.isArray(after)) this.#inArray(before, after)
    else if (isFields(before) && isFields(after)) this.#inFields(before, after)
    else this.#replace(after)
  }

  #inFields(before: Fields, after: Fields): void {
    if (Object.hasOwn(before, proto) || Object.hasOwn(after, proto))
      return this.#isSame(before, after) ? undefined : this.#replace(after)
    const [keys, newKeys] = [Object.keys(before), Object.keys(after)]
    const isKept = keys.length === newKeys.length && keys.every((key, place) => key === newKeys[place])
    if (!isKept) {
      const left = keys.filter(key => Object.hasOwn(after, key))
      // If fields changed their order, the object is replaced; new fields come last.
      if (left.some((key, place) => key !== newKeys[place])) return this.#replace(after)
      for (const key of keys) if (!Object.hasOwn(after, key)) this.#add('remove', key)
    }
    for (const key of newKeys) {
      if (isKept || Object.hasOwn(before, key)) this.#within(key, before[key], after[key])
      else this.#add('add', key, after[key])
    }
  }

  #inArray(before: readonly unknown[], after: readonly unknown[]): void {
    const shorter = Math.min(before.length, after.length)
    let start = 0
    while (start < shorter && this.#isSame(before[start], after[start])) start++
    let same = 0
    while (same < shorter - start && this.#isSame(before.at(-1 - same), after.at(-1 - same))) same++
    const [old, wanted] = [before.length - same, after.length - same]
    const shift = this.#shift(before, after, start, old, wanted)
    if (old - wanted > mostShifted || shift > mostShifted) return this.#replace(after)
    for (let count = 0; count < shift; count++) this.#add('remove', start)
    const moved = Math.min(old - shift, wanted)
    for (let place = start; place < moved; place++) this.#within(place, before[place + shift], after[place])
    for (let place = old - shift - 1; place >= wanted; place--) this.#add('remove', place)
    for (let place = moved; place < wanted; place++) this.#add('add', place, after[place])
  }

  /** How many elements were removed at a place, so that the elements behind moved there. */
  #shift(before: readonly unknown[], after: readonly unknown[], start: number, old: number, wanted: number): number {
    if (start >= wanted) return 0
    const end = Math.min(old, start + mostShifted + 1)
    for (let place = start + 1; place < end; place++)
      if (this.#isSame(before[place], after[start])) return place - start
    return 0
  }

  #isSame(one: unknown, other: unknown): boolean {
    if (Object.is(one, other)) return true
    if (typeof one !== 'object' || one === null || this.#different.get(one) === other) return false
    const isSame = this.#hasSame(one, other)
    if (!isSame) this.#different.set(one, other)
    return isSame
  }

  #hasSame(one: object, other: unknown): boolean {
    if (Array.isArray(one) && Array.isArray(other))
      return one.length === other.length && one.every((value, place) => this.#isSame(value, other[place]))
    if (!isFields(one) || !isFields(other)) return false
    const keys = Object.keys(one)
    const others = Object.keys(other)
    return (
      keys.length === others.length &&
      keys.every((key, place) => key === others[place] && this.#isSame(one[key], other[key]))
    )
  }

  #within(key: string | number, before: unknown, after: unknown): void {
    this.#path.push(key)
    this.change(before, after)
    this.#path.pop()
  }

  #replace(value: unknown): void {
    this.made.push({ op: 'replace', path: [...this.#path], value })
  }

  #add(op: 'add' | 'remove', key: string | number, value?: unknown): void {
    const path = [...this.#path, key]
    this.made.push(op === 'add' ? { op, path, value } : { op, path })
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A change names a place that does not exist. */
export class PatchError extends TroupeError {
  readonly code = 'PATCH'
  readonly path: readonly (string | number)[]
  constructor(path: readonly (string | number)[]) {
    super(
      `There is nothing at "${path.join('.')}" to be changed. Make changes in the order in which they were given, none left out.`,
    )
    this.path = path
  }
}
