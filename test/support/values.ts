import fc from 'fast-check'

const bytes = fc.uint8Array({ maxLength: 16 })
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.constantFrom<unknown>(
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    undefined,
    null,
    true,
    '$',
  ),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  bytes,
  bytes.map(one => Buffer.from(one)),
  bytes.map(one => one.buffer.slice(0)),
  fc.float64Array({ maxLength: 4 }),
  fc.string().map(message => new TypeError(message)),
)
const key = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('$', '__proto__', 'constructor', 'toJSON', 'then'))

/** Any value that a journal can hold. */
export const keptValue: fc.Arbitrary<unknown> = fc.letrec(tie => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.sparseArray(tie('value'), { maxNumElements: 3, maxLength: 6 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: false }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map(pairs => new Map(pairs)),
    fc.array(tie('value'), { maxLength: 3 }).map(members => new Set(members)),
    fc
      .tuple(fc.dictionary(key, tie('value'), { maxKeys: 2, noNullPrototype: true }), tie('value'))
      .map(([fields, cause]) => withOwn(new RangeError('too much', { cause }), fields)),
  ),
})).value

function withOwn(error: Error, fields: object): Error {
  for (const [key, value] of Object.entries(fields))
    Object.defineProperty(error, key, { value, writable: true, enumerable: true, configurable: true })
  return error
}

class Money {
  readonly amount = 5
}

class List extends Array<unknown> {}

const detached = new Uint8Array(8)
structuredClone(detached.buffer, { transfer: [detached.buffer] })

const circle: { self?: unknown } = {}
circle.self = circle

/** A value of so many levels around another. */
export function deep(levels: number, around = (value: unknown): unknown => ({ value }), inner: unknown = 1): unknown {
  let value = inner
  for (let level = 0; level < levels; level++) value = around(value)
  return value
}

/** Values that no journal can hold, each with its text in the error. */
export const refusedValue = fc.constantFrom(
  { value: () => 1, found: 'a function' },
  { value: Symbol('x'), found: 'a symbol' },
  { value: new Money(), found: 'an instance of Money' },
  { value: new (class extends Error {})('x'), found: 'an instance of' },
  { value: /x/, found: 'an instance of RegExp' },
  { value: new URL('http://localhost/'), found: 'an instance of URL' },
  { value: new WeakMap(), found: 'an instance of WeakMap' },
  { value: circle, found: 'a circle' },
  { value: deep(20_000), found: 'a circle, or more than 1000 levels' },
  { value: deep(300, inner => new Map([[1, inner]])), found: 'a circle, or more than 1000 levels' },
  { value: Object.assign([1], { extra: 2 }), found: 'a name in an array' },
  { value: { [Symbol('x')]: 1 }, found: 'a symbol as a key' },
  { value: new Map([['k', () => 1]]), found: 'a function' },
  { value: new Set([new Money()]), found: 'an instance of Money' },
  { value: { toJSON: () => 'changed' }, found: 'a function' },
  { value: Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 'changed' }), found: 'a function' },
  { value: Object.defineProperty([1], 'toJSON', { value: () => 'changed' }), found: 'a function' },
  { value: List.from([1]), found: 'an instance of List' },
  { value: Object.assign([1], { [Symbol('x')]: 2 }), found: 'a symbol as a key' },
  { value: Object.assign([1], { '-1': 2 }), found: 'a name in an array' },
  { value: Object.assign([1], { '': 2 }), found: 'a name in an array' },
  { value: Object.assign([1], { extra: 2, 0.5: 2 }), found: 'a name in an array' },
  { value: Object.assign([1], { length: 2, extra: 2 }), found: 'a name in an array' },
  { value: Object.assign([], { length: 1, [Symbol('hidden')]: 2 }), found: 'a symbol as a key' },
  { value: Object.assign(new Date(0), { zone: 'UTC' }), found: 'a field of its own' },
  { value: Object.assign(new Map(), { label: 'x' }), found: 'a field of its own' },
  { value: Object.assign(new Set(), { label: 'x' }), found: 'a field of its own' },
  { value: Object.assign(new Uint8Array(2), { label: 'x' }), found: 'bytes that' },
  { value: Object.assign(new Error('x'), { message: 5 }), found: 'what is no text' },
  { value: Object.assign(new Error('x'), { stack: circle }), found: 'a circle' },
  { value: Object.assign(new Error('x'), { stack: [new Money()] }), found: 'an instance of Money' },
  { value: Object.defineProperty(new Error('x'), 'name', { value: () => 1 }), found: 'a function' },
  { value: detached, found: 'bytes that' },
  { value: Object.create(Uint8Array.prototype), found: 'bytes that' },
  { value: new Proxy(new Uint8Array(2), {}), found: 'bytes that' },
  { value: new Proxy(new Date(0), {}), found: 'a proxy, or what only looks like an instance of Date' },
  { value: Object.create(Date.prototype), found: 'a proxy, or what only looks like an instance of Date' },
  { value: new Proxy(new Map(), {}), found: 'a proxy, or what only looks like an instance of Map' },
)
