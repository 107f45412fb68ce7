import {
  ask,
  askMany,
  child,
  createRuntime,
  defineAgent,
  defineEvent,
  defineParty,
  definePool,
  defineRequest,
  defineSupervisor,
  effect,
  persistBy,
  TroupeError,
  UnknownOptionError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { barked, command, dogAgent, inputAdded, inputRemoved, petsParty, trick } from './support/pets.ts'
import { startRuntime } from './support/runtime.ts'

/** What somebody gives who has no compiler: anything. */
// oxlint-disable-next-line typescript/no-explicit-any
const loose = (given: unknown): any => given

const started = async () => {
  const dogs = definePool({ name: 'dogs', agent: dogAgent(), size: 1 })
  const { runtime } = await startRuntime({ party: petsParty(dogAgent()), agents: [dogAgent(), dogs] })
  return runtime
}
type Started = Awaited<ReturnType<typeof started>>

/** The error of something that throws or rejects. */
const errorOf = async (what: () => unknown) => {
  try {
    await what()
  } catch (error) {
    if (TroupeError.is(error)) return error
    throw error
  }
  throw new Error('it was taken')
}

const typo = loose({ typo: 1 })
const inputs = { added: inputAdded, removed: inputRemoved }
const dog = dogAgent()
const plain = { name: 'dog', machine: dog.machine, hears: [command], says: [barked] }
const pets = { name: 'pets', agents: [], events: [barked], inputs, state: { initial: {}, on: {} } }

describe('an option that nobody knows is refused', () => {
  it('with the one that was meant', async () => {
    const error = await errorOf(() => createRuntime(loose({ rateLimits: true })))
    expect(error).toBeInstanceOf(UnknownOptionError)
    expect(error).toMatchObject({ code: 'OPTION_UNKNOWN', of: 'createRuntime', option: 'rateLimits' })
    expect(error.message).toContain('Did you mean "rateLimit"?')
  })

  it.each<[string, () => unknown]>([
    ['createRuntime', () => createRuntime(typo)],
    ['limits', () => createRuntime({ limits: typo })],
    ['rateLimit', () => createRuntime({ rateLimit: typo })],
    ['the source of a rateLimit', () => createRuntime({ rateLimit: { source: typo } })],
    ['snapshots', () => createRuntime({ snapshots: typo })],
    ['deadLetters', () => createRuntime({ deadLetters: typo })],
    ['pulse', () => createRuntime({ pulse: typo })],
    ['defineEvent', () => defineEvent('a.b', z.object({}), typo)],
    ['defineRequest', () => defineRequest('a.b', loose({ input: z.object({}), output: z.object({}), typo: 1 }))],
    ['defineAgent', () => defineAgent(loose({ ...dogAgent(), typo: 1 }))],
    ['a mailbox', () => dogAgent({ mailbox: typo })],
    ['ask', () => ask(trick, typo)],
    ['askMany', () => askMany(trick, typo)],
    ['effect', () => effect('sniff', () => {}, typo)],
    ['the backoff of an effect', () => effect('sniff', () => {}, { backoff: loose({ initial: 1, typo: 1 }) })],
    ['defineParty', () => defineParty(loose({ ...pets, typo: 1 }))],
    ['the state of a party', () => defineParty(loose({ ...pets, state: { initial: {}, on: {}, typo: 1 } }))],
    ['definePool', () => definePool(loose({ name: 'dogs', agent: dogAgent(), size: 1, typo: 1 }))],
    ['defineSupervisor', () => defineSupervisor(loose({ name: 'vet', agents: [dogAgent()], typo: 1 }))],
  ])('by %s', async (_, make) => {
    expect(await errorOf(make)).toMatchObject({ code: 'OPTION_UNKNOWN' })
  })

  it.each<[string, (runtime: Started) => unknown]>([
    ['publish', ({ bus }) => bus.publish(command({ word: 'sit' }), typo)],
    ['subscribe', ({ bus }) => bus.subscribe(command, () => {}, typo)],
    ['subscribe, durable', ({ bus }) => bus.subscribe(command, () => {}, loose({ durable: 'ledger', typo: 1 }))],
    ['events', ({ bus }) => bus.events(command, typo)],
    ['events, with what only functions have', ({ bus }) => bus.events(command, loose({ durable: 'ledger' }))],
    ['errors', ({ bus }) => bus.errors(() => {}, typo)],
    ['history', ({ bus }) => bus.history(typo)],
    ['replay', ({ bus }) => bus.replay(typo, () => {})],
    ['replay, how', ({ bus }) => bus.replay({}, () => {}, typo)],
    ['deadLetters.list', ({ bus }) => bus.deadLetters.list(typo)],
    ['deadLetters.redrive', ({ bus }) => bus.deadLetters.redrive(typo)],
    ['deadLetters.purge', ({ bus }) => bus.deadLetters.purge(typo)],
    ['send', runtime => runtime.agent('dog').send(command({ word: 'sit' }), typo)],
    ['ask', runtime => runtime.ask('runtime/dog', trick, { name: 'roll' }, typo)],
    ['askMany', runtime => runtime.askMany(['runtime/dog'], trick, { name: 'roll' }, typo)],
    ['agent.ask', runtime => runtime.agent('dog').ask(trick, { name: 'roll' }, typo)],
    ['handle', runtime => runtime.handle(trick, () => ({ done: 'x' }), typo)],
    ['spawn', runtime => runtime.spawn(dogAgent(), typo)],
    ['parties.create', ({ parties }) => parties.create(typo)],
    ['parties.list', ({ parties }) => parties.list(typo)],
    ['parties.delete', ({ parties }) => parties.delete('p1', typo)],
    ['party.addInput', async ({ parties }) => (await parties.create()).addInput('sit', typo)],
    ['party.removeInput', async ({ parties }) => (await parties.create()).removeInput('i1', undefined, typo)],
    ['party.update', async ({ parties }) => (await parties.create()).update(typo)],
    ['party.update, how', async ({ parties }) => (await parties.create()).update({ add: ['sit'] }, typo)],
    ['pool.send', runtime => runtime.pool('dogs').send(command({ word: 'sit' }), typo)],
    ['pool.ask', runtime => runtime.pool('dogs').ask(trick, { name: 'roll' }, typo)],
    ['idle', runtime => runtime.idle(typo)],
    ['stop', runtime => runtime.stop(typo)],
  ])('by %s', async (_, call) => {
    const runtime = await started()
    expect(await errorOf(() => call(runtime))).toMatchObject({ code: 'OPTION_UNKNOWN' })
  })
})

describe('a word that is none of those which an option takes is refused', () => {
  it.each(['restart', 'onRestart', 'onCrash', 'timers'])('by defineAgent, as %s', async option => {
    const error = await errorOf(() => defineAgent(loose({ ...plain, [option]: 'sometimes' })))
    expect(error).toMatchObject({ code: 'OPTION_VALUE', of: 'agent "dog"', option, received: 'sometimes' })
    expect(error.message).toMatch(/"sometimes".*Use "\w+"/)
  })

  it('by effect, as inDoubt', async () => {
    const make = () => effect('sniff', () => {}, { inDoubt: loose('sometimes') })
    expect(await errorOf(make)).toMatchObject({ code: 'OPTION_VALUE', option: 'inDoubt' })
  })
})

describe('nothing where a definition belongs is refused', () => {
  const party = { name: 'pets', agents: [], events: [barked], inputs }
  const state = { initial: {}, on: {} }
  const agent = plain

  it.each<[string, () => unknown]>([
    ['events', () => createRuntime({ events: [command, loose(undefined)] })],
    ['agents', () => createRuntime({ agents: [loose(undefined)] })],
    ['registered', () => createRuntime({ registered: [loose(undefined)] })],
    ['hears', () => defineAgent(loose({ ...agent, hears: [undefined] }))],
    ['says', () => defineAgent(loose({ ...agent, says: [undefined] }))],
    ['agents of a party', () => defineParty(loose({ ...party, state, agents: [undefined] }))],
    ['events of a party', () => defineParty(loose({ ...party, state, events: [undefined] }))],
    [
      'inputs of a party',
      () => defineParty(loose({ ...party, state, inputs: { added: undefined, removed: undefined } })),
    ],
    ['ask', () => ask(loose(undefined))],
    ['askMany', () => askMany(loose(undefined))],
    ['child', () => child(loose(undefined))],
    ['persistBy', () => persistBy({ types: [loose(undefined)] })],
  ])('by %s', async (_, make) => {
    const error = await errorOf(make)
    expect(error).toMatchObject({ code: 'DEFINITION_MISSING', received: 'undefined' })
    expect(error.message).toContain('import')
  })

  it.each<[string, (runtime: Started, nothing: ReturnType<typeof loose>) => unknown]>([
    ['publish', ({ bus }, nothing) => bus.publish(nothing)],
    ['subscribe', ({ bus }, nothing) => bus.subscribe(nothing, () => {})],
    ['subscribe to several', ({ bus }, nothing) => bus.subscribe([command, nothing], () => {})],
    ['subscribe, durable', ({ bus }, nothing) => bus.subscribe(nothing, () => {}, { durable: 'ledger' })],
    ['events', ({ bus }, nothing) => bus.events(nothing)],
    ['send', (runtime, nothing) => runtime.agent('dog').send(nothing)],
    ['ask', (runtime, nothing) => runtime.ask('runtime/dog', nothing, {})],
    ['askMany', (runtime, nothing) => runtime.askMany(['runtime/dog'], nothing, {})],
    ['agent.ask', (runtime, nothing) => runtime.agent('dog').ask(nothing, {})],
    ['handle', (runtime, nothing) => runtime.handle(nothing, () => loose({}))],
    ['spawn', (runtime, nothing) => runtime.spawn(nothing)],
  ])('by %s', async (_, call) => {
    const runtime = await started()
    for (const nothing of [undefined, null])
      expect(await errorOf(() => call(runtime, loose(nothing)))).toMatchObject({ code: 'DEFINITION_MISSING' })
  })
})
