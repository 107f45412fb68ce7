import {
  AmbiguousAskError,
  AskCancelledError,
  AskFailedError,
  AskRefusedError,
  AskStoppedError,
  AskTimeoutError,
  agentTypes,
  askFailed,
  createRuntime,
  defineAgent,
  defineRequest,
  EventPayloadError,
  memoryJournal,
  NoAddressError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, petsParty, trainerAgent, trick } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

describe('an ask between two agents of a party', () => {
  it.each([
    ['gets the reply', 'roll', undefined, 'roll'],
    ['gets the reply of whoever is named', 'roll', 'dog', 'roll'],
    ['gets a typed failure when nobody is reached', 'roll', 'cat', 'NO_ADDRESS'],
    ['gets a typed failure when the callee crashes on it', 'boom', 'dog', 'ASK_FAILED'],
    ['gets the first of two replies', 'twice', 'dog', 'once'],
  ])('always ends: it %s', async (_, name, to, told) => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent(to)) })
    const party = await runtime.parties.create({ inputs: [name] })
    await party.idle()
    expect(party.state.said).toEqual([told])
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('ends at its deadline when nobody answers, and the late reply is a dead letter', async () => {
    const { runtime, clock } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent('dog')) })
    const party = await runtime.parties.create({ inputs: ['later'] })
    const resting = party.idle()
    await settle()
    expect(runtime.bus.metrics().pendingAsks).toBe(1)
    clock.advance(2_000)
    await resting
    expect(party.state.said).toEqual(['ASK_TIMEOUT'])
    clock.advance(5_000)
    await party.idle()
    expect(runtime.bus.deadLetters.list({ reason: 'stale' })).toMatchObject([
      { envelope: { type: 'pets.trick.reply' } },
    ])
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('makes a second reply a dead letter', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent('dog')) })
    const party = await runtime.parties.create({ inputs: ['twice'] })
    await party.idle()
    expect(runtime.bus.deadLetters.list({ reason: 'stale' })).toHaveLength(1)
    expect(party.state.said).toEqual(['once'])
  })

  it('gets a typed failure at once when the callee is stopped, before it is asked or meanwhile', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent('dog')) })
    const party = await runtime.parties.create({ inputs: ['silence'] })
    await settle()
    expect(runtime.bus.metrics().pendingAsks).toBe(1)
    await party.agent('dog').stop()
    await party.idle()
    await party.addInput('roll')
    await party.idle()
    expect(party.state.said).toEqual(['ASK_STOPPED', 'ASK_STOPPED'])
  })

  it('is seen from outside: who asked whom, and how it ended', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent('dog')) })
    const seen: unknown[] = []
    runtime.bus.subscribe('ask.*', ({ type, data }) => void seen.push({ type, data }))
    const party = await runtime.parties.create({ id: 'p1', inputs: ['roll', 'boom'] })
    await party.idle()
    const between = { from: 'party/p1/trainer', to: 'party/p1/dog', type: 'pets.trick' }
    expect(seen).toMatchObject([
      { type: 'ask.requested', data: between },
      { type: 'ask.succeeded', data: between },
      { type: 'ask.requested', data: between },
      { type: 'ask.failed', data: { ...between, code: 'ASK_FAILED' } },
    ])
  })

  it('is cancelled with its asker', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent('dog')) })
    const party = await runtime.parties.create({ inputs: ['silence'] })
    await settle()
    expect(runtime.bus.metrics().pendingAsks).toBe(1)
    await party.agent('trainer').stop()
    expect(await party.idle()).toEqual({ reason: 'settled', waitingFor: [] })
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('goes to an agent outside the party when that is who hears it', async () => {
    const { runtime } = await startRuntime({ party: petsParty(trainerAgent(undefined)), agents: [dogAgent()] })
    const party = await runtime.parties.create({ inputs: ['roll'] })
    await party.idle()
    expect(party.state.said).toEqual(['roll'])
  })

  it('cannot be ambiguous: two agents that hear it are an error before anything runs', () => {
    const second = { ...dogAgent(), name: 'twin' }
    expect(() => createRuntime({ party: petsParty(dogAgent(), second, trainerAgent(undefined)) })).toThrow(
      AmbiguousAskError,
    )
    expect(() => createRuntime({ party: petsParty(dogAgent(), second, trainerAgent('dog')) })).not.toThrow()
  })
})

