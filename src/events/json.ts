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

/** Freezes a value that is flat. */
export function frozen<T>(value: T): T {
  Object.freeze(value)
  return value
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
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null)
    throw EventPayloadError.at(type, path, 'a JSON value', nameOf(prototype))
  seen.add(value)
  for (const [key, inner] of Object.entries(value)) assertJson(type, inner, path ? `${path}.${key}` : key, seen)
  seen.delete(value)
}

function nameOf(prototype: unknown): string {
  const named: unknown = isObject(prototype) ? prototype['constructor'] : undefined
  return typeof named === 'function' && named.name !== '' ? named.name : 'an object of no class'
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
