import { isDeepStrictEqual, types } from 'node:util'
import { TroupeError } from '../errors.ts'

/** The first part of a value that a journal cannot keep, and where it is. */
export interface ValueFault {
  /** Path such as `orders.0.total`; empty for the value itself. */
  readonly path: string
  /** Such as `a function`. */
  readonly found: string
}

/** Whether a value may hold this object although it is not data, such as an actor that a machine remembers. */
export type Allowed = (object: object) => boolean

/** Most levels of a value: the JSON functions of engines fail at some thousands. */
export const mostLevels = 1_000
/** A value that is not plain JSON takes this many more levels when it is encoded. */
const moreLevels = 3

export const bytes = {
  ArrayBuffer,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
}
export const errors = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }

export const bytesNames = namesOf({ ...bytes, Buffer })
export const errorNames = namesOf(errors)
const imitated = new Set<unknown>([Date.prototype, Map.prototype, Set.prototype, ...errorNames.keys()])

function namesOf(classes: Readonly<Record<string, { readonly prototype: object }>>): ReadonlyMap<unknown, string> {
  return new Map(Object.entries(classes).map(([name, { prototype }]) => [prototype, name]))
}

/**
 * The first part of a value that a journal could not give back as it was; `undefined` if it can keep all of it. A value may hold
 * JSON, `undefined`, numbers of every kind, bigints, dates, maps, sets, typed arrays, buffers and JavaScript's own errors, in
 * plain objects and arrays of at most 1,000 levels; a level that is not plain JSON counts as four.
 *
 * @param before a value that was checked already: parts that both values share are not checked again
 */
export function faultIn(value: unknown, before?: unknown, allowed?: Allowed): ValueFault | undefined {
  const fault = faultOf(value, before, allowed, 0)
  return fault && { path: fault.path.toReversed().join('.'), found: fault.found }
}

/** @throws ValueError naming the first part of the value that cannot be kept */
export function checkValue(what: string, value: unknown, before?: unknown, allowed?: Allowed): void {
  const fault = faultIn(value, before, allowed)
  if (fault) throw new ValueError(what, fault)
}

interface Fault {
  /** The innermost key first. */
  readonly path: string[]
  readonly found: string
}

function faultOf(value: unknown, before: unknown, allowed: Allowed | undefined, level: number): Fault | undefined {
  if (typeof value === 'function') return { path: [], found: 'a function' }
  if (typeof value === 'symbol') return { path: [], found: 'a symbol' }
  if (typeof value !== 'object' || value === null || value === before) return undefined
  // A circle has no last level, so it is found here too.
  if (level > mostLevels) return { path: [], found: `a circle, or more than ${mostLevels} levels` }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Array.prototype && Array.isArray(value)) return faultInArray(value, before, allowed, level)
  if (prototype === Object.prototype || prototype === null)
    return faultInFields(value, before, allowed, '$' in value || prototype === null ? level + moreLevels : level)
  if (prototype === Date.prototype && types.isDate(value)) return faultInNames(value)
  if (prototype === Map.prototype && types.isMap(value))
    return faultInEach(value.entries(), level + moreLevels) ?? faultInNames(value)
  if (prototype === Set.prototype && types.isSet(value))
    return faultInEach(value.entries(), level + moreLevels) ?? faultInNames(value)
  if (bytesNames.has(prototype)) return faultInBytes(value)
  if (errorNames.has(prototype) && types.isNativeError(value)) return faultInError(value, level + moreLevels)
  if (allowed?.(value)) return undefined
  return {
    path: [],
    found: imitated.has(prototype) ? `a proxy, or what only looks like ${nameOf(prototype)}` : nameOf(prototype),
  }
}

const fewPlaces = 8

function faultInArray(value: readonly unknown[], before: unknown, allowed: Allowed | undefined, level: number) {
  const earlier: readonly unknown[] = Array.isArray(before) ? before : []
  for (let place = 0; place < value.length; place++) {
    const fault = faultAt(`${place}`, value[place], earlier[place], level, allowed)
    if (fault) return fault
  }
  // A long array is compared with a copy of its elements, because listing its keys would list all its indices.
  if (value.length > fewPlaces && isDeepStrictEqual(value, value.slice())) return faultInHidden(value)
  // An array may have named fields too, as the match of a regular expression has. Names come after indices.
  const last = Object.keys(value).at(-1)
  if (last !== undefined && !isPlaceIn(value, last)) return { path: [last], found: 'a name in an array' }
  return faultInHidden(value)
}

function isPlaceIn({ length }: readonly unknown[], key: string): boolean {
  const place = Number(key) >>> 0
  return place < length && `${place}` === key
}

