import { agentTypes, defineAgent, defineEvent, effect, systemError } from 'troupe'
import { heldJournal } from 'troupe/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { assign, emit, fromPromise, raise, sendParent, sendTo, setup } from 'xstate'
import * as z from 'zod'
import { barked, command, dogAgent, petsParty, runnerAgent, trainerAgent, trick } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const go = defineEvent('stray.go', z.object({ how: z.string() }))
const said = defineEvent('stray.said', z.object({ text: z.string() }))
const hears = [go]
const says = [said]
const context: { found: string } = { found: '' }
const types = agentTypes({ context, hears, says })

describe('what is meant for one agent', () => {
  it.each(['dog', 'rex'])('is heard by no agent outside the party, not even one that is called %s', async name => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    await runtime.spawn(dogAgent(), { name })
    const party = await runtime.parties.create({ id: 'p1' })
    await party.agent('dog').send(command({ word: 'sit' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: barked.type })).toMatchObject([{ source: 'party/p1/dog' }])
    expect(runtime.bus.metrics()).toMatchObject({ created: 1, handled: 1 })
  })
})

describe('somebody else who throws', () => {
  it.each(['party', 'agent'] as const)('as watcher of a %s is reported, and harms nobody', async what => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const party = await runtime.parties.create({ id: 'p1' })
    const fails = () => {
      throw new Error('watcher')
    }
    if (what === 'party') party.watch(fails)
    else party.agent('dog').watch(fails)
    await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await runtime.bus.publish(command({ word: 'stay' }), { party: 'p1' })
    await party.idle()
    expect(party.state.barks).toBe(2)
    expect(runtime.bus.history({ type: systemError.type })[0]).toMatchObject({ data: { code: 'WATCHER_FAILED' } })
  })

  it.each(['party', 'agent', 'runtime'] as const)('as watcher of a %s may reject as well', async what => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const party = await runtime.parties.create({ id: 'p1' })
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    onTestFinished(() => void process.off('unhandledRejection', unhandled))
    const fails = async () => {
      throw new Error('watcher')
    }
    if (what === 'party') party.watch(fails)
    else if (what === 'agent') party.agent('dog').watch(fails)
    else runtime.observe(fails)
    await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await party.idle()
    await settle()
    expect(runtime.bus.history({ type: systemError.type }).length).toBeGreaterThan(0)
    expect(runtime.bus.history({ type: systemError.type })[0]).toMatchObject({
      data: { code: 'WATCHER_FAILED', stack: expect.stringContaining('Error: watcher') },
    })
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('may throw anything: symbols, objects without a prototype, errors whose message is no text', async () => {
    const odd = [
      Symbol('odd'),
      Object.create(null),
      Object.assign(new Error('odd'), { message: { no: 'text' } }),
      undefined,
    ]
    for (const thrown of odd) {
      const { runtime } = await startRuntime({ party: petsParty(runnerAgent(async () => Promise.reject(thrown))) })
      runtime.bus.subscribe(command, () => {
        throw thrown
      })
      const party = await runtime.parties.create()
      await runtime.bus.publish(command({ word: 'run' }), { party: party.id })
      await party.idle()
      expect(runtime.bus.history({ type: barked.type })).toMatchObject([{ data: { word: 'tired' } }])
    }
  })

  it('a subscriber that publishes is told of after what it was told of, to all in the same order', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const orders: string[][] = [[], []]
    runtime.bus.subscribe('pets.*', ({ type, data }) => {
      orders[0]?.push(type)
      if (type === command.type) void runtime.bus.publish({ type: 'pets.glance', data: { at: JSON.stringify(data) } })
    })
    runtime.bus.subscribe('pets.*', ({ type }) => orders[1]?.push(type))
    await runtime.bus.publish(command({ word: 'sit' }))
    expect(orders[0]).toEqual(['pets.command', 'pets.glance'])
    expect(orders[1]).toEqual(orders[0])
  })
})