describe('an ask from outside', () => {
  const start = async () => {
    const started = await startRuntime({ party: petsParty(dogAgent()) })
    const party = await started.runtime.parties.create({ id: 'p1' })
    return { ...started, party, dog: party.agent('dog') }
  }

  it('resolves with the reply, by address or by reference', async () => {
    const { runtime, dog } = await start()
    expect(await runtime.ask('party/p1/dog', trick, { name: 'roll' })).toEqual({ done: 'roll' })
    expect(await dog.ask(trick, { name: 'sit' })).toEqual({ done: 'sit' })
  })

  it('rejects with the error that says which failure', async () => {
    const { runtime, clock, party, dog } = await start()
    await expect(runtime.ask('party/p1/cat', trick, { name: 'roll' })).rejects.toBeInstanceOf(NoAddressError)
    await expect(runtime.ask('nowhere', trick, { name: 'roll' })).rejects.toBeInstanceOf(NoAddressError)
    await expect(dog.ask(trick, { name: 'boom' })).rejects.toBeInstanceOf(AskFailedError)
    const silent = dog.ask(trick, { name: 'silence' }, { deadline: 100 })
    clock.advance(100)
    await expect(silent).rejects.toBeInstanceOf(AskTimeoutError)
    await dog.send(command({ word: 'nap' }))
    await party.idle()
    const waiting = dog.ask(trick, { name: 'roll' })
    await dog.stop()
    await expect(waiting).rejects.toBeInstanceOf(AskStoppedError)
    await expect(dog.ask(trick, { name: 'roll' })).rejects.toBeInstanceOf(AskStoppedError)
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('rejects after 60 seconds when nobody says how long it may take, and is forgotten then', async () => {
    const { runtime, clock, dog } = await start()
    const silent = dog.ask(trick, { name: 'silence' })
    const failure = expect(silent).rejects.toMatchObject({ code: 'ASK_TIMEOUT' })
    clock.advance(59_999)
    expect(runtime.bus.metrics().pendingAsks).toBe(1)
    clock.advance(1)
    await failure
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('rejects at once when the state that the callee is in does not handle it', async () => {
    const { party, dog } = await start()
    const first = dog.ask(trick, { name: 'later' }, { deadline: 10_000 })
    const second = dog.ask(trick, { name: 'roll' })
    await expect(second).rejects.toMatchObject({ code: 'ASK_REFUSED', reason: 'not-handled' })
    await party.agent('dog').stop()
    await expect(first).rejects.toBeInstanceOf(AskStoppedError)
  })

  it('rejects when the mailbox is full', async () => {
    const { runtime } = await startRuntime({
      party: petsParty(dogAgent({ mailbox: { capacity: 1, overflow: 'reject' } })),
    })
    const party = await runtime.parties.create()
    const dog = party.agent('dog')
    await dog.send(command({ word: 'rest' }))
    await party.idle()
    const first = dog.ask(trick, { name: 'roll' })
    await expect(dog.ask(trick, { name: 'roll' })).rejects.toBeInstanceOf(AskRefusedError)
    await dog.stop()
    await expect(first).rejects.toBeInstanceOf(AskStoppedError)
  })

  it('rejects when its signal is aborted, before or meanwhile', async () => {
    const { runtime, dog } = await start()
    const reason = new Error('changed my mind')
    await expect(dog.ask(trick, { name: 'roll' }, { signal: AbortSignal.abort(reason) })).rejects.toBeInstanceOf(
      AskCancelledError,
    )
    const controller = new AbortController()
    const waiting = dog.ask(trick, { name: 'silence' }, { signal: controller.signal })
    controller.abort(reason)
    await expect(waiting).rejects.toMatchObject({ code: 'ASK_CANCELLED', cause: reason })
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('is seen to fail, also when it fails before anybody was asked', async () => {
    const { runtime, dog } = await start()
    const codes: string[] = []
    runtime.bus.subscribe(askFailed, ({ data }) => codes.push(`${data.code} ${data.from} ${data.to}`))
    await dog.ask(trick, { name: 'roll' }, { signal: AbortSignal.abort() }).catch(() => {})
    await dog.stop()
    await dog.ask(trick, { name: 'roll' }).catch(() => {})
    await runtime.idle()
    expect(codes).toEqual(['ASK_CANCELLED outside party/p1/dog', 'ASK_STOPPED outside party/p1/dog'])
  })

  it('rejects a question that its schema refuses', async () => {
    const { runtime } = await start()
    await expect(Reflect.apply(runtime.ask, runtime, ['party/p1/dog', trick, { name: 7 }])).rejects.toBeInstanceOf(
      EventPayloadError,
    )
  })
})

it('a request that is not to be kept leaves nothing of it in the journal, nor does its reply', async () => {
  const aside = defineRequest('pets.aside', {
    input: z.object({ secret: z.string() }),
    output: z.object({ answer: z.string() }),
    persist: false,
  })
  const whisperer = defineAgent({
    name: 'whisperer',
    hears: [aside],
    says: [aside],
    machine: setup({ types: agentTypes({ context: {}, hears: [aside], says: [aside] }) }).createMachine({
      on: { 'pets.aside': { actions: emit(({ event }) => aside.reply(event, { answer: event.data.secret })) } },
    }),
  })
  const journal = memoryJournal()
  const { runtime } = await startRuntime({ agents: [whisperer], journal })
  expect(await runtime.ask('runtime/whisperer', aside, { secret: 'bone' })).toEqual({ answer: 'bone' })
  const kept: string[] = []
  for await (const frame of journal.read('runtime')) kept.push(JSON.stringify(frame))
  expect(kept.length).toBeGreaterThan(1)
  expect(kept.join('\n')).not.toContain('bone')
})
