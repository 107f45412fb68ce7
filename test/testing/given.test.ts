import {
  agentTypes,
  ask,
  child,
  defineAgent,
  defineEvent,
  definePartitionKind,
  defineParty,
  defineRequest,
  effect,
} from 'troupe'
import { createTestRuntime, given, script } from 'troupe/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { assign, cancel, createMachine, emit, raise, setup } from 'xstate'
import * as z from 'zod'

const added = defineEvent('cafe.input.added', z.object({ inputId: z.string(), content: z.string() }))
const removed = defineEvent('cafe.input.removed', z.object({ inputId: z.string() }))
const ordered = defineEvent('cafe.ordered', z.object({ cakes: z.int().min(1) }))
const tasted = defineEvent('cafe.tasted', z.object({}))
const served = defineEvent('cafe.served', z.object({ cakes: z.int(), euros: z.int() }))
const sorry = defineEvent('cafe.sorry', z.object({ why: z.string() }))
const price = defineRequest('cafe.price', { input: z.object({ cakes: z.int() }), output: z.object({ euros: z.int() }) })
const open = defineRequest('cafe.open', { input: z.object({}), output: z.object({ isOpen: z.boolean() }) })

const types = agentTypes({
  context: { cakes: 0, euros: 0 },
  hears: [ordered, tasted, open],
  says: [served, sorry, open],
})
const because = (error: unknown) => (error instanceof Error ? error.message : 'nobody knows')

const bake = effect('bake', ({ cakes }: { cakes: number }) => cakes)

/** Asks for the price, bakes, and serves; gives up on the price after a minute. */
const baker = defineAgent({
  name: 'baker',
  types,
  machine: setup({
    types,
    actors: { price: ask(price), bake },
  }).createMachine({
    id: 'baker',
    context: { cakes: 0, euros: 0 },
    initial: 'free',
    on: { 'cafe.open': { actions: emit(({ event }) => open.reply(event, { isOpen: true })) } },
    states: {
      free: { on: { 'cafe.ordered': { target: 'asking', actions: assign(({ event }) => event.data) } } },
      asking: {
        tags: 'busy',
        after: { 60_000: { target: 'free', actions: emit(() => sorry({ why: 'no price came' })) } },
        invoke: {
          id: 'price',
          src: 'price',
          input: ({ context: { cakes } }) => ({ cakes }),
          onDone: { target: 'baking', actions: assign(({ event }) => ({ euros: event.output.euros })) },
          onError: { target: 'free', actions: emit(({ event }) => sorry({ why: because(event.error) })) },
        },
      },
      baking: {
        tags: 'busy',
        invoke: {
          id: 'bake',
          src: 'bake',
          input: ({ context: { cakes } }) => ({ cakes }),
          onDone: { target: 'free', actions: emit(({ context: { cakes, euros } }) => served({ cakes, euros })) },
        },
      },
    },
  }),
})

/** Sets and cancels timers of one id. */
const counter = defineAgent({
  name: 'counter',
  hears: [ordered, tasted],
  says: [],
  machine: setup({
    types: agentTypes({ context: { log: '' }, hears: [ordered, tasted], says: [] }),
    actors: { bake },
  }).createMachine({
    id: 'counter',
    context: { log: '' },
    initial: 'waiting',
    on: {
      'cafe.ordered': [
        { guard: ({ event }) => event.data.cakes === 1, actions: raise(tasted({}), { id: 'a', delay: 100 }) },
        {
          guard: ({ event }) => event.data.cakes === 2,
          actions: raise(ordered({ cakes: 9 }), { id: 'a', delay: 200 }),
        },
        { guard: ({ event }) => event.data.cakes === 3, actions: cancel('a') },
        { actions: assign({ log: ({ context }) => `${context.log}y` }) },
      ],
      'cafe.tasted': { actions: assign({ log: ({ context }) => `${context.log}x` }) },
    },
    states: {
      waiting: {},
      counting: {
        invoke: {
          id: 'bake',
          src: 'bake',
          input: { cakes: 1 },
          onDone: { actions: assign({ log: ({ event }) => `${event.output}` }) },
        },
      },
      restless: { after: { 0: { target: 'restless', reenter: true } } },
    },
  }),
})

