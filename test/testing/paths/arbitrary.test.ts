import * as fc from 'fast-check'
import { defineEvent, type EventDefinition, runtimeEvents } from 'troupe'
import * as agents from 'troupe/agents'
import * as sources from 'troupe/events'
import { ArbitraryError, eventsOf, inputsOf, outputsOf } from 'troupe/testing/paths'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { definitionsIn } from '../../support/definitions.ts'

const some = <T>(values: fc.Arbitrary<T>, numRuns = 200): T[] => fc.sample(values, { numRuns, seed: 7 })

interface Tree {
  readonly name: string
  readonly left?: Tree | undefined
  readonly kids: readonly Tree[]
}
const tree: z.ZodType<Tree, Tree> = z.lazy(() =>
  z.object({ name: z.string().max(5), left: tree.optional(), kids: z.array(tree) }),
)

const schemas: Readonly<Record<string, z.ZodType>> = {
  'an object': z.object({ a: z.string(), b: z.int(), c: z.boolean(), d: z.null() }),
  'a strict object': z.strictObject({ a: z.string() }),
  'a loose object': z.looseObject({ a: z.string() }),
  'an object with other fields': z.object({ a: z.string() }).catchall(z.int()),
  optional: z.object({ a: z.string().optional(), b: z.int().nullish() }),
  'a default': z.object({ a: z.string().default('x'), b: z.array(z.int()).default([]) }),
  nullable: z.int().nullable(),
  'a union': z.union([z.string(), z.int(), z.object({ a: z.int() })]),
  'a discriminated union': z.discriminatedUnion('type', [
    z.object({ type: z.literal('a'), a: z.string() }),
    z.object({ type: z.literal('b'), b: z.int() }),
  ]),
  'an intersection': z.intersection(z.object({ a: z.string() }), z.object({ b: z.int() })),
  'an enum': z.enum(['a', 'b', 'c']),
  literals: z.literal([1, 'a', null, true]),
  'a range of whole numbers': z.int().min(-3).max(4),
  'a range of numbers': z.number().gt(0).lt(1),
  'positive numbers': z.number().positive(),
  'multiples above a number': z.number().multipleOf(5).gt(3),
  'texts of a length': z.string().min(3).max(5),
  'texts with a pattern': z.string().regex(/^[a-z]{2}-\d+$/),
  'texts with several patterns': z.string().startsWith('ab').endsWith('yz').includes('m'),
  'texts with a pattern of Unicode': z.string().regex(/[^\s\p{Cf}\p{Cc}]/u),
  'a template': z.templateLiteral(['a-', z.int(), z.enum(['x', 'y'])]),
  'an email': z.email(),
  'a URL': z.url(),
  'a UUID': z.uuid(),
  'a ULID': z.ulid(),
  'a date and time': z.iso.datetime(),
  'a day': z.iso.date(),
  'a time of day': z.iso.time(),
  'a duration': z.iso.duration(),
  'an IPv4': z.ipv4(),
  'an IPv6': z.ipv6(),
  base64: z.base64(),
  'an array of a length': z.array(z.int()).min(2).max(3),
  'a tuple': z.tuple([z.string(), z.int()]),
  'a tuple with more': z.tuple([z.string()], z.int()),
  'a record': z.record(z.string(), z.int()),
  'a record of some names': z.record(z.enum(['a', 'b']), z.int()),
  'a partial record': z.partialRecord(z.enum(['a', 'b']), z.int()),
  'a record with a pattern': z.record(z.string().regex(/^x\d$/), z.int()),
  'a refinement': z.object({ min: z.int(), max: z.int() }).refine(({ min, max }) => min <= max),
  'a transform': z.string().transform(text => text.length),
  'a pipe': z
    .string()
    .transform(text => text.length)
    .pipe(z.int()),
  'a schema of itself': tree,
  'any JSON': z.json(),
  anything: z.unknown(),
}

