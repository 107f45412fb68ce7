import { defineCatalog, defineEvent, defineRequest, runtimeEvents, schemaUrn } from 'troupe'
import * as agents from 'troupe/agents'
import { aiEvents, pipelineEvents, platformEvents, systemEvents } from 'troupe/events'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { definitionsIn } from '../support/definitions.ts'

const added = defineEvent(
  'party.input.added',
  z.object({ content: z.string().min(1), loud: z.boolean().default(false) }),
  {
    version: 2,
    description: 'Somebody added an input.',
  },
)
const guestCount = defineRequest('guests.count', {
  input: z.object({ why: z.string() }),
  output: z.object({ guests: z.int() }),
  description: 'How many come.',
})

describe('the JSON Schemas of a catalogue', () => {
  const schemas = defineCatalog([added, guestCount]).jsonSchemas()

  it('say of an event what it carries when it is delivered, under the name that CloudEvents give', () => {
    expect(schemas['party.input.added']).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'urn:troupe:event:party.input.added:2',
      title: 'party.input.added',
      description: 'Somebody added an input.',
      type: 'object',
      properties: { content: { type: 'string', minLength: 1 }, loud: { type: 'boolean', default: false } },
      required: ['content', 'loud'],
      additionalProperties: false,
    })
    expect(schemaUrn('party.input.added', 2)).toBe('urn:troupe:event:party.input.added:2')
  })

  it('say of a request what is asked, what is answered, and what it is refused with', () => {
    expect(Object.keys(schemas)).toEqual([
      'party.input.added',
      'guests.count',
      'guests.count.reply',
      'guests.count.refusal',
    ])
    expect(schemas['guests.count']).toMatchObject({
      $id: 'urn:troupe:event:guests.count:1',
      properties: { why: { type: 'string' } },
    })
    expect(schemas['guests.count.reply']).toMatchObject({
      $id: 'urn:troupe:event:guests.count.reply:1',
      description: 'How many come.',
      properties: { guests: { type: 'integer' } },
    })
    expect(schemas['guests.count.refusal']).toMatchObject({
      $id: 'urn:troupe:event:guests.count.refusal:1',
      properties: { code: { type: 'string', minLength: 1 }, message: { type: 'string' } },
    })
  })

  it('take what a definition has made, and refuse what it would', () => {
    const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(schemas['party.input.added'])))
    expect(schema.safeParse(added({ content: 'jungle' }).data).success).toBe(true)
    expect(schema.safeParse({ content: '', loud: false }).success).toBe(false)
    expect(schema.safeParse({ content: 'jungle', loud: false, more: 1 }).success).toBe(false)
  })
})

it('every event that Troupe declares has a JSON Schema that can be sent, with a description', () => {
  const catalog = defineCatalog([
    ...runtimeEvents,
    ...aiEvents,
    ...platformEvents,
    ...pipelineEvents,
    ...systemEvents,
    ...definitionsIn(agents),
  ])
  const schemas = Object.values(catalog.jsonSchemas())
  expect(schemas.length).toBeGreaterThan(100)
  for (const schema of schemas) expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  expect(schemas.filter(({ description = '' }) => !/^[A-Z`].*\.$/.test(description)).map(({ title }) => title)).toEqual(
    [],
  )
  expect(new Set(schemas.map(({ $id }) => $id)).size).toBe(schemas.length)
})
