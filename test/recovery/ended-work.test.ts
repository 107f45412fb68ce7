import { agentTypes, ask, child, defineAgent, defineEvent, defineRequest, effect } from 'troupe'
import { beforeEach, describe, expect, it } from 'vitest'
import { assign, emit, sendParent, setup, spawnChild } from 'xstate'
import * as z from 'zod'
import { createProgram } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const price = defineRequest('ended.price', { input: z.object({}), output: z.object({ euros: z.int() }) })
const reported = defineEvent('ended.reported', z.object({}))
const look = defineEvent('ended.look', z.object({}))
const calls: string[] = []
beforeEach(() => void calls.splice(0))

const shopMachine = setup({ types: agentTypes({ context: {}, hears: [price], says: [price] }) }).createMachine({
  context: {},
  on: {
    'ended.price': {
      actions: [() => void calls.push('asked'), emit(({ event }) => price.reply(event, { euros: 3 }))],
    },
  },
})
const shop = defineAgent({ name: 'shop', machine: shopMachine, hears: [price], says: [price] })
const kidMachine = setup({ types: agentTypes({ context: {}, hears: [], says: [] }) }).createMachine({
  context: {},
  entry: () => void calls.push('born'),
  initial: 'over',
  states: { over: { type: 'final' } },
})
const kid = defineAgent({ name: 'kid', machine: kidMachine, hears: [], says: [] })

const pay = effect('pay', () => void calls.push('paid'))
const fail = effect('fail', () => {
  calls.push('failed')
  throw new RangeError('no money')
})
const inner = setup({ actors: { pay } }).createMachine({ invoke: { id: 'pay', src: 'pay' } })

const context: { ended: number } = { ended: 0 }
const { createMachine } = setup({
  types: agentTypes({ context, hears: [], says: [reported] }),
  actors: { pay, fail, price: ask(price), kid: child(kid), inner },
  actions: { count: assign(({ context: { ended } }) => ({ ended: ended + 1 })), report: emit(() => reported({})) },
})
const both = ['count' as const, 'report' as const]

/** Agents that stay in the state whose work has ended. */
const stayers = {
  'an effect': createMachine({ context, invoke: { id: 'w', src: 'pay', onDone: { actions: both } } }),
  'an effect that failed': createMachine({ context, invoke: { id: 'w', src: 'fail', onError: { actions: both } } }),
  'an ask': createMachine({ context, invoke: { id: 'w', src: 'price', input: {}, onDone: { actions: both } } }),
  'a child': createMachine({ context, invoke: { id: 'w', src: 'kid', onDone: { actions: both } } }),
  'an effect that was spawned': createMachine({
    context,
    entry: assign(({ spawn, context: kept }) => {
      spawn('pay', { id: 'w' })
      return kept
    }),
    on: { 'xstate.done.actor.w': { actions: both } } as never,
  }),
}

const quiet = setup({
  types: agentTypes({ context: {}, hears: [], says: [] }),
  actors: { pay, price: ask(price), kid: child(kid) },
})
const lost = { target: 'lost' as const }
const states = { lost: {} }

/** Agents that stay in a state whose work has ended, and do not handle its end. */
const ignoring = {
  'without onDone': quiet.createMachine({
    context: {},
    initial: 'here',
    states: { ...states, here: { invoke: { id: 'w', src: 'pay', onError: lost } } },
  }),
  'with a guard that says no': quiet.createMachine({
    context: {},
    initial: 'here',
    states: {
      ...states,
      here: { invoke: { id: 'w', src: 'pay', onDone: { guard: () => false, ...lost }, onError: lost } },
    },
  }),
  'an ask': quiet.createMachine({
    context: {},
    initial: 'here',
    states: { ...states, here: { invoke: { id: 'w', src: 'price', input: {}, onError: lost } } },
  }),
  'a child': quiet.createMachine({
    context: {},
    initial: 'here',
    states: { ...states, here: { invoke: { id: 'w', src: 'kid', onError: lost } } },
  }),
  'an effect that was spawned': quiet.createMachine({
    context: {},
    entry: spawnChild('pay', { id: 'w' }),
    initial: 'here',
    states: { ...states, here: {} },
  }),
}

describe('work that has ended while its state goes on', () => {
  it.each(Object.entries(stayers))('is not done again by later processes: %s', async (_, machine) => {
    const stayer = defineAgent({ name: 'stayer', machine, hears: [], says: [reported] })
    const program = createProgram()
    const options = { agents: [shop, stayer], registered: [kid] }
    const first = await program.start(options)
    await settle()
    expect(first.agent('stayer').snapshot()?.context).toBeDefined()
    expect(calls).toHaveLength(1)
    await first.idle()
    const second = await program.start(options)
    await second.idle()
    await second.stop()
    const third = await program.start(options)
    await third.idle()
    expect(calls).toHaveLength(1)
    expect(third.agent('stayer').snapshot()).toMatchObject({ context: { ended: 1 } })
    expect(third.bus.history({ type: reported.type })).toHaveLength(1)
  })

  it('is not done again by later processes if a machine inside an agent wanted it', async () => {
    const machine = setup({ types: agentTypes({ context: {}, hears: [], says: [] }), actors: { inner } }).createMachine(
      {
        context: {},
        invoke: { id: 'inner', src: 'inner' },
      },
    )
    const holder = defineAgent({ name: 'holder', machine, hears: [], says: [] })
    const program = createProgram()
    const first = await program.start({ agents: [holder] })
    await first.idle()
    for (let process = 2; process < 4; process++) await (await program.start({ agents: [holder] })).idle()
    expect(calls).toEqual(['paid'])
  })

  it.each(Object.entries(ignoring))(
    'is not done again by later processes if its agent ignores its end: %s',
    async (_, machine) => {
      const holder = defineAgent({ name: 'holder', machine, hears: [], says: [] })
      const program = createProgram()
      const states: unknown[] = []
      for (let process = 1; process < 4; process++) {
        const runtime = await program.start({ agents: [shop, holder], registered: [kid] })
        await settle()
        expect(calls.length).toBeGreaterThan(0)
        await runtime.idle()
        states.push(runtime.agent('holder').snapshot()?.value)
        expect(runtime.agent('holder').incarnation).toBe(1)
      }
      expect(calls).toHaveLength(1)
      expect(states).toEqual(['here', 'here', 'here'])
    },
  )

  it('keeps its end for a machine inside, also if the agent ignores what that machine sends', async () => {
    const inner = setup({ actors: { pay } }).createMachine({
      initial: 'paying',
      states: {
        paying: {
          invoke: {
            src: 'pay',
            onDone: { target: 'paid', actions: sendParent({ type: 'progress' }) },
            onError: 'lost',
          },
        },
        paid: {},
        lost: {},
      },
    })
    const context: { inside: unknown } = { inside: undefined }
    const machine = setup({ types: agentTypes({ context, hears: [look], says: [] }), actors: { inner } }).createMachine(
      {
        context,
        invoke: { id: 'inner', src: 'inner' },
        on: {
          'ended.look': {
            actions: assign({ inside: ({ self }) => self.getSnapshot().children['inner']?.getSnapshot().value }),
          },
        },
      },
    )
    const holder = defineAgent({ name: 'holder', machine, hears: [look], says: [] })
    const program = createProgram()
    await (await program.start({ agents: [holder] })).idle()
    const second = await program.start({ agents: [holder] })
    await second.bus.publish(look({}))
    await second.idle()
    expect(second.agent('holder').snapshot()?.context).toEqual({ inside: 'paid' })
    expect(calls).toEqual(['paid'])
  })
})
