import { describe, expect, it } from 'vitest'
import { plan, type Ran } from '../support/command.ts'
import * as here from '../support/here.ts'

describe('the command that plans a party', () => {
  let planned: Promise<Ran> | undefined
  /** The sample party, planned by a process. */
  const sample = () => (planned ??= plan())

  it('plans a sample party that a family can use: names, prices, the total, open questions and next steps', async () => {
    const { code, out, err } = await sample()
    expect(code).toBe(0)
    for (const expected of [
      'A jungle party for 75 guests at Sunshine Garden Park',
      'Organic Treats Bakery, $390',
      'Healthy Bites Catering, $20 a person',
      'photography: Picture Perfect Photography, $600',
      'together  $2,910 to $3,213',
      'wished    at most $3,000: may go over it',
      'Open questions (the plan is 100 % complete)',
      '1. Choose the day of the party.',
    ])
      expect(out).toContain(expected)
    expect(err).toContain('venue: Sunshine Garden Park')
    expect(err).toContain('Plan yours: npm start -- ')
  })

  it('writes no colours into pipes', async () => {
    const { out, err } = await sample()
    expect(`${out}${err}`).not.toContain('\u001b[')
  })

  it('prints JSON Lines on demand: frames, and last the result', async () => {
    const { code, out } = await here.plan('--json', 'space party for 20 kids', 'vegan cake')
    expect(code).toBe(0)
    const lines = out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(new Set(lines.slice(0, -1).map(({ kind }) => kind))).toEqual(new Set(['frame']))
    expect(lines.at(-1)).toMatchObject({
      kind: 'result',
      ok: true,
      partyId: expect.any(String),
      state: {
        inputs: [{ content: 'space party for 20 kids' }, { content: 'vegan cake' }],
        results: { theme: { name: 'space' }, cake: { guests: 20 } },
        budget: expect.any(Object),
        plan: { completionPercent: 60 },
        status: 'planning',
        version: expect.any(Number),
      },
    })
    expect(lines[0].time).toMatch(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/)
  })

  it('plans what it understands, and asks about the rest', async () => {
    const { code, out } = await here.plan('What a great party, pricey juice')
    expect(code).toBe(0)
    expect(out).toContain('We did not understand "What a great party, pricey juice"')
  })

  it.each([
    ['a blank input', ['  '], 'Input 1 is blank'],
    ['a blank input among others', ['vegan cake', ''], 'Input 2 is blank'],
    ['an option that does not exist', ['--jsno'], "Unknown option '--jsno'"],
    ['a value for an option that takes none', ['--json=yes'], '--json'],
    ['a blank directory', ['--data', ' ', 'vegan cake'], '--data is blank'],
    ['a missing directory', ['--data'], '--data'],
    ['an input that is too long', ['x'.repeat(100_000)], 'content'],
  ])('ends with 2 on %s, and says what to do', async (_, args, said) => {
    const { code, out, err } = await here.plan(...args)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toContain(said)
  })

  it('explains itself', async () => {
    const { code, out } = await here.plan('--help')
    expect(code).toBe(0)
    expect(out).toContain('npm start -- [options]')
  })
})