describe('an agent that is given', () => {
  it('gives the next state, the context and what it wants of each event, as data', () => {
    const cook = given(baker)
    expect(cook.first).toMatchObject({ state: 'free', says: [], asks: [], runs: [] })
    expect(cook.when(ordered({ cakes: 2 }))).toMatchObject({
      outcome: 'handled',
      state: 'asking',
      context: { cakes: 2, euros: 0 },
      says: [],
      asks: [{ id: 'price', kind: 'ask', name: 'cafe.price', input: { cakes: 2 } }],
      timers: [60_000],
    })
    expect(cook.done('price', { euros: 9 })).toMatchObject({
      state: 'baking',
      runs: [{ id: 'bake', kind: 'effect', name: 'bake', input: { cakes: 2 } }],
    })
    expect(cook.done('bake', 2)).toMatchObject({
      state: 'free',
      says: [{ type: 'cafe.served', data: { cakes: 2, euros: 9 } }],
    })
  })

  it('begins in any state with any context, and gets the outcome of what that state asks', () => {
    const cook = given(baker, { state: 'asking', context: { cakes: 3, euros: 0 } })
    expect(cook.first).toMatchObject({ state: 'asking', asks: [] })
    expect(cook.done('price', { euros: 1 })).toMatchObject({ state: 'baking', context: { cakes: 3, euros: 1 } })
    const unlucky = given(baker, { state: 'asking', context: { cakes: 3, euros: 0 } })
    expect(unlucky.failed('price', new Error('sold out')).says).toEqual([sorry({ why: 'sold out' })])
  })

  it('gets outcomes by the request or effect, with its types, where an invoke has no id of its own', () => {
    const cook = given(baker, { state: 'asking', context: { cakes: 3, euros: 0 } })
    // @ts-expect-error: another output
    expect(() => cook.done(price, { euros: 'nine' })).toThrow(expect.objectContaining({ code: 'EVENT_PAYLOAD' }))
    expect(cook.done(price, { euros: 9 })).toMatchObject({ state: 'baking' })
    // @ts-expect-error: another output
    expect(() => given(baker).done(bake, 'two')).toThrow(
      'Agent "baker" waits for no outcome of "bake". It waits for: nothing.',
    )
    expect(cook.done(bake, 3)).toMatchObject({ says: [served({ cakes: 3, euros: 9 })] })
  })

  it('lets its timers fire, also those of a given state, and drops what it no longer wants', () => {
    const cook = given(baker)
    cook.when(ordered({ cakes: 2 }))
    expect(cook.pass('59 s')).toMatchObject({ state: 'asking', says: [] })
    expect(cook.pass('1 s')).toMatchObject({ state: 'free', says: [sorry({ why: 'no price came' })], drops: ['price'] })
    expect(cook.pass('1 h')).toMatchObject({ state: 'free', outcome: 'ignored' })
    const late = given(baker, { state: 'asking' })
    expect(late.pass('1 min')).toMatchObject({ state: 'free', says: [sorry({ why: 'no price came' })] })
  })

  it('drops the work of a given state that it leaves, and gets its outcome once', () => {
    const late = given(baker, { state: 'asking' })
    expect(late.pass('1 min')).toMatchObject({ state: 'free', drops: ['price'] })
    expect(() => late.done('price', { euros: 1 })).toThrow(expect.objectContaining({ code: 'LONE_WORK' }))
    const eager = given(counter, { state: 'counting', context: { log: '' } })
    expect(eager.done('bake', 1)).toMatchObject({ context: { log: '1' }, drops: [] })
    expect(() => eager.done('bake', 1)).toThrow(expect.objectContaining({ code: 'LONE_WORK' }))
  })

  it('ends with an error where its timers let no time pass', () => {
    const restless = given(counter, { state: 'restless', context: { log: '' } })
    expect(() => restless.pass('1 s')).toThrow(expect.objectContaining({ code: 'LONE_TIMERS', agent: 'counter' }))
  })

  it.each([
    ['the newest timer of an id, once', [2, 2, 3, 3], 'y'],
    ['no other timer of an id that has fired', [1, -60, 1, -60, 3], 'xx'],
    ['no timer that is set after one of its id has fired', [1, -60, 2, -60, 3], 'xy'],
    ['a timer that is set again', [1, 3, 1], 'x'],
  ])('cancels %s, as a runtime does', async (_, steps, log) => {
    const alone = given(counter)
    const test = await createTestRuntime({ agents: [counter] })
    onTestFinished(() => test.stop())
    for (const step of steps) {
      if (step < 0) alone.pass(-step)
      else alone.when(ordered({ cakes: step }))
      if (step < 0) await test.pass(-step)
      else await test.runtime.bus.publish(ordered({ cakes: step }))
      await test.settle()
    }
    await test.pass('1 s')
    expect(alone.pass('1 s').context).toEqual({ log })
    expect(test.runtime.agent('counter').snapshot()?.context).toEqual({ log })
  })

  it('answers a request under its key', () => {
    const step = given(baker).when(open.asked({}, 'a1'))
    expect(step).toMatchObject({ answers: [{ type: 'cafe.open.reply', data: { isOpen: true }, ask: 'a1' }] })
  })

  it('shows an event that it ignores where it is', () => {
    expect(given(baker).when(tasted({}))).toMatchObject({ outcome: 'ignored', state: 'free' })
  })

  it('refuses what a runtime would not hand to it', () => {
    const cook = given(baker)
    // @ts-expect-error: it does not hear what it says
    expect(() => cook.when(served({ cakes: 1, euros: 1 }))).toThrow(expect.objectContaining({ code: 'LONE_UNHEARD' }))
    expect(() => cook.when({ type: 'cafe.ordered', data: { cakes: 0 } })).toThrow(
      expect.objectContaining({ code: 'EVENT_PAYLOAD' }),
    )
    cook.when(ordered({ cakes: 2 }))
    expect(() => cook.when(ordered({ cakes: 1 }))).toThrow(expect.objectContaining({ code: 'LONE_BUSY' }))
    expect(() => cook.done('bake', 2)).toThrow(expect.objectContaining({ code: 'LONE_WORK', work: 'bake' }))
    expect(() => cook.done('price', { euros: 'nine' })).toThrow(expect.objectContaining({ code: 'EVENT_PAYLOAD' }))
    // @ts-expect-error: no duration
    expect(() => cook.pass('soon')).toThrow(expect.objectContaining({ code: 'DURATION' }))
  })

  it('refuses what a runtime refuses in its step, and has ended then', () => {
    const types = agentTypes({ context: { made: {} }, hears: [ordered], says: [served] })
    const rude = defineAgent({
      name: 'rude',
      types,
      machine: setup({ types }).createMachine({
        id: 'rude',
        context: { made: {} },
        on: {
          'cafe.ordered': [
            {
              guard: ({ event }) => event.data.cakes === 1,
              // @ts-expect-error: a number is a text
              actions: emit(() => ({ type: 'cafe.served', data: { cakes: 'one', euros: 1 } })),
            },
            { guard: ({ event }) => event.data.cakes === 2, actions: assign(() => ({ made: () => 1 })) },
            {
              actions: () => {
                throw new Error('no flour')
              },
            },
          ],
        },
      }),
    })
    const when = (cakes: number) => given(rude).when(ordered({ cakes }))
    expect(() => when(1)).toThrow(expect.objectContaining({ code: 'EVENT_PAYLOAD' }))
    expect(() => when(2)).toThrow(expect.objectContaining({ code: 'VALUE' }))
    const cook = given(rude)
    expect(() => cook.when(ordered({ cakes: 3 }))).toThrow('no flour')
    expect(() => cook.when(ordered({ cakes: 1 }))).toThrow(expect.objectContaining({ code: 'LONE_ENDED' }))
  })

  it('refuses a state or a context that the machine cannot have', () => {
    expect(() => given(baker, { state: 'asleep' })).toThrow('asleep')
    expect(() => given(baker, { state: 'free', context: { cakes: () => 1 } })).toThrow(
      expect.objectContaining({ code: 'VALUE' }),
    )
  })

  it('has machines inside, and starts children as data', () => {
    const helper = defineAgent({
      name: 'helper',
      hears: [],
      says: [],
      machine: setup({ types: agentTypes({ context: {}, hears: [], says: [] }) }).createMachine({
        id: 'h',
        context: {},
      }),
    })
    const oven = createMachine({
      id: 'oven',
      initial: 'hot',
      states: { hot: { after: { 1_000: 'done' } }, done: { type: 'final' } },
    })
    const types = agentTypes({ context: { crusts: 0 }, hears: [], says: [tasted] })
    const chef = defineAgent({
      name: 'chef',
      types,
      machine: setup({ types, actors: { oven, helper: child(helper) } }).createMachine({
        id: 'chef',
        context: { crusts: 0 },
        invoke: [
          {
            id: 'oven',
            src: 'oven',
            onDone: { actions: [assign({ crusts: 4 }), emit(() => tasted({}))] },
          },
          { id: 'helper', src: 'helper' },
        ],
      }),
    })
    const cook = given(chef)
    expect(cook.first.starts).toMatchObject([{ id: 'helper', kind: 'child', name: 'helper' }])
    expect(cook.pass('1 s')).toMatchObject({ context: { crusts: 4 }, says: [{ type: 'cafe.tasted' }] })
  })

  it('comes to the same as in a runtime', async () => {
    const baking = script(bake).returns(2)
    const test = await createTestRuntime({ agents: [baker], events: [price], standIns: [baking], log: 'silent' })
    onTestFinished(() => test.stop())
    test.runtime.handle(price, () => ({ euros: 9 }))
    await test.runtime.bus.publish(ordered({ cakes: 2 }))
    await test.settle()
    const cook = given(baker)
    cook.when(ordered({ cakes: 2 }))
    cook.done('price', { euros: 9 })
    const { state, context, says } = cook.done('bake', 2)
    expect(test.runtime.agent('baker').snapshot()).toMatchObject({ value: state, context })
    expect(test.record.events.filter(({ source }) => source === 'runtime/baker')).toMatchObject(says)
  })
})

