import {
  createRuntime,
  defineCatalog,
  defineEvent,
  EventDefinitionError,
  EventPayloadError,
  EventVersionError,
  UpcastError,
  type Upcasters,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

/** Version 1 had a name, version 2 several, version 3 counts the seats that they need. */
const booked = defineEvent('tables.booked', z.object({ names: z.array(z.string()), seats: z.int().min(1) }), {
  version: 3,
  upcast: {
    1: ({ name }) => ({ names: [name] }),
    2: old => ({ ...old, seats: Array.isArray(old['names']) ? old['names'].length : 1 }),
  },
})
const catalog = defineCatalog([booked])
const type = 'tables.booked'

/** The same event, with these upcasters. */
const withUpcast = (upcast: Upcasters, version = 3) =>
  defineEvent(type, z.object({ seats: z.int().min(1) }), { version, upcast })

describe('an event of an older version', () => {
  it('is lifted step by step to the version that is declared', () => {
    const lifted = { type, data: { names: ['Ada'], seats: 1 } }
    expect(catalog.check({ type, data: { name: 'Ada' }, version: 1 })).toEqual(lifted)
    expect(catalog.check({ type, data: { names: ['Ada'] }, version: 2 })).toEqual(lifted)
    expect(catalog.check({ type, data: { names: ['Ada'], seats: 1 } })).toEqual(lifted)
  })

  it('is lifted too when an older definition made it', () => {
    const old = defineEvent(type, z.object({ name: z.string() }))
    expect(catalog.check(old({ name: 'Ada' }))).toEqual({ type, data: { names: ['Ada'], seats: 1 } })
  })

  it('is lifted when it is published', async () => {
    const runtime = await createRuntime({ events: [booked] }).start()
    const { data, version } = await runtime.bus.publish({ type, data: { name: 'Ada' }, version: 1 })
    expect({ data, version }).toEqual({ data: { names: ['Ada'], seats: 1 }, version: 3 })
    await runtime.stop()
  })

  it('loses the keys that no schema names', () => {
    expect(catalog.check({ type, data: { name: 'Ada', note: 'window' }, version: 1 }).data).toEqual({
      names: ['Ada'],
      seats: 1,
    })
  })

  it('stays as it was in the hands of its sender, whatever an upcaster does', () => {
    const rude = withUpcast({ 1: old => Object.assign(old, { seats: 2 }) }, 2)
    const data = { name: 'Ada', inner: { n: 1 } }
    defineCatalog([rude]).check({ type, data, version: 1 })
    expect(data).toEqual({ name: 'Ada', inner: { n: 1 } })
  })

  it.each([0, 4, 1.5, -1, Number.NaN])('of version %s is refused', version => {
    expect(() => catalog.check({ type, data: { name: 'Ada' }, version })).toThrow(EventVersionError)
  })

  it('is refused when no upcaster begins at its version, and the error says what would help', () => {
    const late = defineCatalog([withUpcast({ 2: old => ({ ...old, seats: 1 }) })])
    expect(late.check({ type, data: {}, version: 2 }).data).toEqual({ seats: 1 })
    expect(() => late.check({ type, data: {}, version: 1 })).toThrow(
      /Send version 3, or declare the upcasters from version 1 on/,
    )
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'Ada'],
    ['a list', ['Ada']],
    ['what JSON cannot carry', { name: () => 'Ada' }],
  ])('with %s for a payload is refused before any upcaster sees it', (_, data) => {
    expect(() => catalog.check({ type, data, version: 1 })).toThrow(EventPayloadError)
  })
})

describe('an upcaster', () => {
  it('that throws is named with its step, and the error keeps what it threw', () => {
    const cause = new Error('no such name')
    const broken = withUpcast({
      1: old => old,
      2: () => {
        throw cause
      },
    })
    const error = thrownBy(() => defineCatalog([broken]).check({ type, data: {}, version: 1 }))
    expect(error).toBeInstanceOf(UpcastError)
    expect(error).toMatchObject({ code: 'EVENT_UPCAST', type, from: 2, to: 3, cause })
    expect(error).toHaveProperty('message', expect.stringContaining('from version 2 to 3: no such name. Fix'))
  })

  it('that gives what the schema refuses is named with the whole way', () => {
    const wrong = withUpcast({ 1: () => ({ seats: 0 }) }, 2)
    expect(thrownBy(() => defineCatalog([wrong]).check({ type, data: {}, version: 1 }))).toMatchObject({
      code: 'EVENT_UPCAST',
      from: 1,
      to: 2,
      cause: { code: 'EVENT_PAYLOAD' },
    })
  })

  it.each([
    ['nothing', () => undefined],
    ['a promise', async () => ({ seats: 1 })],
    ['a list', () => [1]],
  ])('that gives %s to the next one is refused at its own step', (_, upcaster) => {
    const wrong = withUpcast({ 1: upcaster, 2: () => ({ seats: 1 }) })
    expect(thrownBy(() => defineCatalog([wrong]).check({ type, data: {}, version: 1 }))).toMatchObject({
      code: 'EVENT_UPCAST',
      from: 1,
      to: 2,
    })
  })

  it('that gives a promise in the end is refused, however little the schema asks for', () => {
    const late = async () => {
      throw new Error('nobody waits for this')
    }
    const lenient = defineEvent('a.b', z.object({}), { version: 2, upcast: { 1: late } })
    expect(() => defineCatalog([lenient]).check({ type: 'a.b', data: {}, version: 1 })).toThrow(UpcastError)
  })

  it.each<[string, number, Upcasters]>([
    ['version 0', 0, {}],
    ['a version that is no whole number', 1.5, {}],
    ['a version that is no number', Number.NaN, {}],
    ['an upcaster from its own version', 2, { 2: old => old }],
    ['an upcaster from version 0', 2, { 0: old => old }],
    ['an upcaster whose next step is missing', 4, { 1: old => old, 3: old => old }],
  ])('cannot be declared with %s', (_, version, upcast) => {
    expect(() => withUpcast(upcast, version)).toThrow(EventDefinitionError)
  })

  it('has to be a function', () => {
    const options: object = { version: 2, upcast: { 1: 'seats' } }
    expect(() => defineEvent('a.b', z.object({}), options)).toThrow(/upcaster from version 1 is no function/)
  })
})

describe('what a journal gives back', () => {
  const envelope = { type, data: { name: 'Ada' }, version: 1, id: 'e1', seq: 7 }

  it('is lifted with everything else as it was', () => {
    expect(catalog.lifted(envelope)).toEqual({ type, data: { names: ['Ada'], seats: 1 }, version: 3, id: 'e1', seq: 7 })
  })

  it('is the same object when its version is the one that is declared', () => {
    const current = { type, data: { names: [], seats: 1 }, version: 3 }
    expect(catalog.lifted(current)).toBe(current)
  })

  it('is refused when it is newer, or of a type that nobody declares', () => {
    expect(() => catalog.lifted({ ...envelope, version: 4 })).toThrow(EventVersionError)
    expect(thrownBy(() => catalog.lifted({ ...envelope, type: 'tables.lost' }))).toMatchObject({
      code: 'EVENT_UNKNOWN',
    })
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
