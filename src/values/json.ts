import { TroupeError } from '../errors.ts'
import { bytes, bytesNames, errorNames, errors, fieldsOf, nameOf, ValueError } from './value.ts'

/** The key that marks, in JSON, a value that JSON cannot hold as it is: `{ "$": "undefined" }`, `{ "$": ["date", 0] }`. */
const tag = '$'

/**
 * A value in a form that JSON can hold; the value itself if it is plain JSON. `decoded` reads it back.
 *
 * @throws ValueError for what `faultIn` finds
 */
export function encoded(value: unknown): unknown {
  switch (typeof value) {
    case 'undefined':
      return { [tag]: 'undefined' }
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [tag]: Object.is(value, -0) ? '-0' : `${value}` }
    case 'bigint':
      return { [tag]: ['bigint', `${value}`] }
    case 'object':
      return value === null ? null : encodedObject(value)
    case 'function':
    case 'symbol':
      throw new ValueError('a value', { path: '', found: `a ${typeof value}` })
    default:
      return value
  }
}

function encodedObject(value: object): unknown {
  if (Array.isArray(value)) return encodedArray(value)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) return encodedFields(value)
  if (prototype === null) return { [tag]: ['bare', encodedEntries(value)] }
  if (value instanceof Date) return { [tag]: ['date', Number.isNaN(value.getTime()) ? null : value.getTime()] }
  if (value instanceof Map) return { [tag]: ['map', Array.from(value, pair => pair.map(encoded))] }
  if (value instanceof Set) return { [tag]: ['set', Array.from(value, encoded)] }
  const name = bytesNames.get(prototype)
  if (name !== undefined) return { [tag]: ['bytes', name, bufferOf(value).toString('base64')] }
  if (value instanceof Error && errorNames.has(prototype)) return { [tag]: ['error', ...encodedError(value)] }
  throw new ValueError('a value', { path: '', found: nameOf(prototype) })
}

function encodedArray(value: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let place = 0; place < value.length; place++) {
    const inner = value[place]
    const made = inner === undefined && !(place in value) ? { [tag]: 'hole' } : encoded(inner)
    if (made !== inner) (copy ??= [...value])[place] = made
  }
  return copy ?? value
}

function encodedFields(value: object): unknown {
  const fields = fieldsOf(value)
  if (Object.hasOwn(value, tag) || Object.hasOwn(value, '__proto__'))
    return { [tag]: ['object', encodedEntries(value)] }
  let copy: Record<string, unknown> | undefined
  for (const key in fields) {
    const inner = fields[key]
    const made = encoded(inner)
    if (made !== inner) (copy ??= { ...value })[key] = made
  }
  return copy ?? value
}

function encodedEntries(value: object): readonly unknown[] {
  return Object.entries(value).map(([key, inner]: [string, unknown]) => [key, encoded(inner)])
}

function encodedError(error: Error): readonly unknown[] {
  const hidden = hiddenInErrors.filter(key => Object.hasOwn(error, key) && !Object.keys(error).includes(key))
  const kept = Object.fromEntries(hidden.map(key => [key, error[key]]))
  return [errorNames.get(Object.getPrototypeOf(error)), error.message, encoded(kept), encoded(Object.entries(error))]
}

const hiddenInErrors = ['stack', 'name', 'cause'] as const

function bufferOf(value: object): Buffer {
  if (value instanceof ArrayBuffer) return Buffer.from(value)
  return ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.of()
}

/** Reads back what `encoded` made. Does not change its argument. @throws ValueFormatError */
export function decoded(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) return decodedArray(json)
  if (Object.hasOwn(json, tag)) return decodedTag(fieldsOf(json)[tag])
  const fields = fieldsOf(json)
  let copy: Record<string, unknown> | undefined
  for (const key in fields) {
    const inner = fields[key]
    const made = decoded(inner)
    if (made !== inner) (copy ??= { ...json })[key] = made
  }
  return copy ?? json
}

function decodedArray(json: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined
  for (const [place, inner] of json.entries()) {
    const made = decoded(inner)
    if (made === inner) continue
    copy ??= [...json]
    if (isHole(inner)) delete copy[place]
    else copy[place] = made
  }
  return copy ?? json
}

function isHole(json: unknown): boolean {
  return typeof json === 'object' && json !== null && fieldsOf(json)[tag] === 'hole'
}

const words: Readonly<Record<string, unknown>> = {
  undefined,
  hole: undefined,
  '-0': -0,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

function decodedTag(tagged: unknown): unknown {
  if (typeof tagged === 'string' && Object.hasOwn(words, tagged)) return words[tagged]
  const [kind, given, more, ...rest]: readonly unknown[] = Array.isArray(tagged) ? tagged : []
  if (kind === 'bigint' && typeof given === 'string' && /^-?\d+$/.test(given)) return BigInt(given)
  if (kind === 'date' && (typeof given === 'number' || given === null)) return new Date(given ?? Number.NaN)
  if (kind === 'map') return new Map(pairsOf(given))
  if (kind === 'set' && Array.isArray(given)) return new Set(given.map(decoded))
  if (kind === 'object') return withFields({}, pairsOf(given))
  if (kind === 'bare') return withFields(Object.create(null), pairsOf(given))
  if (kind === 'bytes') return decodedBytes(given, more)
  if (kind === 'error') return decodedError(given, more, rest)
  throw new ValueFormatError(kind)
}

function pairsOf(json: unknown): readonly (readonly [unknown, unknown])[] {
  if (!Array.isArray(json)) throw new ValueFormatError(json)
  return json.map((pair: unknown) => {
    if (!Array.isArray(pair)) throw new ValueFormatError(pair)
    return [decoded(pair[0]), decoded(pair[1])] as const
  })
}

// Defines the fields, because an assignment to `__proto__` would set no field.
export function withFields(object: object, fields: readonly (readonly [unknown, unknown])[]): object {
  for (const [key, value] of fields)
    Object.defineProperty(object, String(key), { value, writable: true, enumerable: true, configurable: true })
  return object
}

function decodedBytes(name: unknown, base64: unknown): unknown {
  const buffer = Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64')
  // A small buffer is part of Node's pool, beside other buffers.
  const { buffer: whole } = new Uint8Array(buffer)
  if (name === 'Buffer') return Buffer.from(whole)
  if (name === 'ArrayBuffer') return whole
  const made = Object.entries(bytes).find(([known]) => known === name)?.[1]
  if (!made) throw new ValueFormatError(name)
  return new made(whole)
}

function decodedError(name: unknown, message: unknown, [kept, fields]: readonly unknown[]): Error {
  const made = Object.entries(errors).find(([known]) => known === name)?.[1]
  if (!made) throw new ValueFormatError(name)
  const error = new made(String(message))
  const hidden = decoded(kept)
  for (const [key, value] of Object.entries(typeof hidden === 'object' && hidden !== null ? hidden : {}))
    Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true })
  withFields(error, pairsOf(fields))
  return error
}

/** Troupe did not write what a journal holds in the place of a value. */
export class ValueFormatError extends TroupeError {
  readonly code = 'VALUE_FORMAT'
  constructor(kind: unknown) {
    super(
      `The journal holds a value of the kind ${JSON.stringify(kind) ?? typeof kind}, which this version does not know. Run the version that wrote it, or restore the journal from a backup.`,
    )
  }
}
