import {
  DuplicateInputError,
  defineParty,
  EventPayloadError,
  IllegalIdError,
  InputNotFoundError,
  NoPartyDefinitionError,
  PartyExistsError,
  PartyNotFoundError,
  PartyStoppedError,
  VersionConflictError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, inputAdded, inputRemoved, petsParty, trainerAgent } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const start = () => startRuntime({ party: petsParty(dogAgent(), trainerAgent('dog')) })

describe('the parties of a runtime', () => {
  it('are created under a new id or a given one, listed, found and deleted', async () => {
    const { runtime } = await start()
    const mine = await runtime.parties.create({ id: 'mine' })
    const other = await runtime.parties.create()
    expect(other.id).toMatch(/^p-[a-z0-9]+-[a-z0-9]+$/)
    expect(runtime.parties.list()).toEqual([mine, other])
    expect(runtime.parties.get('mine')).toBe(mine)
    await runtime.parties.delete('mine')
    expect(runtime.parties.list()).toEqual([other])
  })

  it('reject a duplicate, an unknown or an illegal id', async () => {
    const { runtime } = await start()
    await runtime.parties.create({ id: 'mine' })
    await expect(runtime.parties.create({ id: 'mine' })).rejects.toBeInstanceOf(PartyExistsError)
    await expect(runtime.parties.create({ id: 'Mine/1' })).rejects.toBeInstanceOf(IllegalIdError)
    await expect(runtime.parties.delete('other')).rejects.toBeInstanceOf(PartyNotFoundError)
    await expect(runtime.bus.publish(command({ word: 'sit' }), { party: 'other' })).rejects.toBeInstanceOf(
      PartyNotFoundError,
    )
    expect(() => runtime.parties.get('other')).toThrow(PartyNotFoundError)
  })

  it('need a definition', async () => {
    const { runtime } = await startRuntime({})
    await expect(runtime.parties.create()).rejects.toBeInstanceOf(NoPartyDefinitionError)
  })

  it('are not created when one of the first inputs is refused', async () => {
    const { runtime } = await start()
    await expect(runtime.parties.create({ id: 'p1', inputs: ['sit', ''] })).rejects.toBeInstanceOf(EventPayloadError)
    const twice = [
      { inputId: 'a', content: 'sit' },
      { inputId: 'a', content: 'roll' },
    ]
    await expect(runtime.parties.create({ id: 'p1', inputs: twice })).rejects.toBeInstanceOf(DuplicateInputError)
    expect(runtime.parties.list()).toEqual([])
    expect(runtime.bus.history({ party: 'p1' })).toEqual([])
  })

  it('can be deleted while they work; open asks then end with a typed error', async () => {
    const { runtime } = await start()
    const party = await runtime.parties.create({ id: 'p1', inputs: ['silence'] })
    await runtime.parties.delete('p1')
    await expect(party.addInput('roll')).rejects.toBeInstanceOf(PartyStoppedError)
    expect(await party.idle()).toEqual({ reason: 'stopped', waitingFor: [] })
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
    expect(await runtime.idle()).toMatchObject({ reason: 'settled' })
  })
})

describe('the inputs of a party', () => {
  it('are added as text or with all their fields, and removed', async () => {
    const { runtime, clock } = await start()
    const party = await runtime.parties.create({ inputs: ['sit'] })
    const added = await party.addInput({ inputId: 'mine', content: 'roll' })
    expect(added).toEqual({ inputId: 'mine', content: 'roll', addedAt: clock.now() })
    expect([...party.state.inputs].map(({ content }) => content)).toEqual(['sit', 'roll'])
    await party.removeInput('mine', { why: 'enough' })
    expect(party.state.inputs.size).toBe(1)
    expect(runtime.bus.history({ type: 'pets.input.removed' })).toMatchObject([
      { data: { inputId: 'mine', why: 'enough' } },
    ])
  })

  it.each([
    ['an empty one', (party: Pets) => party.addInput(''), EventPayloadError],
    ['an id that is taken', (party: Pets) => party.addInput({ inputId: 'a', content: 'again' }), DuplicateInputError],
    ['a removal of an unknown id', (party: Pets) => party.removeInput('b'), InputNotFoundError],
  ])('refuse %s with a typed error, and the party stays as it was', async (_, act, error) => {
    const { runtime } = await start()
    const party = await runtime.parties.create({ inputs: [{ inputId: 'a', content: 'sit' }] })
    await party.idle()
    const { version } = party
    await expect(act(party)).rejects.toBeInstanceOf(error)
    await party.idle()
    expect(party.version).toBe(version)
    await party.addInput('roll')
    expect(party.state.inputs.size).toBe(2)
  })

  it('are checked in each way of adding them', async () => {
    const { runtime } = await start()
    const party = await runtime.parties.create({ id: 'p1', inputs: [{ inputId: 'a', content: 'sit' }] })
    const again = runtime.bus.publish(inputAdded({ inputId: 'a', content: 'roll' }), { party: 'p1' })
    await expect(again).rejects.toBeInstanceOf(DuplicateInputError)
    await expect(runtime.bus.publish(inputRemoved({ inputId: 'b' }), { party: 'p1' })).rejects.toBeInstanceOf(
      InputNotFoundError,
    )
    await runtime.bus.publish(inputRemoved({ inputId: 'a' }), { party: 'p1' })
    expect(party.state.inputs.size).toBe(0)
  })

  it('are removed once, however often they are removed at the same time', async () => {
    const { runtime } = await start()
    const party = await runtime.parties.create({ inputs: [{ inputId: 'a', content: 'sit' }] })
    const [first, second] = await Promise.allSettled([party.removeInput('a'), party.removeInput('a')])
    expect(first?.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: expect.any(InputNotFoundError) })
  })
})

