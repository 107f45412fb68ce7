import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { copyOf } from '../../src/values/copy.ts'
import { decoded, encoded } from '../../src/values/json.ts'
import { checkValue, faultIn } from '../../src/values/value.ts'
import { deep, keptValue, refusedValue } from '../support/values.ts'

const throughJson = (value: unknown) => decoded(JSON.parse(JSON.stringify(encoded(value))))

describe('a value that a journal keeps', () => {
  test('comes back equal', () => {
    fc.assert(
      fc.property(keptValue, value => deepStrictEqual(throughJson(value), value)),
      { numRuns: 1_000 },
    )
  })

  test('is found to be without fault', () => {
    fc.assert(
      fc.property(keptValue, value => faultIn(value) === undefined),
      { numRuns: 1_000 },
    )
  })

  test.each([
    ['1,000 objects', deep(1_000)],
    ['1,000 arrays', deep(1_000, inner => [inner])],
    ['250 maps', deep(250, inner => new Map([[1, inner]]))],
    ['250 objects without a prototype', deep(250, inner => Object.assign(Object.create(null), { inner }))],
    ['250 objects with a $', deep(250, inner => ({ $: inner }))],
    ['250 errors', deep(250, inner => new Error('x', { cause: inner }))],
  ])('may have %s in each other', (_, value) => {
    expect(faultIn(value)).toBeUndefined()
    deepStrictEqual(throughJson(value), value)
  })

  test('is JSON as it is where JSON has words for all of it', () => {
    const plain = { orders: [{ total: 12, tags: ['a'], note: null }], open: true }
    expect(encoded(plain)).toBe(plain)
    expect(decoded(plain)).toBe(plain)
  })

  test('may have fields that look like the words of the format', () => {
    const value = { $: ['date', 0], inner: { $: 'undefined', ['__proto__']: 1 } }
    deepStrictEqual(throughJson(value), value)
  })

  test.each([
    ['an empty place in an array', Object.assign([1], { length: 3, 2: 3 })],
    ['a field that is undefined', { a: undefined }],
    ['a field named __proto__', JSON.parse('{"__proto__":{"x":1},"a":1}')],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1n })],
    ['a date that is none', new Date(Number.NaN)],
    ['a map of maps', new Map([[new Date(0), new Map([[1n, Number.NaN]])]])],
    ['part of a buffer', new Uint16Array(new Uint8Array([1, 2, 3, 4, 5, 6]).buffer, 2, 2)],
    ['an error with a code and a cause', Object.assign(new RangeError('far', { cause: [1n] }), { code: 'E' })],
    ['an error with a name of its own', Object.defineProperty(new Error('x'), 'name', { value: 'Mine' })],
    ['an error with a cause that everybody sees', Object.assign(new Error('x'), { cause: 1 })],
    ['half of a surrogate pair', '\ud83d'],
  ])('%s comes back', (_, value) => {
    deepStrictEqual(throughJson(value), value)
    expect(faultIn(value)).toBeUndefined()
  })
})

describe('a value that no journal can give back', () => {
  test('is found at the place where it stands', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 }), refusedValue, (path, refused) => {
        const value = path.reduceRight<unknown>((inner, key) => ({ kept: 1, [key]: inner }), refused.value)
        expect(faultIn(value)).toMatchObject({ found: expect.stringMatching(refused.found) })
        expect(faultIn(value)?.path.startsWith(path.join('.'))).toBe(true)
      }),
    )
  })

  test.each([
    ['an actor', { chat: { sessionId: 's1', send: 'email', ref: 'order-7' } }],
    ['a saved actor', { chat: { xstate$$type: 1, id: 'kid' } }],
  ])('is data that XState takes for %s', (_, value) => {
    expect(faultIn(value)).toEqual({ path: 'chat', found: 'what XState takes for an actor' })
  })

  test('is told with what holds it, where it stands and what to do', () => {
    expect(() => checkValue('the context of "venue"', { orders: [{ total: () => 1 }] })).toThrow(
      'The context of "venue" holds a function at "orders.0.total", which a journal cannot give back as it was. Keep plain data: JSON, dates, maps, sets, bigints, typed arrays.',
    )
  })

  test('is not looked for again in parts that were checked', () => {
    let looked = 0
    const part = new Proxy({ a: 1 }, { ownKeys: target => (looked++, Reflect.ownKeys(target)) })
    const before = { part, n: 1 }
    expect(faultIn(before)).toBeUndefined()
    const first = looked
    expect(faultIn({ part, n: 2 }, before)).toBeUndefined()
    expect(looked).toBe(first)
  })
})

test('a buffer that comes back shares its memory with nothing else', () => {
  const [one] = throughJson([Buffer.from('one'), Buffer.from('other')]) as readonly Buffer[]
  expect(one?.buffer.byteLength).toBe(3)
})

describe('a copy that is handed out', () => {
  test('is equal, and nothing of it is shared', () => {
    fc.assert(
      fc.property(keptValue, value => {
        const copy = copyOf(value)
        deepStrictEqual(copy, value)
        if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value)
      }),
    )
  })

  test('of an error shares nothing that is in it', () => {
    const [cause, more] = [{ code: 1 }, { lines: ['one'] }]
    const error = Object.assign(new Error('no', { cause }), { more })
    const copy = copyOf(error) as typeof error
    deepStrictEqual(copy, error)
    expect(copy.cause).not.toBe(cause)
    expect(copy.more.lines).not.toBe(more.lines)
  })

  test('has plain parts that nobody can change', () => {
    const copy = copyOf({ list: [{ n: 1 }] }) as { list: { n: number }[] }
    expect(Object.isFrozen(copy.list[0])).toBe(true)
  })
})