const cafe = defineParty({
  name: 'cafe',
  agents: [baker],
  events: [served],
  inputs: { added, removed },
  state: {
    initial: { euros: 0 },
    on: {
      'cafe.served': (state, { data }) => {
        if (data.cakes === 13) throw new Error('not thirteen')
        state.euros += data.euros
      },
    },
    completed: ({ euros }) => euros >= 10,
  },
})

describe('a state that is given', () => {
  it('is what the state of the party would be after each event', () => {
    const till = given(cafe, { euros: 3 })
    expect(till.state).toMatchObject({ euros: 3, status: 'planning', version: 0 })
    expect(till.when(served({ cakes: 1, euros: 4 }))).toMatchObject({ euros: 7, status: 'planning', version: 1 })
    expect(till.when(served({ cakes: 1, euros: 4 }))).toMatchObject({ euros: 11, status: 'completed' })
    expect(till.when(added({ inputId: 'i1', content: 'a table' })).inputs.has('i1')).toBe(true)
    expect(given(cafe).state).toMatchObject({ euros: 0 })
  })

  it('refuses what the party refuses', () => {
    const till = given(cafe)
    expect(() => till.when(tasted({}))).toThrow(expect.objectContaining({ code: 'EVENT_UNCHANGING' }))
    expect(() => till.when({ type: 'cafe.served', data: {} })).toThrow(
      expect.objectContaining({ code: 'EVENT_PAYLOAD' }),
    )
    expect(() => till.when(served({ cakes: 13, euros: 1 }))).toThrow(expect.objectContaining({ code: 'STATE_APPLY' }))
    expect(() => till.when(removed({ inputId: 'i1' }))).toThrow(expect.objectContaining({ code: 'INPUT_NOT_FOUND' }))
    // @ts-expect-error: no such state
    expect(() => given(cafe, { euros: 1, version: 3 })).toThrow(expect.objectContaining({ code: 'STATE_KEY' }))
    expect(till.state.euros).toBe(0)
  })

  it('is also that of another kind of partitions', () => {
    const kind = definePartitionKind({
      name: 'till',
      agents: [],
      events: [served],
      state: { initial: { cakes: 0 }, on: { 'cafe.served': (state, { data }) => void (state.cakes += data.cakes) } },
    })
    expect(given(kind).when(served({ cakes: 5, euros: 1 })).cakes).toBe(5)
  })
})
