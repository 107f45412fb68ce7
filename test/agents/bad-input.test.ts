import { DuplicateInputError, EventPayloadError, InputNotFoundError } from 'troupe'
import { describe, expect, it, test } from 'vitest'
import { planned, startPlanner } from './support.ts'

const loneSurrogate = String.fromCharCode(0xd83c)

const unusable: [string, string][] = [
  ['empty', ''],
  ['of spaces', '   '],
  ['of line breaks', '\n\t\r\n'],
  ['of invisible characters', '\u200b\u200d\ufeff'],
  ['of 100,000 characters', 'cake '.repeat(20_000)],
  ['with a NUL', 'vegan\u0000cake'],
  ['with control characters', 'vegan \u001b[31mcake'],
  ['with half of a character', `vegan cake ${loneSurrogate}`],
  ['that is a picture read as text', '\u0089PNG\r\n\u001a\n\u0000\u0000\u0000\rIHDR'],
]

describe.each(unusable)('an input %s', (_, content) => {
  const refusal = { code: 'EVENT_PAYLOAD', type: 'party.input.added', issues: [{ field: 'content' }] }

  it('is refused with an error that names the field', async () => {
    const { party } = await planned(['jungle theme'])
    const refused = party.addInput(content)
    await expect(refused).rejects.toBeInstanceOf(EventPayloadError)
    await expect(refused).rejects.toMatchObject(refusal)
  })

  it('changes nothing, and the party takes the next one', async () => {
    const { party, runtime } = await planned(['jungle theme'])
    const before = party.state
    const created = runtime.bus.metrics().created
    await party.addInput(content).catch(() => {})
    await party.idle()
    expect(party.state).toBe(before)
    expect(runtime.bus.metrics().created).toBe(created)
    await party.addInput('vegan cake')
    await party.idle()
    expect(party.state.results.cake).toBeDefined()
  })

  it('keeps a party from being created at all', async () => {
    const { runtime } = await startPlanner()
    await expect(runtime.parties.create({ id: 'p1', inputs: ['jungle theme', content] })).rejects.toMatchObject(refusal)
    expect(runtime.parties.list()).toEqual([])
    const party = await runtime.parties.create({ id: 'p1', inputs: ['jungle theme'] })
    await party.idle()
    expect(party.state.results.theme?.name).toBe('jungle')
  })
})

test('a refusal says what is expected', async () => {
  const { party } = await planned([])
  await expect(party.addInput(' ')).rejects.toThrow(
    'Payload of "party.input.added" is wrong: content: expected visible text (this is blank), received 1 characters.',
  )
})

test('the text of a refused input is not repeated in the error', async () => {
  const { party } = await planned([])
  const error: unknown = await party.addInput('my secret\u0000').catch((error: unknown) => error)
  expect(`${error}`).toContain('content')
  expect(`${error}`).not.toContain('secret')
})

test.each([
  [{ content: 'cake', tags: ['fine', 'bell\u0007'] }, 'tags.1'],
  [{ content: 'cake', tags: Array.from({ length: 51 }, () => 'cake') }, 'tags'],
  [{ content: 'cake', addedBy: '' }, 'addedBy'],
  [{ content: 'cake', inputId: '' }, 'inputId'],
  [{ content: 'cake', metadata: { size: Number.NaN } }, 'metadata.size'],
])('%j is refused for its field %s', async (input, field) => {
  const { party } = await planned([])
  await expect(party.addInput(input)).rejects.toMatchObject({ code: 'EVENT_PAYLOAD', issues: [{ field }] })
  expect(party.state.inputs.size).toBe(0)
})

test('a text of 10,000 characters in any script is fine', async () => {
  const { party } = await planned([])
  const content = `蛋糕 vegan cake 🎂 ${'ж'.repeat(9_980)}`
  await party.addInput(content)
  await party.idle()
  expect(party.state.results.cake?.dietary).toEqual(['vegan'])
})

test('200 inputs at once are all read, and nothing is lost', async () => {
  const kinds = ['jungle theme', 'a venue', 'vegan cake', 'buffet', 'balloons', 'see you soon']
  const inputs = Array.from({ length: 200 }, (_, index) => `${kinds[index % kinds.length]} ${index}`)
  const { runtime, party } = await planned(inputs)
  const { wanted, unclassified } = party.state.brief ?? {}
  const read = new Set([...Object.values(wanted ?? {}).flat(), ...(unclassified ?? [])])
  expect(read).toEqual(new Set([...party.state.inputs].map(({ inputId }) => inputId)))
  expect(read.size).toBe(200)
  const { waiting, deadLetters, pendingAsks, created, handled, ignored, failed, dead } = runtime.bus.metrics()
  expect({ waiting, deadLetters, pendingAsks, failed, dead }).toEqual({
    waiting: 0,
    deadLetters: 0,
    pendingAsks: 0,
    failed: 0,
    dead: 0,
  })
  expect(handled + ignored).toBe(created)
  expect(party.state.plan?.completionPercent).toBe(100)
})

describe('the id of an input', () => {
  it('cannot be given twice', async () => {
    const { party } = await planned([])
    await party.addInput({ inputId: 'cake', content: 'vegan cake' })
    const again = party.addInput({ inputId: 'cake', content: 'lemon cake' })
    await expect(again).rejects.toBeInstanceOf(DuplicateInputError)
    await expect(again).rejects.toMatchObject({ partyId: party.id, inputId: 'cake' })
    await party.idle()
    expect(party.state.inputs.get('cake')?.content).toBe('vegan cake')
  })

  it('cannot be given twice at the birth of a party', async () => {
    const { runtime } = await startPlanner()
    const inputs = ['vegan cake', 'lemon cake'].map(content => ({ inputId: 'cake', content }))
    await expect(runtime.parties.create({ inputs })).rejects.toBeInstanceOf(DuplicateInputError)
    expect(runtime.parties.list()).toEqual([])
  })

  it('cannot be removed when nobody has it', async () => {
    const { party } = await planned(['vegan cake'])
    const before = party.state
    await expect(party.removeInput('nobody')).rejects.toBeInstanceOf(InputNotFoundError)
    expect(party.state).toBe(before)
  })

  it('cannot be removed twice, not even at once', async () => {
    const { party } = await planned([])
    await party.addInput({ inputId: 'cake', content: 'vegan cake' })
    const removals = await Promise.allSettled([party.removeInput('cake'), party.removeInput('cake')])
    expect(removals).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'INPUT_NOT_FOUND' } },
    ])
    await expect(party.removeInput('cake')).rejects.toMatchObject({ partyId: party.id, inputId: 'cake' })
  })
})
