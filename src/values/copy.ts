import { decoded, encoded, withFields } from './json.ts'
import { bytesNames, checkValue, errorNames } from './value.ts'

/**
 * A copy that shares nothing with the value. Plain objects and arrays in the copy are frozen.
 *
 * @param other what to hand out for an object of any other class; the object itself by default
 */
export function copyOf(value: unknown, other: (object: object) => unknown = object => object): unknown {
  return copied(value, other, Object.freeze)
}

/**
 * A copy that shares nothing with the value, and that its receiver may change.
 *
 * @param other what to hand out for an object of any other class; the object itself by default
 */
export function mutableCopyOf<T>(value: T, other: (object: object) => unknown = object => object): T {
  // The copy is equal to the value, so it has the same type.
  return copied(value, other, object => object) as T
}

/**
 * A copy of a value that a caller handed over, because the caller may change the original later. @throws ValueError if a part of
 * it cannot be kept; names that part
 */
export function takenOver<T>(what: string, value: T): T {
  checkValue(what, value)
  return mutableCopyOf(value)
}

function copied(value: unknown, other: (object: object) => unknown, finish: (copy: object) => object): unknown {
  if (typeof value !== 'object' || value === null) return value
  const copy = (inner: unknown) => copied(inner, other, finish)
  if (Array.isArray(value)) return finish(value.map(copy))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) {
    const bare: Record<string, unknown> = prototype === null ? Object.create(null) : {}
    for (const [key, inner] of Object.entries(value)) {
      if (key === '__proto__') withFields(bare, [[key, copy(inner)]])
      else bare[key] = copy(inner)
    }
    return finish(bare)
  }
  if (value instanceof Map) return new Map(Array.from(value, ([key, inner]) => [copy(key), copy(inner)]))
  if (value instanceof Set) return new Set(Array.from(value, copy))
  if (errorNames.has(prototype)) return copiedError(value, copy)
  if (value instanceof Date || bytesNames.has(prototype)) return decoded(encoded(value))
  return other(value)
}

function copiedError(error: object, copy: (inner: unknown) => unknown): unknown {
  const made = decoded(encoded(error))
  if (typeof made !== 'object' || made === null) return made
  for (const [key, field] of Object.entries(Object.getOwnPropertyDescriptors(made)))
    if ('value' in field) Object.defineProperty(made, key, { ...field, value: copy(field.value) })
  return made
}
