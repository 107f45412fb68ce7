import { isDeepStrictEqual, types } from 'node:util'
import { TroupeError } from '../errors.ts'

/** What of a value cannot be kept, and where it stands. */
export interface ValueFault {
  /** Such as `orders.0.total`; empty for the value itself. */
  readonly path: string
  /** Such as `a function`. */
  readonly found: string
}

/** Tells objects that a value may hold although they are no data, such as the actors that a machine remembers. */
export type Allowed = (object: object) => boolean

/** A value may have so many levels: the JSON functions of engines fail at some thousands. */
export const mostLevels = 1_000
/** How many levels more what JSON has no word for takes there. */
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
 * What keeps a value from coming back from a journal as it was. A value may hold JSON, `undefined`, numbers of every kind,
 * bigints, dates, maps, sets, typed arrays, buffers and JavaScript's own errors, in plain objects and arrays of at most 1,000
 * levels; a level of what JSON has no word for counts as four.
 *
 * @param before a value that was checked: parts that both have are not looked at again
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
  // A circle has no last level, so it ends here too.
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
  // A long one is compared with its places alone, because to list its names would list these too.
  if (value.length > fewPlaces && isDeepStrictEqual(value, value.slice())) return faultInHidden(value)
  // Such as what a match of a regular expression has beside its places. Names come after places.
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

/** What a loop over the keys does not show, but JSON would lose or ask. */
function faultInHidden(value: object): Fault | undefined {
  const [symbol] = Object.getOwnPropertySymbols(value)
  if (symbol) return { path: [String(symbol)], found: 'a symbol as a key' }
  return typeof fieldsOf(value)['toJSON'] === 'function' ? { path: ['toJSON'], found: 'a function' } : undefined
}

/** Plain data in the place of which XState saves an actor's id, or puts an actor when it is restored. */
function looksLikeActor(fields: Readonly<Record<string, unknown>>, allowed: Allowed | undefined): boolean {
  if ('sessionId' in fields && 'send' in fields && 'ref' in fields) return true
  return fields['xstate$$type'] === 1 && !allowed?.(fields)
}

/** In a date, a map or a set, of which only what they are made of is kept. */
function faultInNames(value: object): Fault | undefined {
  const [name] = [...Object.keys(value), ...Object.getOwnPropertySymbols(value)]
  return name === undefined ? undefined : { path: [String(name)], found: 'a field of its own' }
}

function faultInBytes(value: object): Fault | undefined {
  if (types.isArrayBuffer(value) && !value.detached) return faultInNames(value)
  // Compared with the same bytes seen anew: to list the names in a typed array would list all its places.
  if (types.isTypedArray(value) && !isDetached(value.buffer) && isDeepStrictEqual(value, value.subarray()))
    return undefined
  return { path: [], found: 'bytes that are detached or a proxy, or that have a field of their own' }
}

function isDetached(buffer: ArrayBufferLike): boolean {
  return 'detached' in buffer && buffer.detached
}

/** Some fields of an error are hidden, and kept all the same. */
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

/** In a map or a set, which may have changed although it is the same one. */
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

// An object without prototype of its own class is read by its names.
export function fieldsOf(object: object): Readonly<Record<string, unknown>> {
  return object as Readonly<Record<string, unknown>>
}

export function nameOf(prototype: unknown): string {
  const named: unknown = typeof prototype === 'object' && prototype !== null ? prototype.constructor : undefined
  return typeof named === 'function' && named.name !== '' ? `an instance of ${named.name}` : 'an instance of a class'
}

/** Something holds what would not come back from a journal as it was. */
export class ValueError extends TroupeError {
  readonly code = 'VALUE'
  /** Such as `the context of "venue"`. */
  readonly what: string
  /** Where in it, such as `orders.0.total`; empty for all of it. */
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
