import {
  DuplicateEventError,
  defineCatalog,
  defineEvent,
  defineRequest,
  EventDefinitionError,
  EventPayloadError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { startRuntime } from '../support/runtime.ts'
import { deep } from '../support/values.ts'

const priced = defineEvent(
  'shop.priced',
  z.object({ name: z.string(), price: z.number().min(1), sizes: z.array(z.int()) }),
)

describe('an event definition', () => {
  it('makes events of its type with the parsed payload', () => {
    const greeted = defineEvent('people.greeted', z.object({ name: z.string(), loud: z.boolean().default(false) }))
    expect(greeted({ name: 'Ada' })).toEqual({ type: 'people.greeted', data: { name: 'Ada', loud: false } })
  })

  it.each([
    [
      'a field of the wrong type',
      { name: 7, price: 5, sizes: [] },
      { field: 'name', expected: 'string', received: '7' },
    ],
    ['a field that is missing', { price: 5, sizes: [] }, { field: 'name', expected: 'string', received: 'undefined' }],
    [
      'a number too small',
      { name: 'x', price: 0, sizes: [] },
      { field: 'price', expected: 'at least 1', received: '0' },
    ],
    [
      'a field inside a list',
      { name: 'x', price: 1, sizes: [1, 'l'] },
      { field: 'sizes.1', expected: 'number', received: '1 characters' },
    ],
    ['a payload that is none', null, { field: '', expected: 'object', received: 'null' }],
  ])('refuses %s, and says field, expected and received', (_, payload, issue) => {
    const make: (data: never) => unknown = priced
    const error = thrownBy(() => Reflect.apply(make, undefined, [payload]))
    expect(error).toBeInstanceOf(EventPayloadError)
    expect(error).toMatchObject({ code: 'EVENT_PAYLOAD', type: 'shop.priced' })
    expect(error).toHaveProperty('issues.0', issue)
  })

  it('has its schema behind a proxy too, as a spy is one', () => {
    const definition = defineEvent('pets.fed', z.object({ grams: z.int() }))
    expect(new Proxy(definition, {}).schema).toBe(definition.schema)
  })

  it('never repeats the text of a payload in an error', () => {
    const error = thrownBy(() => defineEvent('a.b', z.object({ key: z.string().max(3) }))({ key: 'a secret' }))
    expect(`${error}`).not.toContain('a secret')
    expect(`${error}`).toContain('8 characters')
  })

  it.each([
    ['a date', z.object({ at: z.date() })],
    ['a map', z.object({ all: z.map(z.string(), z.string()) })],
    ['a bigint', z.object({ much: z.bigint() })],
    ['a transform', z.object({ text: z.string().transform(text => text.length) })],
  ])('cannot be declared with %s, which JSON cannot carry', (_, schema) => {
    expect(() => defineEvent('a.b', schema)).toThrow(EventDefinitionError)
  })

  it.each([
    'TOGGLE',
    'user.nextQuestion',
    'NEW_FRIEND.CHANGE',
    'order:create',
    'New Game',
    'todos/add',
    'größe.geändert',
  ])('may have the type "%s", as machines of other people have', async type => {
    const declared = defineEvent(type, z.object({ n: z.int() }))
    const { runtime } = await startRuntime({ events: [declared] })
    const heard: unknown[] = []
    runtime.bus.subscribe(type, ({ data }) => heard.push(data))
    await runtime.bus.publish(declared({ n: 1 }))
    expect(heard).toEqual([{ n: 1 }])
    expect(runtime.bus.history({ type })).toHaveLength(1)
  })

  it.each([
    '',
    '.party',
    'party.',
    'party..added',
    '*',
    'party.*',
    ' party',
    'party  added',
    'a\u001b[31mb',
    'a\nb',
    'xstate.stop',
    'troupe.x',
    'x'.repeat(201),
  ])('cannot have the type "%s"', type => {
    expect(() => defineEvent(type, z.object({}))).toThrow(EventDefinitionError)
  })

  it.each([
    ['a function', () => 1, 'inner.value', 'function'],
    ['a date', new Date(0), 'inner.value', 'Date'],
    ['not-a-number', Number.NaN, 'inner.value', 'number'],
  ])('lets no %s through a schema that allows anything', (_, value, field, received) => {
    const open = defineEvent('a.open', z.object({ inner: z.object({ value: z.unknown() }) }))
    expect(thrownBy(() => open({ inner: { value } }))).toMatchObject({ issues: [{ field, received }] })
  })

  it('keeps a copy of what its schema says nothing about', () => {
    const open = defineEvent('a.open', z.object({ value: z.unknown() }))
    const value = { inner: 1 }
    const event = open({ value })
    value.inner = 2
    expect(event.data).toEqual({ value: { inner: 1 } })
  })

  it.each(['open', 'recursive'])('has at most 1,000 levels where its schema is %s', kind => {
    const list: z.ZodType = z.lazy(() => z.array(list))
    const nested = defineEvent('a.nested', z.object({ value: kind === 'open' ? z.unknown() : list }))
    const inArray = (inner: unknown) => [inner]
    // The payload is a level, and the innermost value here is an array.
    expect(nested({ value: deep(999, inArray, []) }).type).toBe('a.nested')
    for (const levels of [1_000, 2_500, 20_000])
      expect(thrownBy(() => nested({ value: deep(levels, inArray, []) }))).toMatchObject({
        issues: [{ field: '', expected: 'at most 1000 levels' }],
      })
  })

  it('lets no circle of references through a schema that allows anything', () => {
    const open = defineEvent('a.open', z.object({ value: z.unknown() }))
    const circle: { self?: unknown } = {}
    circle.self = circle
    expect(() => open({ value: circle })).toThrow(EventPayloadError)
    expect(open({ value: [{ deep: ['fine', 1, null, true] }] }).data).toEqual({
      value: [{ deep: ['fine', 1, null, true] }],
    })
  })
})

describe('a catalogue', () => {
  const catalog = defineCatalog([priced, defineEvent('shop.closed', z.object({}), { version: 3 })])

  it('says which types exist when one does not', () => {
    expect(thrownBy(() => catalog.check({ type: 'shop.opened', data: {} }))).toMatchObject({
      code: 'EVENT_UNKNOWN',
      type: 'shop.opened',
      known: ['shop.priced', 'shop.closed'],
    })
  })

  it('refuses an event of another version, and says which is declared', () => {
    expect(thrownBy(() => catalog.check({ type: 'shop.closed', data: {}, version: 2 }))).toMatchObject({
      code: 'EVENT_VERSION',
      expected: 3,
      received: 2,
    })
    expect(catalog.check({ type: 'shop.closed', data: {}, version: 3 })).toEqual({ type: 'shop.closed', data: {} })
  })

  it('refuses what another version of a definition made, and parses what another definition of the type made', () => {
    const old = defineEvent('shop.closed', z.object({}), { version: 2 })
    expect(thrownBy(() => catalog.check(old({})))).toMatchObject({ code: 'EVENT_VERSION', expected: 3, received: 2 })
    const twin = defineEvent('shop.priced', z.object({ name: z.string() }))
    expect(() => catalog.check(twin({ name: 'x' }))).toThrow(EventPayloadError)
  })

  it('keeps the type of a reply for its request', () => {
    const open = defineRequest('shop.open', { input: z.object({}), output: z.object({}) })
    expect(() => defineCatalog([open, defineEvent('shop.open.reply', z.object({}))])).toThrow(DuplicateEventError)
  })

  it('parses what no definition has made', () => {
    expect(() => catalog.check({ type: 'shop.priced', data: { name: 'x' } })).toThrow(EventPayloadError)
  })

  it('refuses two definitions of one type', () => {
    expect(() => defineCatalog([priced, defineEvent('shop.priced', z.object({}))])).toThrow(DuplicateEventError)
    expect(defineCatalog([priced, priced]).definitions).toHaveLength(1)
  })
})

function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
