import { describe, expect, it, test } from 'vitest'
import * as z from 'zod'
import * as schemas from '../../../agents/party/schemas.ts'

const input = (content: string) => schemas.partyInput.safeParse({ inputId: 'inp_1', content })
const messageOf = (content: string) => input(content).error?.issues[0]?.message

describe('an input', () => {
  it('gets its defaults', () => {
    expect(schemas.partyInput.parse({ inputId: 'inp_1', content: 'zoo' })).toEqual({
      inputId: 'inp_1',
      content: 'zoo',
      sourceType: 'text',
      tags: [],
      addedBy: 'user',
    })
  })

  it.each([
    ['is empty', '', 'is blank'],
    ['holds only spaces', ' \n\t ', 'is blank'],
    ['holds only invisible characters', '\u200b\u2060', 'is blank'],
    ['holds a NUL', 'zoo\u0000', 'control character'],
    ['holds an escape sequence', '\u001b[31mzoo', 'control character'],
    ['holds half of an emoji', 'zoo \ud83e', 'lone surrogate'],
    ['is too long', 'a'.repeat(10_001), 'longer than 10000'],
  ])('is refused with a clear message when it %s', (_, content, message) => {
    expect(messageOf(content)).toContain(message)
  })

  it.each(['a', 'a'.repeat(10_000), 'first\nsecond\tthird\r\n', 'zoo 🦁', 'Fiesta de cumpleaños'])(
    'is accepted as %j',
    content => {
      expect(input(content).success).toBe(true)
    },
  )

  it('carries metadata of any JSON and nothing else', () => {
    const withMetadata = (metadata: unknown) =>
      schemas.partyInput.safeParse({ inputId: 'i', content: 'zoo', metadata }).success
    expect(withMetadata({ agent: 'cake', vision: { labels: ['cake', 0.9, null] } })).toBe(true)
    expect(withMetadata({ when: new Date(0) })).toBe(false)
  })
})

test('every schema can be told to outsiders as JSON Schema', () => {
  const { needs, results, ...rest } = schemas
  const all = [...Object.values(rest), ...Object.values(needs), ...Object.values(results)].filter(
    value => value instanceof z.ZodType,
  )
  expect(all.length).toBeGreaterThan(30)
  for (const schema of all) expect(z.toJSONSchema(schema, { io: 'input' })).toHaveProperty('$schema')
})

test.each([
  [0, '$0'],
  [999, '$999'],
  [1500, '$1,500'],
  [1_000_000, '$1,000,000'],
])('%d dollars are written %s', (amount, written) => {
  expect(schemas.dollars(amount)).toBe(written)
})