describe('inputsOf', () => {
  it.each(Object.entries(schemas))('gives inputs of %s, not all the same, that JSON can carry', (_, schema) => {
    const values = some(inputsOf(schema))
    for (const value of values) {
      expect(schema.safeParse(value).success).toBe(true)
      expect(JSON.parse(JSON.stringify(value))).toEqual(value)
    }
    expect(new Set(values.map(value => JSON.stringify(value))).size).toBeGreaterThan(1)
  })

  it('gives each choice of unions, enums, literals, optional and nullable values', () => {
    const schema = z.object({
      choice: z.union([z.literal('a'), z.literal('b'), z.int()]),
      word: z.enum(['x', 'y', 'z']),
      maybe: z.literal(1).nullish(),
    })
    const values = some(inputsOf(schema))
    expect(new Set(values.map(({ choice }) => (typeof choice === 'number' ? 'number' : choice)))).toEqual(
      new Set(['a', 'b', 'number']),
    )
    expect(new Set(values.map(({ word }) => word))).toEqual(new Set(['x', 'y', 'z']))
    expect(new Set(values.map(value => ('maybe' in value ? value.maybe : 'none')))).toEqual(new Set([1, null, 'none']))
  })

  it('ends for schemas that hold themselves', () => {
    const depthOf = ({ left, kids }: Tree): number =>
      1 + Math.max(0, ...[...kids, ...(left ? [left] : [])].map(one => depthOf(one)))
    const depths = some(inputsOf(tree), 1_000).map(depthOf)
    expect(Math.max(...depths)).toBeGreaterThan(1)
    expect(Math.max(...depths)).toBeLessThan(12)
  })

  it('shrinks to small values', () => {
    const found = fc.check(
      fc.property(inputsOf(z.array(z.int().min(0))), all => all.length < 3),
      { seed: 7 },
    )
    expect(found.counterexample).toEqual([[0, 0, 0]])
  })

  it.each([
    ['dates', z.date(), 'it has values that are not JSON'],
    ['maps', z.object({ a: z.map(z.string(), z.int()) }), 'it has values that are not JSON'],
    ['values of its own', z.custom(() => true), 'it has values that are not JSON'],
    ['nothing', z.object({ a: z.never() }), 'it allows nothing'],
    ['an empty range', z.int().min(5).max(4), 'there is none'],
  ])('refuses a schema of %s', (_, schema, why) => {
    expect(() => inputsOf(schema)).toThrow(ArbitraryError)
    expect(() => inputsOf(schema)).toThrow(why)
  })

  it('gives up on checks that nothing passes, and on asynchronous ones', () => {
    expect(() => some(inputsOf(z.int().refine(() => false)))).toThrow(
      'none of 10000 values in a row passes its checks. Give values of your own',
    )
    expect(() => some(inputsOf(z.string().regex(/(?!)/)))).toThrow(ArbitraryError)
    expect(() => some(inputsOf(z.int().refine(async () => true)))).toThrow('its checks throw, or are asynchronous')
  })
})

describe('outputsOf', () => {
  it('gives what the schema makes of its inputs', () => {
    const word: z.ZodType<string> = z.enum(['given', 'filled in'])
    const schema = z.object({ a: word.default('filled in'), b: z.string().transform(text => text.length) })
    const values = some(outputsOf(schema))
    expect(values.filter(({ a }) => a === 'filled in').length).toBeGreaterThan(values.length / 3)
    expect(values.map(({ a }) => a)).toContain('given')
    expect(values.every(({ b }) => typeof b === 'number')).toBe(true)
  })
})

describe('eventsOf', () => {
  const isEvent = (one: unknown): one is EventDefinition =>
    typeof one === 'function' && 'type' in one && 'schema' in one
  const all = [...runtimeEvents, ...definitionsIn(agents), ...definitionsIn(sources)].filter(isEvent)

  it('gives events of each definition in the house', () => {
    expect(all.length).toBeGreaterThan(50)
    for (const definition of all)
      for (const event of some(eventsOf(definition), 10)) expect(event.type).toBe(definition.type)
  })

  it('knows the types of payloads', () => {
    const ordered = defineEvent('cake.ordered', z.object({ tiers: z.int().min(1).max(3) }))
    const tiers: number[] = some(eventsOf(ordered)).map(({ data }) => data.tiers)
    expect(new Set(tiers)).toEqual(new Set([1, 2, 3]))
  })
})
