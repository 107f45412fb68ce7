import { mostLevels } from '../values/value.ts'
import { EventPayloadError } from './payload.ts'

type JsonSchema = { readonly [key: string]: unknown }

const saysWhatItIs = ['type', 'enum', 'const', 'anyOf', 'allOf', 'oneOf', '$ref', 'not']

/** Whether a JSON Schema lets anything through somewhere (`z.unknown()`, `z.any()`), so that values need a look too. */
export function isOpen(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.some(isOpen)
  if (!isObject(schema)) return false
  if (!saysWhatItIs.some(key => key in schema)) return true
  const { properties, items, prefixItems, additionalProperties, anyOf, allOf, oneOf, $defs } = schema
  return (
    [properties, $defs].some(group => isObject(group) && Object.values(group).some(isOpen)) ||
    [items, prefixItems, additionalProperties, anyOf, allOf, oneOf].some(isOpen)
  )
}

/** Whether a JSON Schema lets nothing through but an object of plain values, or a plain value. */
export function isFlat(schema: unknown): boolean {
  if (!isObject(schema)) return false
  const { type, properties, additionalProperties } = schema
  if (type !== 'object') return isPlain(schema)
  return additionalProperties === false && isObject(properties) && Object.values(properties).every(isPlain)
}

const plain = ['string', 'number', 'integer', 'boolean', 'null']

function isPlain(schema: unknown): boolean {
  return isObject(schema) && typeof schema['type'] === 'string' && plain.includes(schema['type'])
}

/**
 * A payload as JSON gives it back, frozen: fields that are undefined are left out, and -0 is 0.
 *
 * @throws EventPayloadError for what JSON has no word for, such as undefined in an array
 */
export function settled<T>(type: string, value: T, path = '', level = 0): T {
  if (typeof value !== 'object' || value === null) return settledWord(type, value, path)
  if (level > mostLevels) throw tooDeep(type)
  // Arrays and objects have loops of their own: one loop for both is ten times slower.
  if (Array.isArray(value)) return settledPlaces(type, value, path, level)
  checkPrototype(type, value, path)
  const fields = value as Record<string, unknown>
  let copy: Record<string, unknown> | undefined
  for (const key in fields) {
    const inner = fields[key]
    if (typeof inner === 'string' || typeof inner === 'boolean' || isWord(inner)) continue
    if (inner === undefined) delete (copy ??= { ...fields })[key]
    else {
      const made = settled(type, inner, within(path, key), level + 1)
      if (!Object.is(made, inner)) put((copy ??= { ...fields }), key, made)
    }
  }
  return Object.freeze((copy ?? value) as T)
}

function settledPlaces<T extends readonly unknown[]>(type: string, places: T, path: string, level: number): T {
  let copy: unknown[] | undefined
  for (let place = 0; place < places.length; place++) {
    const inner = places[place]
    if (typeof inner === 'string' || typeof inner === 'boolean' || isWord(inner)) continue
    if (inner === undefined) throw EventPayloadError.at(type, within(path, `${place}`), 'a JSON value', 'undefined')
    const made = settled(type, inner, within(path, `${place}`), level + 1)
    if (!Object.is(made, inner)) (copy ??= [...places])[place] = made
  }
  // Equal but for its words, so it is of the same type.
  return Object.freeze((copy ?? places) as T)
}

/** A schema may give what its own type does not allow: a default, for example, is not parsed. */
function settledWord<T>(type: string, value: T, path: string): T {
  if (Object.is(value, -0)) return 0 as T
  if (value === undefined || typeof value === 'string' || typeof value === 'boolean' || isWord(value)) return value
  throw EventPayloadError.at(type, path, 'a JSON value', typeof value === 'number' ? `${value}` : typeof value)
}

function isWord(value: unknown): boolean {
  return value === null || (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0))
}

/** @throws EventPayloadError for an object of a class */
function checkPrototype(type: string, value: object, path: string): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(value))
    throw EventPayloadError.at(type, path, 'a JSON value', nameOf(prototype))
}

function within(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

// Defines the field, because an assignment to `__proto__` would set no field.
function put(fields: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(fields, key, { value, writable: true, enumerable: true, configurable: true })
}

/** Freezes a value and everything in it. */
export function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) deepFrozen(inner)
  return Object.freeze(value)
}

/** @throws EventPayloadError naming the first field that JSON cannot carry unchanged */
export function assertJson(type: string, value: unknown, path = '', seen = new Set<unknown>()): void {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number' && Number.isFinite(value)) return
  if (typeof value !== 'object') throw EventPayloadError.at(type, path, 'a JSON value', typeof value)
  if (seen.has(value)) throw EventPayloadError.at(type, path, 'a JSON value', 'a circle of references')
  if (seen.size > mostLevels) throw tooDeep(type)
  checkPrototype(type, value, path)
  seen.add(value)
  const [symbol] = Object.getOwnPropertySymbols(value)
  if (symbol) throw EventPayloadError.at(type, path, 'a JSON value', `the key ${String(symbol)}`)
  if (Array.isArray(value) && Object.keys(value).length !== value.length)
    throw EventPayloadError.at(type, path, 'a JSON value', 'an array with holes or names')
  for (const [key, inner] of Object.entries(value)) assertJson(type, inner, within(path, key), seen)
  seen.delete(value)
}

/** The error has no path, because a path of so many levels cannot be read. */
export function tooDeep(type: string): EventPayloadError {
  return EventPayloadError.at(type, '', `at most ${mostLevels} levels`, 'more')
}

function nameOf(prototype: unknown): string {
  const named: unknown = isObject(prototype) ? prototype['constructor'] : undefined
  return typeof named === 'function' && named.name !== '' ? named.name : 'an object of no class'
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