describe("children of XState's own kinds", () => {
  const promising = (then: 'idle' | 'searching') =>
    setup({
      types,
      actors: {
        wait: fromPromise(async () => 'waited'),
        search: effect('search', async () => 'found'),
      },
    }).createMachine({
      context,
      initial: 'idle',
      states: {
        idle: {
          on: {
            'stray.go': [
              { guard: ({ event }) => event.data.how === 'wait', target: 'waiting' },
              { actions: emit(said({ text: 'heard' })) },
            ],
          },
        },
        waiting: { tags: 'busy', invoke: { id: 'wait', src: 'wait', onDone: then } },
        searching: {
          tags: 'busy',
          invoke: { id: 'search', src: 'search', onDone: { target: 'idle', actions: emit(said({ text: 'found' })) } },
        },
      },
    })

  it.each([
    ['hands over the mail that waited', 'idle', ['heard']],
    ['may go on to outside work', 'searching', ['found', 'heard']],
  ] as const)('a promise that ends %s', async (_, then, texts) => {
    const agent = defineAgent({ name: 'stray', machine: promising(then), hears, says })
    const { runtime } = await startRuntime({ agents: [agent] })
    await runtime.bus.publish(go({ how: 'wait' }))
    await runtime.bus.publish(go({ how: 'second' }))
    await settle()
    expect(runtime.bus.history({ type: said.type })).toHaveLength(texts.length)
    expect(runtime.bus.history({ type: said.type }).map(({ data }) => data)).toEqual(texts.map(text => ({ text })))
  })

  it('may be sent an event by the state that they leave with', async () => {
    const machine = setup({ types, actors: { wait: fromPromise(() => new Promise(() => {})) } }).createMachine({
      context,
      initial: 'on',
      states: {
        on: {
          invoke: { id: 'wait', src: 'wait' },
          exit: sendTo('wait', { type: 'bye' }),
          on: { 'stray.go': { target: 'off', actions: emit(said({ text: 'off' })) } },
        },
        off: {},
      },
    })
    const { runtime } = await startRuntime({ agents: [defineAgent({ name: 'stray', machine, hears, says })] })
    await runtime.bus.publish(go({ how: 'off' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: said.type })).toHaveLength(1)
    expect(runtime.bus.history({ type: 'agent.failed' })).toEqual([])
  })
})

describe('outside work that one step wants', () => {
  it('twice under one id runs twice, under keys of its own', async () => {
    const keys: string[] = []
    const search = effect('search', async (_: undefined, { key }) => {
      keys.push(key)
      return key
    })
    const machine = setup({ types, actors: { search } }).createMachine({
      context,
      type: 'parallel',
      states: Object.fromEntries(
        ['left', 'right'].map(side => [
          side,
          {
            initial: 'idle',
            states: {
              idle: { on: { 'stray.go': 'working' } },
              working: { invoke: { id: `search-${side}`, src: 'search' as const, onDone: 'idle' } },
            },
          },
        ]),
      ),
    })
    const { runtime } = await startRuntime({ agents: [defineAgent({ name: 'stray', machine, hears, says })] })
    await runtime.bus.publish(go({ how: 'work' }))
    expect(await runtime.idle()).toMatchObject({ reason: 'settled' })
    expect(new Set(keys).size).toBe(2)
  })

  it('left and entered again in the same step runs once, for the second time', async () => {
    let runs = 0
    const search = effect('search', async () => `run ${++runs}`)
    const machine = setup({ types, actors: { search } }).createMachine({
      context,
      initial: 'idle',
      states: {
        idle: {
          on: { 'stray.go': { target: 'working', actions: raise({ type: 'stray.go', data: { how: 'again' } }) } },
        },
        working: {
          tags: 'busy',
          invoke: {
            id: 'search',
            src: 'search',
            onDone: { target: 'idle', actions: emit(({ event }) => said({ text: event.output })) },
          },
          on: { 'stray.go': { target: 'working', reenter: true } },
        },
      },
    })
    const { runtime } = await startRuntime({ agents: [defineAgent({ name: 'stray', machine, hears, says })] })
    await runtime.bus.publish(go({ how: 'work' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: said.type }).map(({ data }) => data)).toEqual([{ text: 'run 1' }])
  })

  it('spawned in assign waits for its frame, and is dropped when the step fails', async () => {
    const journal = heldJournal()
    let runs = 0
    const search = effect('search', async () => ++runs)
    const machine = setup({ types, actors: { search } }).createMachine({
      context,
      on: {
        'stray.go': [
          {
            guard: ({ event }) => event.data.how === 'boom',
            actions: [
              assign(({ spawn }) => ({ found: spawn('search', { id: 'search' }).id })),
              assign(() => {
                throw new Error('boom')
              }),
            ],
          },
          { actions: assign(({ spawn }) => ({ found: spawn('search', { id: 'search' }).id })) },
        ],
      },
    })
    const agent = defineAgent({ name: 'stray', machine, hears, says })
    const { runtime } = await startRuntime({ agents: [agent], journal })
    journal.hold()
    const published = runtime.bus.publish(go({ how: 'spawn' }))
    await settle()
    expect(runtime.bus.metrics().handled).toBe(1)
    expect(runs).toBe(0)
    journal.release()
    await published
    await runtime.idle()
    expect(runs).toBe(1)
    await runtime.bus.publish(go({ how: 'boom' }))
    await runtime.idle()
    expect(runs).toBe(1)
  })
})

