import { defineEvent, defineRequest, type EventOf } from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { dogAgent, petsParty } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const listed = defineEvent('pets.listed', z.object({ names: z.array(z.object({ name: z.string() })) }))
const noted = defineEvent('pets.noted', z.object({ note: z.unknown() }), { persist: false })
const word = defineEvent('pets.word', z.object({ word: z.string() }))

const list = z.object({ v: z.array(z.number().optional()).optional() })
const sums = defineEvent('pets.sums', list)
const open = defineEvent('pets.open', z.object({ v: z.unknown() }))

describe('a payload', () => {
  it('has no fields that are undefined, and no -0: JSON would lose both', () => {
    expect(Object.keys(sums({ v: undefined }).data)).toEqual([])
    expect(Object.keys(open({ v: { a: undefined, b: 1 } }).data.v ?? {})).toEqual(['b'])
    expect(Object.is(sums({ v: [-0] }).data.v?.[0], 0)).toBe(true)
    expect(Object.is(open({ v: -0 }).data.v, 0)).toBe(true)
  })

  it.each<[string, (data: never) => unknown, unknown, string]>([
    ['undefined in an array', sums, { v: [1, undefined] }, 'v.1'],
    ['undefined in an array that the schema leaves open', open, { v: { l: [undefined] } }, 'v.l.0'],
    ['an array with holes', open, { v: Object.assign([], { length: 2 }) }, 'v'],
    ['an array with a name', open, { v: Object.assign([1], { extra: 2 }) }, 'v'],
    ['a symbol as a key', open, { v: { [Symbol('x')]: 1 } }, 'v'],
    ['a proxy, which cannot be copied', open, { v: new Proxy({ a: 1 }, {}) }, ''],
  ])('is refused with the path of %s', (_, define, data, field) => {
    expect(() => define(data as never)).toThrow(
      expect.objectContaining({ code: 'EVENT_PAYLOAD', issues: [expect.objectContaining({ field })] }),
    )
  })
})

/** A schema of one field, which gives what its own type does not say. */
const giving = (v: z.ZodType) => defineEvent('pets.giving', z.object({ v }))

describe('a payload that JSON would change', () => {
  it.each<[string, z.ZodType, unknown]>([
    ['an infinite default', z.number().default(Number.POSITIVE_INFINITY), undefined],
    ['a default that is no number', z.number().default(Number.NaN), undefined],
    ['a date by default', z.string().default(() => new Date(0) as never), undefined],
    ['an infinite number in the place of a wrong one', z.number().catch(Number.POSITIVE_INFINITY), 'x'],
    ['a map that a text becomes', z.string().overwrite(() => new Map() as never), 'x'],
    ['a number that becomes infinite', z.number().overwrite(n => 1 / n), 0],
    ['a literal that is infinite', z.literal(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY],
    ['a bigint that is called a text', z.any().meta({ type: 'string' }), 5n],
    ['a file', z.file(), new File(['x'], 'a.txt')],
  ])('is refused: %s', (_, schema, v) => {
    expect(() => giving(schema)({ v })).toThrow(
      expect.objectContaining({ code: 'EVENT_PAYLOAD', issues: [expect.objectContaining({ field: 'v' })] }),
    )
  })

  it.each([new Date(0), 5n])('is refused where it answers differently when it is copied: %s', second => {
    let reads = 0
    const v = {
      get x() {
        return reads++ > 0 ? second : 1
      },
    }
    expect(() => open({ v })).toThrow(
      expect.objectContaining({ code: 'EVENT_PAYLOAD', issues: [expect.objectContaining({ field: 'v.x' })] }),
    )
  })
})

describe('an event', () => {
  it('cannot be changed: the line that tries throws', () => {
    const { data } = listed({ names: [{ name: 'Rex' }] })
    expect(() => data.names.push({ name: 'Tom' })).toThrow(TypeError)
    expect(() => Object.assign(data.names[0] ?? {}, { name: 'Tom' })).toThrow(TypeError)
    expect(() => Object.assign(word({ word: 'sit' }).data, { word: 'run' })).toThrow(TypeError)
    expect(() => Object.assign(noted({ note: { deep: { n: 1 } } }).data, { note: 2 })).toThrow(TypeError)
  })

  it('leaves what it was made of to its sender, who may change that', () => {
    const note = { deep: { n: 1 } }
    const names = [{ name: 'Rex' }]
    const events = [noted({ note }), listed({ names })]
    note.deep.n = 2
    names.push({ name: 'Tom' })
    expect(events.map(({ data }) => data)).toEqual([{ note: { deep: { n: 1 } } }, { names: [{ name: 'Rex' }] }])
  })

  it('that is changed by its sender after it was published stays as it was, for all that hear of it later', async () => {
    const { runtime } = await startRuntime({ events: [listed] })
    const data = { names: [{ name: 'Rex' }] }
    const paused = runtime.bus.subscribe(listed, ({ data }) => void heard.push(data.names.length))
    const heard: number[] = []
    paused.pause()
    const published = runtime.bus.publish({ type: 'pets.listed', data })
    data.names.push({ name: 'Tom' })
    await published
    paused.resume()
    expect(heard).toEqual([1])
    expect(runtime.bus.history({ type: 'pets.listed' })).toMatchObject([{ data: { names: [{ name: 'Rex' }] } }])
  })

  it('that a subscriber wants to change stays the same for the others, and the failure is reported', async () => {
    const { runtime } = await startRuntime({ events: [word] })
    const heard: string[] = []
    runtime.bus.subscribe(word, ({ data }) => void Object.assign(data, { word: 'run' }))
    runtime.bus.subscribe(word, ({ data }) => void heard.push(data.word))
    await runtime.bus.publish(word({ word: 'sit' }))
    expect(heard).toEqual(['sit'])
    expect(runtime.bus.metrics().types['pets.word']).toMatchObject({ published: 1, failures: 1 })
  })
})

describe('what the runtime says of itself', () => {
  it('cannot be changed by one subscriber for the next', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const heard: unknown[] = []
    const forge = ({ data }: EventOf) => void Object.assign(Object(data), { address: 'forged', name: 'forged' })
    for (const type of ['agent.started', 'effect.started'] as const) {
      runtime.bus.subscribe(type, forge)
      runtime.bus.subscribe(type, ({ data }) => void heard.push(data))
    }
    await runtime.parties.create({ id: 'p1' })
    await runtime.idle()
    expect(heard).toEqual([{ address: 'party/p1/dog', incarnation: 1 }])
    await runtime.stop()
  })
})

describe('a request', () => {
  it('cannot be changed either', () => {
    const size = defineRequest('pets.size', {
      input: z.object({ of: z.string() }),
      output: z.object({ size: z.int() }),
    })
    expect(() => Object.assign(size.checkInput({ of: 'dog' }), { of: 'cat' })).toThrow(TypeError)
    expect(() => Object.assign(size.checkOutput({ size: 1 }), { size: 2 })).toThrow(TypeError)
  })
})
