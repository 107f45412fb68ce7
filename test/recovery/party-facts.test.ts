import { defineParty, PartyMetadataError, ValueError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { command, inputAdded, inputRemoved, petsParty } from '../support/pets.ts'
import { createProgram } from '../support/program.ts'
import { startRuntime } from '../support/runtime.ts'

describe('the state of a party', () => {
  it('says when the party was created, when it last changed and when each input was added', async () => {
    const { runtime, clock } = await startRuntime({ party: petsParty() })
    const createdAt = clock.now()
    const party = await runtime.parties.create({ inputs: ['sit'] })
    expect(party.state).toMatchObject({ createdAt, updatedAt: createdAt })
    clock.advance(1_000)
    const added = await party.addInput('roll')
    expect(added.addedAt).toBe(createdAt + 1_000)
    expect(party.state).toMatchObject({ createdAt, updatedAt: createdAt + 1_000 })
    expect([...party.state.inputs].map(({ addedAt }) => addedAt)).toEqual([createdAt, createdAt + 1_000])
    clock.advance(1_000)
    await party.idle()
    expect(party.state.updatedAt).toBe(createdAt + 1_000)
  })

  it('holds the metadata that the party was created with', async () => {
    const { runtime } = await startRuntime({ party: petsParty() })
    const metadata = { customer: 'Ada', since: new Date(0) }
    const party = await runtime.parties.create({ metadata })
    metadata.customer = 'Eve'
    expect(party.state.metadata).toEqual({ customer: 'Ada', since: new Date(0) })
    expect(() => Object.assign(party.state.metadata, { customer: 'Eve' })).toThrow(TypeError)
    expect((await runtime.parties.create()).state.metadata).toEqual({})
  })

  it.each([{ every: 1 }, { every: 100 }])(
    'has the same times and metadata in another process, with snapshots %o',
    async snapshots => {
      const program = createProgram()
      const given = { party: petsParty(), snapshots }
      const first = await program.start(given)
      const party = await first.parties.create({
        id: 'p1',
        inputs: ['sit'],
        metadata: { customer: 'Ada', of: new Set([1]) },
      })
      program.clock.advance(1_000)
      await party.addInput('roll')
      await first.bus.publish(command({ word: 'sit' }), { party: 'p1' })
      await party.idle()
      const { inputs, ...state } = party.state
      program.clock.advance(1_000)
      const { inputs: later, ...again } = (await program.start(given)).parties.get('p1').state
      expect(again).toEqual(state)
      expect([...later]).toEqual([...inputs])
    },
  )
})

describe('the metadata of a party that is created', () => {
  it.each<[unknown, new (...args: never[]) => Error]>([
    ['Ada', PartyMetadataError],
    [['Ada'], PartyMetadataError],
    [null, PartyMetadataError],
    [new Map([['customer', 'Ada']]), PartyMetadataError],
    [new URLSearchParams('customer=Ada'), PartyMetadataError],
    [{ customer: () => 'Ada' }, ValueError],
  ])('is refused if it is %o, and no party is created', async (metadata, refusal) => {
    const { runtime } = await startRuntime({ party: petsParty() })
    const said: { readonly metadata?: Readonly<Record<string, unknown>> } = Object.fromEntries([['metadata', metadata]])
    await expect(runtime.parties.create({ id: 'p1', ...said })).rejects.toBeInstanceOf(refusal)
    expect(runtime.parties.list()).toEqual([])
    await runtime.parties.create({ id: 'p1' })
  })
})

describe('a party that is deleted at a version', () => {
  it('is deleted if it still has that version, and stays otherwise', async () => {
    const { runtime } = await startRuntime({ party: petsParty() })
    const party = await runtime.parties.create({ id: 'p1', inputs: ['sit'] })
    const { version: expectedVersion } = party
    await party.addInput('roll')
    await expect(runtime.parties.delete('p1', { expectedVersion })).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      expected: expectedVersion,
      actual: expectedVersion + 1,
    })
    expect(runtime.parties.list()).toEqual([party])
    await runtime.parties.delete('p1', { expectedVersion: expectedVersion + 1 })
    expect(runtime.parties.list()).toEqual([])
  })
})

it('the state of a party lacks a field that an event removed', async () => {
  const inputs = { added: inputAdded, removed: inputRemoved }
  const initial: { word?: string } = { word: 'sit' }
  const party = defineParty({
    name: 'forgetful',
    agents: [],
    events: [command],
    inputs,
    state: { initial, on: { 'pets.command': state => void delete state.word } },
  })
  const { runtime } = await startRuntime({ party })
  const { id } = await runtime.parties.create({ id: 'p1' })
  await runtime.bus.publish(command({ word: 'roll' }), { party: id })
  expect(runtime.parties.get(id).state).not.toHaveProperty('word')
})
