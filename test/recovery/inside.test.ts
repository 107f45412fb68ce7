import {
  agentTypes,
  defineAgent,
  defineEvent,
  effect,
  type Journal,
  memoryJournal,
  type TimersAfterRestart,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import {
  type ActorRefFrom,
  type AnyStateMachine,
  assign,
  cancel,
  createActor,
  createMachine,
  emit,
  raise,
  SimulatedClock,
  sendTo,
  setup,
} from 'xstate'
import * as z from 'zod'
import { atEveryAppend, createProgram } from '../support/program.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const go = defineEvent('inside.go', z.object({ how: z.string() }))
const more = defineEvent('inside.more', z.object({ n: z.int() }))
const rang = defineEvent('inside.rang', z.object({}))
const context: { ref: unknown; count: number } = { ref: undefined, count: 0 }
const types = agentTypes({ context, hears: [go], says: [rang] })

const machine = (config: object, implementations: object = {}): AnyStateMachine =>
  createMachine(config as never, implementations as never) as never

const second = { target: 'second' }
const states = { first: { on: { ring: 'second' } }, second: { type: 'final' } }
const waiting = (after: object, delays: Record<string, number | (() => number)> = {}) =>
  machine({ initial: 'first', states: { first: { after }, second: { type: 'final' } } }, { delays })

/** Machines inside agents that are over after 1,500 ms, each by a timer of another kind. */
const kids: Readonly<Record<string, AnyStateMachine>> = {
  'a number': waiting({ 1_500: second }),
  'a named delay': waiting({ soon: second }, { soon: 1_500 }),
  'a computed delay': waiting({ soon: second }, { soon: () => 1_500 }),
  'a raise': machine({ initial: 'first', entry: raise({ type: 'ring' }, { delay: 1_500, id: 'ring' }), states }),
  'an event to itself': machine({
    initial: 'first',
    entry: sendTo(({ self }) => self, { type: 'ring' }, { delay: 1_500 }),
    states,
  }),
  'two after another': machine({
    initial: 'zeroth',
    states: { zeroth: { after: { 500: 'first' } }, first: { after: { 1_000: 'second' } }, second: { type: 'final' } },
  }),
  'a machine two levels down': machine(
    {
      initial: 'first',
      states: { first: { invoke: { id: 'inner', src: 'inner', onDone: 'second' } }, second: { type: 'final' } },
    },
    { actors: { inner: waiting({ 1_500: second }) } },
  ),
}

const invoking = (kid: AnyStateMachine) =>
  setup({ types, actors: { kid } }).createMachine({
    context,
    initial: 'idle',
    states: {
      idle: { on: { 'inside.go': 'waiting' } },
      waiting: { invoke: { id: 'kid', src: 'kid', onDone: { target: 'over', actions: emit(() => rang({})) } } },
      over: {},
    },
  })

const spawning = (kid: AnyStateMachine) =>
  setup({ types, actors: { kid } }).createMachine({
    context,
    initial: 'idle',
    states: {
      idle: {
        on: {
          'inside.go': { target: 'waiting', actions: assign({ ref: ({ spawn }) => spawn('kid', { id: 'kid' }) }) },
        },
      },
      waiting: { on: { 'xstate.done.actor.kid': { target: 'over', actions: emit(() => rang({})) } } as never },
      over: {},
    },
  })

const agentOf = (machine: ReturnType<typeof invoking>, timers: TimersAfterRestart = 'absolute') =>
  defineAgent({ name: 'host', machine, hears: [go], says: [rang], timers })

const cases = Object.entries(kids).flatMap(([name, kid]) => [
  [`${name}, of a machine that is invoked`, agentOf(invoking(kid))] as const,
  [`${name}, of a machine that is spawned`, agentOf(spawning(kid) as never)] as const,
])

describe('a timer inside a machine inside an agent', () => {
  it.each(cases)('fires at its time in the next process: %s', async (_, agent) => {
    const program = createProgram()
    const first = await program.start({ agents: [agent] })
    await first.bus.publish(go({ how: '' }))
    await first.idle()
    program.clock.advance(500)
    await first.idle()
    program.clock.advance(200)
    await first.idle()
    const next = await program.start({ agents: [agent] })
    program.clock.advance(799)
    await next.idle()
    expect(next.agent('host').snapshot()?.value).toBe('waiting')
    program.clock.advance(1)
    await settle()
    expect(next.agent('host').snapshot()?.value).toBe('over')
    await next.idle()
    const third = await program.start({ agents: [agent] })
    program.clock.advance(10_000)
    await third.idle()
    expect(third.bus.history({ type: rang.type })).toHaveLength(1)
  })

  it.each([
    ['absolute', 300],
    ['remaining', 800],
    ['restart', 1_500],
  ] as const)('follows the rule of its agent: %s', async (timers, left) => {
    const agent = agentOf(invoking(waiting({ 1_500: second })), timers)
    const program = createProgram()
    const first = await program.start({ agents: [agent] })
    await first.bus.publish(go({ how: '' }))
    await first.idle()
    program.clock.advance(700)
    await first.stop()
    // No process runs for half a second.
    program.clock.advance(500)
    const next = await program.start({ agents: [agent] })
    program.clock.advance(left - 1)
    await next.idle()
    expect(next.agent('host').snapshot()?.value).toBe('waiting')
    program.clock.advance(1)
    await settle()
    expect(next.agent('host').snapshot()?.value).toBe('over')
  })

  it.each([
    ['before a timer of its agent with a later time', 1_000, 2_000, 'in time'],
    ['after a timer of its agent with an earlier time', 2_000, 1_000, 'too late'],
  ])('fires %s, if both were due while no process ran', async (_, own, limit, end) => {
    const kid = waiting({ [own]: second })
    const machine = setup({ types, actors: { kid } }).createMachine({
      context,
      initial: 'idle',
      states: {
        idle: { on: { 'inside.go': 'waiting' } },
        waiting: { invoke: { id: 'kid', src: 'kid', onDone: 'in time' }, after: { [limit]: 'too late' } },
        'in time': {},
        'too late': {},
      },
    })
    const program = createProgram()
    const first = await program.start({ agents: [agentOf(machine as never)] })
    await first.bus.publish(go({ how: '' }))
    await first.idle()
    program.crash()
    program.clock.advance(5_000)
    const next = await program.start({ agents: [agentOf(machine as never)] })
    program.clock.advance(0)
    await settle()
    expect(next.agent('host').snapshot()?.value).not.toBe('waiting')
    expect(next.agent('host').snapshot()?.value).toBe(end)
  })

  it('fires once, wherever the process ends', async () => {
    const agent = agentOf(invoking(kids['two after another'] ?? waiting({})))
    await atEveryAppend(async ending => {
      const program = createProgram()
      const isEnded = await program.until(ending, { agents: [agent] }, async runtime => {
        await runtime.bus.publish(go({ how: '' }))
        for (let ms = 0; ms < 1_600; ms += 100) {
          program.clock.advance(100)
          await runtime.idle()
        }
      })
      const next = await program.start({ agents: [agent] })
      await next.idle()
      if (next.agent('host').snapshot()?.value === 'idle') await next.bus.publish(go({ how: '' }))
      for (let ms = 0; ms < 1_600; ms += 100) {
        program.clock.advance(100)
        await next.idle()
      }
      expect(next.agent('host').snapshot()?.value).toBe('over')
      expect(next.bus.history({ type: rang.type })).toHaveLength(1)
      return isEnded
    })
  })
})

describe('outside work of a machine inside an agent', () => {
  const pausing = setup({
    actors: { one: effect('one', () => 'a'), two: effect('two', () => 'b') },
  }).createMachine({
    initial: 'first',
    states: {
      first: { invoke: { id: 'one', src: 'one', onDone: 'pause' } },
      pause: { after: { 500: 'second' } },
      second: { invoke: { id: 'two', src: 'two', onDone: 'third' } },
      third: { type: 'final' },
    },
  })

  it('is done once and ends, wherever the process ends', async () => {
    const agent = agentOf(invoking(pausing))
    await atEveryAppend(async ending => {
      const program = createProgram()
      const run = async (runtime: Awaited<ReturnType<typeof program.start>>) => {
        await runtime.idle()
        if (runtime.agent('host').snapshot()?.value === 'idle') await runtime.bus.publish(go({ how: '' }))
        for (let ms = 0; ms < 1_000; ms += 250) {
          await runtime.idle()
          program.clock.advance(250)
        }
        await runtime.idle()
      }
      const isEnded = await program.until(ending, { agents: [agent] }, run)
      const next = await program.start({ agents: [agent] })
      await run(next)
      expect(next.agent('host').snapshot()?.value).toBe('over')
      const frames = await program.frames('runtime')
      const entries = frames.flatMap(frame => frame.entries)
      const count = (kind: string) => entries.filter(entry => entry.kind === kind).length
      expect([count('effect'), count('outcome')]).toEqual([2, 2])
      return isEnded
    })
  })
})

describe('two timers of one id', () => {
  const ringing = setup({ types: agentTypes({ context, hears: [go], says: [] }) }).createMachine({
    context,
    on: {
      'inside.go': [
        {
          guard: ({ event }: { event: ReturnType<typeof go> }) => event.data.how === 'cancel',
          actions: cancel('ring'),
        },
        { actions: raise({ type: 'ring' } as never, { delay: 100, id: 'ring' }) },
      ],
      ring: { actions: assign({ count: ({ context }: { context: { count: number } }) => context.count + 1 }) },
    } as never,
  })
  const agents = [defineAgent({ name: 'host', machine: ringing, hears: [go], says: [] })]
  const stories: readonly (readonly (string | number)[])[] = [
    ['set', 40, 'set', 200],
    ['set', 40, 'set', 'cancel', 200],
    ['set', 40, 'set', 70, 'cancel', 200],
    ['set', 'set', 'cancel', 'cancel', 200],
    ['set', 120, 'set', 'cancel', 200],
  ]

  it.each(stories.map(story => [story.join(' '), story] as const))(
    'fire and are cancelled as in XState, with a new process before each event: %s',
    async (_, story) => {
      const clock = new SimulatedClock()
      const bare = createActor(ringing, { clock }).start()
      const program = createProgram()
      let runtime = await program.start({ agents })
      for (const act of story) {
        if (typeof act === 'number') {
          clock.increment(act)
          program.clock.advance(act)
        } else {
          bare.send(go({ how: act }))
          await runtime.bus.publish(go({ how: act }))
        }
        await runtime.idle()
        runtime = await program.start({ agents })
        await runtime.idle()
      }
      expect(runtime.agent('host').snapshot()?.context).toEqual(bare.getSnapshot().context)
    },
  )
})

it('actors that were spawned without ids keep theirs, however many are spawned in later processes', async () => {
  const kid = setup({ types: { context: {} as { n: number }, input: {} as { n: number } } }).createMachine({
    context: ({ input }) => input,
  })
  const hears = [more, go]
  const brood: { refs: readonly ActorRefFrom<typeof kid>[]; seen: readonly number[] } = { refs: [], seen: [] }
  const machine = setup({ types: agentTypes({ context: brood, hears, says: [] }), actors: { kid } }).createMachine({
    context: brood,
    on: {
      'inside.go': {
        actions: assign({ seen: ({ context }) => context.refs.map(ref => ref.getSnapshot().context.n) }),
      },
      'inside.more': {
        actions: assign({
          refs: ({ context, event, spawn }) => [...context.refs, spawn('kid', { input: { n: event.data.n } })],
        }),
      },
    },
  })
  const agents = [defineAgent({ name: 'mother', hears, says: [], machine })]
  const inner = memoryJournal()
  // The counter of XState is global in this process. Higher numbers stand for the ids of an earlier process.
  const journal: Journal = {
    ...inner,
    close: async () => {},
    async saved(partition) {
      const { checkpoints, ...saved } = await inner.saved(partition)
      const counted = (text: string) => text.replaceAll(/x:(\d+)/g, (_, n: string) => `x:${Number(n) + 25}`)
      const later = [...checkpoints].map(([name, one]) => [name, JSON.parse(counted(JSON.stringify(one)))] as const)
      return { ...saved, checkpoints: new Map(later) }
    },
  }
  const numbers: number[] = []
  for (const many of [10, 50, 0]) {
    const { runtime } = await startRuntime({ agents, journal })
    for (let times = 0; times < many; times++) {
      numbers.push(numbers.length)
      await runtime.bus.publish(more({ n: numbers.length - 1 }))
    }
    await runtime.bus.publish(go({ how: 'see' }))
    await runtime.idle()
    expect(runtime.agent('mother').snapshot()?.context).toMatchObject({ seen: numbers })
    await runtime.stop()
  }
})

it('actors in a context are restored in each process, also if nothing happens in between', async () => {
  const kid = createMachine({})
  const brood: { refs: readonly ActorRefFrom<typeof kid>[] } = { refs: [] }
  const machine = setup({
    types: agentTypes({ context: brood, hears: [more], says: [] }),
    actors: { kid },
  }).createMachine({
    context: brood,
    on: { 'inside.more': { actions: assign({ refs: ({ context, spawn }) => [...context.refs, spawn('kid')] }) } },
  })
  const agents = [defineAgent({ name: 'mother', hears: [more], says: [], machine })]
  const program = createProgram()
  const runtime = await program.start({ agents })
  await runtime.bus.publish(more({ n: 1 }))
  await program.start({ agents })
  const third = await program.start({ agents })
  expect(third.agent('mother').snapshot()?.context).toMatchObject({ refs: [{ id: expect.any(String) }] })
})
