import {
  type Agent,
  agentTypes,
  createRuntime,
  DuplicateNameError,
  defineAgent,
  defineParty,
  definePool,
  defineSupervisor,
  MissingDefinitionError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { command, dogAgent, inputAdded, inputRemoved, petsParty, trainerAgent, trick } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const dog = dogAgent()
const kennel = defineSupervisor({ name: 'kennel', agents: [dogAgent()] })

describe('two agents with the same name', () => {
  it.each([
    ['two agents', [dog, dogAgent()]],
    ['one below a supervisor', [dog, kennel]],
    ['a supervisor', [kennel, { ...dog, name: 'kennel' }]],
    ['a pool', [dog, definePool({ name: 'dog', agent: dog, size: 2 })]],
  ])('are refused when the party is declared: %s', (_, agents) => {
    const inputs = { added: inputAdded, removed: inputRemoved }
    const declare = () => defineParty({ name: 'pets', agents, events: [], inputs, state: { initial: {}, on: {} } })
    expect(declare).toThrow(DuplicateNameError)
    expect(declare).toThrow(/of the party "pets" are called "(dog|kennel)"/)
  })

  it('are refused when the runtime is created', () => {
    expect(() => createRuntime({ agents: [dog, dogAgent()] })).toThrow(/of the runtime are called "dog"/)
  })
})

describe('a request that no agent hears', () => {
  const party = petsParty(trainerAgent(undefined))

  async function warningsOf(options: { readonly agents?: readonly Agent[]; readonly registered?: readonly Agent[] }) {
    const { runtime } = await startRuntime({ ...options, party })
    return runtime.bus.history({ type: 'system.error' }).map(({ data }) => data)
  }

  it('gives a warning at the start, with the agent that asks', async () => {
    expect(await warningsOf({})).toMatchObject([
      {
        severity: 'warning',
        code: 'ASK_UNHEARD',
        message: expect.stringContaining('Agent "trainer" asks "pets.trick"'),
      },
    ])
  })

  it.each([
    ['an agent outside the parties hears it', { agents: [dog] }],
    ['an agent that is spawned later hears it', { registered: [dog] }],
  ])('gives no warning if %s', async (_, options) => {
    expect(await warningsOf(options)).toEqual([])
  })

  it('gives no warning if a handler answers it', async () => {
    const runtime = createRuntime({ party, log: 'silent' })
    runtime.handle(trick, () => ({ done: 'roll' }))
    await runtime.start()
    expect(runtime.bus.history({ type: 'system.error' })).toEqual([])
    await runtime.stop()
  })
})

describe('an initial context that an agent changes in place', () => {
  const context: { words: string[]; seen: Map<string, number> } = { words: [], seen: new Map() }
  const types = agentTypes({ context, hears: [command], says: [] })

  it.each<[string, (own: typeof context) => unknown]>([
    ['an array', ({ words }) => words.push('sit')],
    ['a map', ({ seen }) => seen.set('sit', 1)],
  ])('fails the step if other agents share it, and stays unchanged for them: %s', async (_, change) => {
    const { runtime } = await startRuntime()
    const machine = setup({ types }).createMachine({
      context,
      on: {
        'pets.command': {
          actions: assign(({ context }) => {
            change(context)
            return context
          }),
        },
      },
    })
    await runtime.spawn(defineAgent({ name: 'dog', machine, types }))
    await runtime.bus.publish(command({ word: 'sit' }))
    await runtime.idle()
    expect(runtime.bus.deadLetters.list()).toMatchObject([{ to: 'runtime/dog', reason: 'failed' }])
    const other = await runtime.spawn(defineAgent({ name: 'cat', machine, types }))
    expect(other.snapshot()?.context).toEqual({ words: [], seen: new Map() })
  })

  it('is refused if the application changes its object later', () => {
    const initial = { words: ['sit'] }
    const types = agentTypes({ context: initial, hears: [], says: [] })
    defineAgent({ name: 'dog', machine: setup({ types }).createMachine({ context: initial }), types })
    expect(() => (initial.words = [])).toThrow(TypeError)
    expect(() => initial.words.push('roll')).toThrow(TypeError)
  })

  it.each([
    ['by itself', {}],
    ['by its first state', { entry: () => {} }],
    ['by eventless transitions', { always: { guard: () => false } }],
  ])('is separate for each agent if it is a field of the context, in a machine that starts %s', async (_, config) => {
    const { runtime } = await startRuntime()
    const machine = setup({ types }).createMachine({
      ...config,
      context,
      on: {
        'pets.command': {
          actions: assign(({ context }) => {
            context.words = ['sit']
            return context
          }),
        },
      },
    })
    const dog = await runtime.spawn(defineAgent({ name: 'dog', machine, types }))
    const twin = await runtime.spawn(defineAgent({ name: 'twin', machine, types }))
    await dog.send(command({ word: 'sit' }))
    await runtime.idle()
    const cat = await runtime.spawn(defineAgent({ name: 'cat', machine, types }))
    const words = [dog, twin, cat].map(one => one.snapshot()?.context)
    expect(words).toMatchObject([{ words: ['sit'] }, { words: [] }, { words: [] }])
  })
})

describe('a part that is missing in a definition', () => {
  const types = agentTypes({ context: {}, hears: [command], says: [] })
  const machine = setup({ types }).createMachine({ context: {} })
  const inputs = { added: inputAdded, removed: inputRemoved }
  const pets = { name: 'pets', agents: [], events: [], inputs, state: { initial: {}, on: {} } }

  /** As a program without types may write it. */
  function without<O extends object>(key: keyof O, options: O): O {
    const others = { ...options }
    Reflect.deleteProperty(others, key)
    return others
  }

  it.each([
    [
      'the list of events that an agent hears',
      () => defineAgent(without('types', { name: 'dog', machine, types })),
      'hears of agent "dog" was given undefined where a list of definitions belongs',
    ],
    [
      'the machine of an agent',
      () => defineAgent(without('machine', { name: 'dog', machine, types })),
      'agent "dog" was given undefined where a machine belongs',
    ],
    [
      "a party's events",
      () => defineParty(without('events', pets)),
      'events of party "pets" was given undefined where a list of definitions belongs',
    ],
  ])('is named in the error of the declaration: %s', (_, declare, sentence) => {
    expect(declare).toThrow(MissingDefinitionError)
    expect(declare).toThrow(sentence)
  })
})
