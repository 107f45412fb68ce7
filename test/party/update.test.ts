import {
  agentTypes,
  DuplicateInputError,
  defineAgent,
  EventPayloadError,
  type Frame,
  InputNotFoundError,
  type MailboxOptions,
  PartyNotFoundError,
  PartyStoppedError,
  StateApplyError,
  VersionConflictError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import { command, inputAdded, inputRemoved, petsParty, told, urgent } from '../support/pets.ts'
import { startRuntime, suiteJournal } from '../support/runtime.ts'

const hears = [inputAdded, inputRemoved, command, urgent]

/** Says an event for each added or removed input; a command makes it rest until an urgent event. */
const keeper = (mailbox: MailboxOptions = {}) =>
  defineAgent({
    name: 'keeper',
    mailbox,
    hears,
    says: [told],
    machine: setup({
      types: agentTypes({ context: {}, hears, says: [told] }),
      actions: { tell: emit((_, what: string) => told({ what })) },
    }).createMachine({
      initial: 'awake',
      states: {
        awake: {
          on: {
            'pets.input.added': { actions: { type: 'tell', params: ({ event }) => `+${event.data.inputId}` } },
            'pets.input.removed': { actions: { type: 'tell', params: ({ event }) => `-${event.data.inputId}` } },
            'pets.command': 'resting',
          },
        },
        resting: { tags: 'busy', on: { 'pets.urgent': 'awake' } },
      },
    }),
  })

const toy = (inputId: string) => ({ inputId, content: `a ${inputId}` })

/** A party with a keeper and one input, a ball. */
async function startToys(mailbox?: MailboxOptions) {
  const journal = suiteJournal()
  const { runtime, clock } = await startRuntime({ party: petsParty(keeper(mailbox)), journal })
  const party = await runtime.parties.create({ id: 'p1', inputs: [toy('ball')] })
  await party.idle()
  const framesFromOutside = async () => {
    const frames: Frame[] = []
    for await (const frame of journal.read('party/p1')) if (frame.cause.kind === 'outside') frames.push(frame)
    return frames
  }
  const rest = async () => {
    await runtime.bus.publish(command({ word: 'rest' }), { party: 'p1' })
    await party.idle()
  }
  const wake = async () => {
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await party.idle()
  }
  return { runtime, clock, party, framesFromOutside, rest, wake }
}

type Toys = Awaited<ReturnType<typeof startToys>>
type Change = Parameters<Toys['party']['update']>[0]

describe('an update of a party', () => {
  it('removes and adds inputs in one frame, and resolves with the added inputs', async () => {
    const { runtime, party, framesFromOutside } = await startToys()
    const before = (await framesFromOutside()).length
    const change = { add: ['a rope', toy('bone')], remove: [{ inputId: 'ball', why: 'chewed' }] }
    const added = await runtime.parties.update('p1', change)
    await party.idle()
    expect(added).toMatchObject([{ content: 'a rope' }, toy('bone')])
    expect([...party.state.inputs]).toEqual(added)
    const [rope] = added
    expect(party.state.said).toEqual(['+ball', '-ball', `+${rope?.inputId}`, '+bone'])
    const frames = (await framesFromOutside()).slice(before)
    expect(frames.map(({ entries }) => entries)).toMatchObject([
      [
        { kind: 'event', envelope: { data: { inputId: 'ball', why: 'chewed' } } },
        { kind: 'event', envelope: { data: { inputId: rope?.inputId, content: 'a rope' } } },
        { kind: 'event', envelope: { data: toy('bone') } },
      ],
    ])
  })

  it('replaces an input by another with the same id, because removals happen first', async () => {
    const { party } = await startToys()
    await party.update({ add: [{ inputId: 'ball', content: 'a better ball' }], remove: ['ball'] })
    expect([...party.state.inputs]).toMatchObject([{ inputId: 'ball', content: 'a better ball' }])
  })

  it.each<[string, Change, new (...args: never[]) => Error]>([
    ['adds an id that is taken', { add: [toy('bone'), toy('ball')] }, DuplicateInputError],
    ['adds an id twice', { add: [toy('bone'), toy('bone')] }, DuplicateInputError],
    ['removes an unknown id', { add: [toy('bone')], remove: ['ball', 'rope'] }, InputNotFoundError],
    ['removes an id twice', { remove: ['ball', 'ball'] }, InputNotFoundError],
    ['removes what it adds', { add: [toy('bone')], remove: ['bone'] }, InputNotFoundError],
    ['adds a text that is refused', { add: [toy('bone'), ''], remove: ['ball'] }, EventPayloadError],
  ])('that %s is refused as a whole', async (_, change, error) => {
    const { runtime, party, framesFromOutside } = await startToys()
    const { state } = party
    const frames = await framesFromOutside()
    await expect(party.update(change)).rejects.toBeInstanceOf(error)
    await party.idle()
    expect(party.state).toBe(state)
    expect(await framesFromOutside()).toEqual(frames)
    const { offered, accepted, rejected } = runtime.bus.metrics()
    expect(offered).toBe(accepted + rejected)
  })

  it('that the state refuses changes nothing, and takes no place in a mailbox', async () => {
    const fragile = petsParty(keeper({ capacity: 1 }))
    const apply: typeof fragile.apply = (_, { data }) => {
      if (inputAdded.schema.safeParse(data).data?.content === 'a brick') throw new Error('too heavy')
    }
    const { runtime } = await startRuntime({ party: { ...fragile, applies: () => true, apply } })
    const party = await runtime.parties.create({ id: 'p1', inputs: [toy('ball')] })
    await party.idle()
    await expect(party.update({ add: [toy('bone'), toy('brick')] })).rejects.toBeInstanceOf(StateApplyError)
    expect([...party.state.inputs]).toMatchObject([toy('ball')])
    expect(runtime.bus.metrics()).toMatchObject({ rejected: 2, waiting: 0 })
    await party.update({ add: [toy('bone')] })
    expect(party.state.inputs.size).toBe(2)
  })

  it('without changes appends nothing', async () => {
    const { party, framesFromOutside } = await startToys()
    const frames = await framesFromOutside()
    expect(await party.update({})).toEqual([])
    expect(await framesFromOutside()).toEqual(frames)
  })

  it('is refused when the party has another version, is unknown or has stopped', async () => {
    const { runtime, party } = await startToys()
    const { version: expectedVersion } = party
    await party.update({ add: [toy('bone')] }, { expectedVersion })
    const late = runtime.parties.update('p1', { remove: ['ball'] }, { expectedVersion })
    await expect(late).rejects.toBeInstanceOf(VersionConflictError)
    await expect(runtime.parties.update('p2', {})).rejects.toBeInstanceOf(PartyNotFoundError)
    await runtime.parties.delete('p1')
    await expect(party.update({ add: [toy('rope')] })).rejects.toBeInstanceOf(PartyStoppedError)
  })
})

describe('an update of a party whose mailboxes are full', () => {
  it('waits for room and then happens as a whole: memory stays bounded, and the rest waits in the journal', async () => {
    const { runtime, party, rest, wake } = await startToys({ capacity: 1 })
    await rest()
    await party.update({ add: [toy('a'), toy('b')] })
    expect(party.agent('keeper').mailbox).toMatchObject({ depth: 2, spilled: 1 })
    let isOver = false
    const change = { add: [toy('c'), toy('d'), toy('e')], remove: ['ball'] }
    const waiting = party.update(change).then(() => void (isOver = true))
    await party.idle()
    expect(isOver).toBe(false)
    expect(party.state.inputs.size).toBe(3)
    await wake()
    await waiting
    await party.idle()
    expect(party.state.said.slice(1)).toEqual(['+a', '+b', '-ball', '+c', '+d', '+e'])
    expect(runtime.bus.metrics()).toMatchObject({ dead: 0, waiting: 0 })
    // The place that was reserved for it is free again.
    await rest()
    await party.addInput(toy('f'))
  })

  it('needs room for one event only, however many events it has', async () => {
    const { party, rest, wake } = await startToys({ capacity: 2 })
    await rest()
    await party.update({ add: ['a', 'b', 'c', 'd'].map(toy), remove: ['ball'] })
    expect(party.agent('keeper').mailbox).toMatchObject({ depth: 5, spilled: 3 })
    await wake()
    expect(party.state.said.slice(1)).toEqual(['-ball', '+a', '+b', '+c', '+d'])
  })

  it('gives up after a minute, and changes nothing', async () => {
    const { clock, party, rest, wake } = await startToys({ capacity: 1 })
    await rest()
    await party.addInput(toy('a'))
    const waiting = expect(party.update({ add: [toy('b')], remove: ['ball'] })).rejects.toMatchObject({
      code: 'MAILBOX_FULL',
      reason: 'timeout',
    })
    await party.idle()
    clock.advance(60_000)
    await waiting
    await wake()
    expect([...party.state.inputs]).toMatchObject([toy('ball'), toy('a')])
  })

  it.each([
    ['update', (party: Toys['party'], options: object) => party.update({ add: [toy('b')] }, options)],
    ['input', (party: Toys['party'], options: object) => party.addInput(toy('b'), options)],
  ])('refuses an %s if another change comes first while it waits', async (_, change) => {
    const { party, rest, wake } = await startToys({ capacity: 1 })
    await rest()
    await party.addInput(toy('a'))
    const { version: expectedVersion } = party
    const waiting = expect(change(party, { expectedVersion })).rejects.toBeInstanceOf(VersionConflictError)
    await party.idle()
    await wake()
    await waiting
    expect(party.state.inputs.has('b')).toBe(false)
  })
})