function faultInFields(value: object, before: unknown, allowed: Allowed | undefined, level: number) {
  const fields = fieldsOf(value)
  const earlier = typeof before === 'object' && before !== null ? fieldsOf(before) : undefined
  for (const key in fields) {
    const fault = faultAt(key, fields[key], earlier?.[key], level, allowed)
    if (fault) return fault
  }
  if (level > 0 && looksLikeActor(fields, allowed)) return { path: [], found: 'what XState takes for an actor' }
  return faultInHidden(value)
}

/** Finds what a loop over the keys does not show: fields that JSON would lose, and `toJSON`, which JSON would call. */
function faultInHidden(value: object): Fault | undefined {
  const [symbol] = Object.getOwnPropertySymbols(value)
  if (symbol) return { path: [String(symbol)], found: 'a symbol as a key' }
  return typeof fieldsOf(value)['toJSON'] === 'function' ? { path: ['toJSON'], found: 'a function' } : undefined
}

/** Whether XState would take this plain object for an actor: it would save an id in its place, or restore an actor there. */
function looksLikeActor(fields: Readonly<Record<string, unknown>>, allowed: Allowed | undefined): boolean {
  if ('sessionId' in fields && 'send' in fields && 'ref' in fields) return true
  return fields['xstate$$type'] === 1 && !allowed?.(fields)
}

/** Finds a named field of a date, a map or a set: a journal keeps only their time or entries. */
function faultInNames(value: object): Fault | undefined {
  const [name] = [...Object.keys(value), ...Object.getOwnPropertySymbols(value)]
  return name === undefined ? undefined : { path: [String(name)], found: 'a field of its own' }
}

function faultInBytes(value: object): Fault | undefined {
  if (types.isArrayBuffer(value) && !value.detached) return faultInNames(value)
  // A typed array is compared with a new view of the same bytes, because listing its keys would list all its indices.
  if (types.isTypedArray(value) && !isDetached(value.buffer) && isDeepStrictEqual(value, value.subarray()))
    return undefined
  return { path: [], found: 'bytes that are detached or a proxy, or that have a field of their own' }
}

function isDetached(buffer: ArrayBufferLike): boolean {
  return 'detached' in buffer && buffer.detached
}

/** Some fields of an error are not enumerable, and are kept too. */
function faultInError(error: Error, level: number): Fault | undefined {
  const { message } = fieldsOf(error)
  if (typeof message !== 'string') return { path: ['message'], found: 'what is no text' }
  return (
    faultInFields(error, undefined, undefined, level) ??
    faultAt('name', error.name, undefined, level) ??
    faultAt('stack', error.stack, undefined, level) ??
    faultAt('cause', error.cause, undefined, level)
  )
}

/** Checks the entries of a map or a set. The same object may have other entries than before. */
function faultInEach(pairs: Iterable<readonly [unknown, unknown]>, level: number): Fault | undefined {
  let place = 0
  for (const [key, inner] of pairs) {
    const name = `<${place++}>`
    const fault =
      faultAt(name, key, undefined, level) ?? (key === inner ? undefined : faultAt(name, inner, undefined, level))
    if (fault) return fault
  }
  return undefined
}

function faultAt(key: string, value: unknown, before: unknown, level: number, allowed?: Allowed): Fault | undefined {
  if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') return undefined
  const fault = faultOf(value, before, allowed, level + 1)
  fault?.path.push(key)
  return fault
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Whether a value has more than so many levels. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (!isObject(value)) return false
  if (levels === 0) return true
  for (const inner of Object.values(value)) if (isDeeper(inner, levels - 1)) return true
  return false
}

/** Reads an object by its field names. */
export function fieldsOf(object: object): Readonly<Record<string, unknown>> {
  return object as Readonly<Record<string, unknown>>
}

export function nameOf(prototype: unknown): string {
  const named: unknown = typeof prototype === 'object' && prototype !== null ? prototype.constructor : undefined
  return typeof named === 'function' && named.name !== '' ? `an instance of ${named.name}` : 'an instance of a class'
}

/** A value has a part that a journal could not give back as it was. */
export class ValueError extends TroupeError {
  readonly code = 'VALUE'
  /** Such as `the context of "venue"`. */
  readonly what: string
  /** Where in the value, such as `orders.0.total`; empty for the value itself. */
  readonly path: string
  /** Such as `a function`. */
  readonly found: string
  constructor(what: string, { path, found }: ValueFault) {
    super(
      `${what.charAt(0).toUpperCase()}${what.slice(1)} holds ${found}${path === '' ? '' : ` at "${path}"`}, which a journal cannot give back as it was. Keep plain data: JSON, dates, maps, sets, bigints, typed arrays.`,
    )
    this.what = what
    this.path = path
    this.found = found
  }
}