describe('the state of a party', () => {
  it('counts its changes, and refuses a change for an earlier version', async () => {
    const { runtime } = await start()
    const party = await runtime.parties.create()
    const { version } = party
    await party.addInput('sit', { expectedVersion: version })
    await party.idle()
    await expect(party.addInput('roll', { expectedVersion: version })).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      expected: version,
      actual: party.version,
    })
    const publishing = runtime.bus.publish(command({ word: 'sit' }), { party: party.id, expectedVersion: version })
    await expect(publishing).rejects.toBeInstanceOf(VersionConflictError)
    await expect(party.removeInput('x', undefined, { expectedVersion: version })).rejects.toBeInstanceOf(
      VersionConflictError,
    )
    expect(party.state.inputs.size).toBe(1)
  })

  it('changes only by events: a watcher sees every version once, in order', async () => {
    const { runtime } = await start()
    const party = await runtime.parties.create()
    const versions: number[] = []
    const unwatch = party.watch(({ version }) => versions.push(version))
    for (const word of ['a', 'b', 'c']) await runtime.bus.publish(command({ word }), { party: party.id })
    await party.idle()
    unwatch()
    await party.addInput('sit')
    expect(versions).toEqual([3, 4, 5].map(version => version - 3 + (versions[0] ?? 0)))
    expect(versions).toHaveLength(3)
  })

  it('cannot be changed by code that holds it', async () => {
    const { runtime } = await start()
    const party = await runtime.parties.create({ inputs: ['sit'] })
    await party.idle()
    const { said } = party.state
    expect(() => said.push('mine')).toThrow(TypeError)
    expect(party.state.said).toEqual(['sit'])
  })

  it('takes all events of a frame or none: an event that cannot be applied fails the step', async () => {
    const counts: { barks: number } = { barks: 0 }
    const definition = defineParty({
      name: 'fragile',
      agents: [dogAgent()],
      events: [barked],
      inputs: { added: inputAdded, removed: inputRemoved },
      state: {
        initial: counts,
        on: {
          'pets.barked': (state, { data }) => {
            state.barks++
            if (data.word === 'bad') throw new Error('cannot be applied')
          },
        },
      },
    })
    const { runtime } = await startRuntime({ party: definition })
    const party = await runtime.parties.create({ id: 'p1' })
    for (const word of ['good', 'bad', 'good']) await runtime.bus.publish(command({ word }), { party: 'p1' })
    await party.idle()
    expect(party.state.barks).toBe(2)
    expect(runtime.bus.history({ type: 'agent.failed' })).toMatchObject([
      { data: { error: expect.stringContaining('cannot be applied') } },
    ])
    expect(runtime.bus.history({ type: 'pets.barked' })).toHaveLength(2)
  })

  /** A party whose state holds values that cannot be frozen. */
  const startBoxes = async () => {
    const initial: { bytes: Uint8Array; at: Date; tags: ReadonlySet<string>; version?: number } = {
      bytes: new Uint8Array(1),
      at: new Date(0),
      tags: new Set(),
    }
    const party = defineParty({
      name: 'boxes',
      agents: [],
      events: [command],
      inputs: { added: inputAdded, removed: inputRemoved },
      state: {
        initial,
        on: {
          'pets.command': (state, { data }) => {
            if (data.word === 'change') {
              state.bytes[0] = 1
              state.at.setTime(1)
            } else if (data.word === 'tag') state.tags = Object.freeze(new Set(['a']))
            else state.version = 5
          },
        },
      },
    })
    const { runtime } = await startRuntime({ party })
    return { runtime, say: (word: string) => runtime.bus.publish(command({ word }), { party: 'p1' }) }
  }

  it('starts with its own dates and bytes, which other parties do not change', async () => {
    const { runtime, say } = await startBoxes()
    const other = await runtime.parties.create({ id: 'p2' })
    await runtime.parties.create({ id: 'p1' })
    await say('change')
    const later = await runtime.parties.create({ id: 'p3' })
    for (const { state } of [other, later]) expect(state).toMatchObject({ bytes: new Uint8Array(1), at: new Date(0) })
  })

  it('cannot be changed by its receivers, also if the application froze a set', async () => {
    const { runtime, say } = await startBoxes()
    const { id } = await runtime.parties.create({ id: 'p1' })
    await say('tag')
    Set.prototype.add.call(runtime.parties.get(id).state.tags, 'forged')
    expect(runtime.parties.get(id).state.tags).toEqual(new Set(['a']))
  })

  it('refuses a version that the application sets', async () => {
    const { runtime, say } = await startBoxes()
    const party = await runtime.parties.create({ id: 'p1' })
    const { version } = party
    await expect(say('version')).rejects.toMatchObject({ code: 'STATE_APPLY', cause: { code: 'STATE_KEY' } })
    expect(party.state.version).toBe(version)
  })

  it('leaves states unchanged that were read before', async () => {
    const { runtime } = await start()
    const party = await runtime.parties.create({ inputs: ['sit'] })
    await party.idle()
    const before = party.state
    await party.addInput('roll')
    await party.idle()
    expect(before.inputs.size).toBe(1)
    expect(before.said).toEqual(['sit'])
  })
})

type Pets = Awaited<ReturnType<Awaited<ReturnType<typeof start>>['runtime']['parties']['create']>>