describe('an answer that is in a frame', () => {
  const oneShot = () => {
    const machine = setup({ types: agentTypes({ context, hears: [trick], says: [trick] }) }).createMachine({
      context,
      initial: 'waiting',
      states: {
        waiting: {
          on: { 'pets.trick': { target: 'over', actions: emit(({ event }) => trick.reply(event, { done: 'once' })) } },
        },
        over: { type: 'final' },
      },
    })
    return defineAgent({ name: 'one-shot', machine, hears: [trick], says: [trick], restart: 'temporary' })
  }

  it('stands, whatever becomes of the agent that gave it', async () => {
    const { runtime } = await startRuntime({ party: petsParty(trainerAgent('runtime/one-shot')), agents: [oneShot()] })
    const party = await runtime.parties.create({ inputs: ['roll'] })
    await party.idle()
    expect(party.state.said).toEqual(['once'])
  })
})

describe('timers', () => {
  it('that an agent cancels while they wait for their turn do not fire', async () => {
    const machine = setup({ types }).createMachine({
      context,
      initial: 'outer',
      states: {
        outer: {
          after: { 1_000: { target: 'outer', reenter: true } },
          initial: 'inner',
          states: {
            inner: { after: { 1_000: { target: 'done', actions: emit(said({ text: 'too early' })) } } },
            done: {},
          },
        },
      },
    })
    const { runtime, clock } = await startRuntime({ agents: [defineAgent({ name: 'stray', machine, hears, says })] })
    clock.advance(1_000)
    await runtime.idle()
    expect(runtime.bus.history({ type: said.type })).toEqual([])
  })

  it('that are no number fire at once, and stop no others', async () => {
    const machine = setup({ types, delays: { odd: () => Number.NaN } }).createMachine({
      context,
      initial: 'on',
      states: { on: { after: { odd: { target: 'off', actions: emit(said({ text: 'off' })) } } }, off: {} },
    })
    const odd = defineAgent({ name: 'stray', machine, hears, says })
    const { runtime, clock } = await startRuntime({ agents: [odd, dogAgent()] })
    await runtime.bus.publish(command({ word: 'nap' }))
    await runtime.idle()
    clock.advance(1_000)
    await runtime.idle()
    await runtime.bus.publish(command({ word: 'sit' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: barked.type })).toHaveLength(1)
  })

  it('cannot carry orders to the supervisor', async () => {
    const machine = setup({ types }).createMachine({
      context,
      on: { 'stray.go': { actions: sendParent({ type: 'stray.said' }, { delay: 10 }) } },
    })
    const { runtime } = await startRuntime({ agents: [defineAgent({ name: 'stray', machine, hears, says })] })
    await runtime.bus.publish(go({ how: 'parent' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: 'agent.failed' })).toHaveLength(1)
  })
})
