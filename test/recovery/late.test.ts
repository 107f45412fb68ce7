import { type Agent, agentTypes, ask, child, defineAgent, defineEvent, defineRequest, effect, type Frame } from 'troupe'
import { expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { atFrame, createProgram } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const go = defineEvent('late.go', z.object({}))
const done = defineEvent('late.done', z.object({ what: z.string() }))
const price = defineRequest('late.price', { input: z.object({}), output: z.object({ euros: z.int() }) })

/** Waits for an effect, for the answer to a request and for a timer at the same time. */
const workerAgent = (work: () => Promise<string> | string) => {
  const machine = setup({
    types: agentTypes({ context: {}, hears: [go], says: [done] }),
    actors: { work: effect('work', work), price: ask(price) },
    actions: { say: emit((_, { what }: { what: string }) => done({ what })) },
  }).createMachine({
    context: {},
    type: 'parallel',
    states: {
      work: {
        initial: 'idle',
        states: {
          idle: { on: { 'late.go': 'busy' } },
          busy: {
            invoke: {
              id: 'work',
              src: 'work',
              onDone: { target: 'idle', actions: { type: 'say', params: { what: 'effect' } } },
            },
          },
        },
      },
      price: {
        initial: 'idle',
        states: {
          idle: { on: { 'late.go': 'busy' } },
          busy: {
            invoke: {
              id: 'price',
              src: 'price',
              input: {},
              onDone: { target: 'idle', actions: { type: 'say', params: { what: 'ask' } } },
            },
          },
        },
      },
      clock: {
        initial: 'idle',
        states: {
          idle: { on: { 'late.go': 'busy' } },
          busy: { after: { 1_000: { target: 'idle', actions: { type: 'say', params: { what: 'timer' } } } } },
        },
      },
    },
  })
  return defineAgent({ name: 'worker', machine, hears: [go], says: [done] })
}

const shopMachine = setup({ types: agentTypes({ context: {}, hears: [price, go], says: [price] }) }).createMachine({
  context: {},
  initial: 'closed',
  states: {
    closed: { tags: 'busy', on: { 'late.go': 'open' } },
    open: { on: { 'late.price': { actions: emit(({ event }) => price.reply(event, { euros: 3 })) } } },
  },
})
const shop = defineAgent({ name: 'shop', machine: shopMachine, hears: [price, go], says: [price] })

it('an unregistered agent goes on with its effect, its ask and its timer when it is spawned again', async () => {
  const program = createProgram()
  const options = { agents: [shop], events: [go, done] }
  const first = await program.start(options)
  await first.spawn(workerAgent(() => new Promise<never>(() => {})))
  await first.agent('worker').send(go({}))
  await settle()
  expect(JSON.stringify(first.agent('worker').snapshot()?.value)).toContain('"clock":"busy"')
  program.clock.advance(400)
  const second = await program.start(options)
  await second.idle()
  await second.spawn(workerAgent(() => 'done'))
  await second.agent('shop').send(go({}))
  program.clock.advance(600)
  const said = () => second.bus.history({ type: done.type }).map(({ data }) => (data as { what: string }).what)
  await settle()
  expect(said()).toHaveLength(3)
  expect(said().toSorted()).toEqual(['ask', 'effect', 'timer'])
  expect(second.agent('worker')).toMatchObject({ incarnation: 1 })
})

it('an unregistered agent keeps the runtime from being idle until it is spawned again', async () => {
  const program = createProgram()
  const options = { agents: [shop], events: [go, done] }
  const first = await program.start(options)
  await first.spawn(workerAgent(() => new Promise<never>(() => {})))
  await first.agent('worker').send(go({}))
  await settle()
  expect(JSON.stringify(first.agent('worker').snapshot()?.value)).toContain('"clock":"busy"')
  const second = await program.start(options)
  const { reason, waitingFor } = await second.idle()
  expect(reason).toBe('waiting')
  expect(waitingFor).toContainEqual({ agent: 'runtime/worker', what: 'spawn', name: 'worker' })
  await second.spawn(workerAgent(() => 'done'))
  await second.agent('shop').send(go({}))
  program.clock.advance(1_000)
  expect(await second.idle()).toEqual({ reason: 'settled', waitingFor: [] })
})

it('children and grandchildren go on with their work when their parent is spawned again', async () => {
  const above = (name: string, below: Agent) =>
    defineAgent({
      name,
      hears: [],
      says: [],
      machine: setup({
        types: agentTypes({ context: {}, hears: [], says: [] }),
        actors: { below: child(below) },
      }).createMachine({ context: {}, invoke: { id: 'below', src: 'below' } }),
    })
  const chief = (work: () => Promise<string> | string) => above('chief', above('boss', workerAgent(work)))
  const program = createProgram()
  const options = { agents: [shop], events: [go, done] }
  const first = await program.start(options)
  await first.spawn(chief(() => new Promise<never>(() => {})))
  await first.idle()
  await first.agent('chief/below/below').send(go({}))
  await settle()
  expect(JSON.stringify(first.agent('chief/below/below').snapshot()?.value)).toContain('"clock":"busy"')
  program.clock.advance(400)
  const second = await program.start(options)
  await second.idle()
  await second.spawn(chief(() => 'done'))
  await second.agent('shop').send(go({}))
  program.clock.advance(600)
  const said = () => second.bus.history({ type: done.type }).map(({ data }) => (data as { what: string }).what)
  await settle()
  expect(said()).toHaveLength(3)
  expect(said().toSorted()).toEqual(['ask', 'effect', 'timer'])
  expect(second.agent('chief/below/below')).toMatchObject({ incarnation: 1 })
})

it('an agent goes on with its work when it is spawned while other events are published all the time', async () => {
  const noise = defineEvent('late.noise', z.object({}))
  const program = createProgram({ pace: () => 1 })
  const options = { agents: [shop], events: [go, done, noise] }
  const first = await program.start(options)
  await first.spawn(workerAgent(() => new Promise<never>(() => {})))
  await first.agent('worker').send(go({}))
  await settle()
  expect(JSON.stringify(first.agent('worker').snapshot()?.value)).toContain('"clock":"busy"')
  const second = await program.start(options)
  let isThere = false
  const publish = async (times: number) => {
    for (let n = 0; n < times; n++) await second.bus.publish(noise({}))
  }
  const spawned = second.spawn(workerAgent(() => 'done')).then(() => {
    isThere = true
  })
  // At any time, one of the events is on its way to the journal.
  await Promise.all([publish(50), Promise.resolve().then(() => publish(50))])
  expect(isThere).toBe(true)
  await spawned
  await second.agent('shop').send(go({}))
  program.clock.advance(1_000)
  const said = () => second.bus.history({ type: done.type }).map(({ data }) => (data as { what: string }).what)
  await settle()
  expect(said()).toHaveLength(3)
  expect(said().toSorted()).toEqual(['ask', 'effect', 'timer'])
})

it.each([
  ['without events', 0],
  ['also after other events', 3],
])('the rest of the time of a timer does not change before its agent is spawned, %s', async (_, events) => {
  const machine = setup({ types: agentTypes({ context: {}, hears: [], says: [] }) }).createMachine({
    context: {},
    initial: 'waiting',
    states: { waiting: { after: { 10_000: 'over' } }, over: {} },
  })
  const agent = defineAgent({ name: 'sleeper', machine, hears: [], says: [], timers: 'remaining' })
  const program = createProgram()
  const first = await program.start({ events: [go] })
  await first.spawn(agent)
  program.clock.advance(4_000)
  await first.stop()
  program.clock.advance(1_000)
  const second = await program.start({ events: [go] })
  for (let n = 0; n < events; n++) {
    program.clock.advance(7_000)
    await second.bus.publish(go({}))
  }
  await second.spawn(agent)
  program.clock.advance(5_999)
  await settle()
  expect(second.agent('sleeper').snapshot()).toBeDefined()
  await second.idle()
  expect(second.agent('sleeper').snapshot()?.value).toBe('waiting')
  program.clock.advance(1)
  await settle()
  expect(second.agent('sleeper').snapshot()?.value).toBe('over')
})

it('a child misses no event while its parent is not ready', async () => {
  const got: { words: readonly string[] } = { words: [] }
  const heard = defineAgent({
    name: 'below',
    hears: [done],
    says: [],
    machine: setup({ types: agentTypes({ context: got, hears: [done], says: [] }) }).createMachine({
      context: got,
      on: {
        'late.done': {
          actions: assign(({ context, event }) => ({ words: [...context.words, event.data.what] })),
        },
      },
    }),
  })
  let ready = Promise.resolve()
  let begun = 0
  const above = () =>
    defineAgent({
      name: 'above',
      hears: [],
      says: [],
      onInit: () => {
        begun++
        return ready
      },
      machine: setup({
        types: agentTypes({ context: {}, hears: [], says: [] }),
        actors: { below: child(heard) },
      }).createMachine({ context: {}, invoke: { id: 'below', src: 'below' } }),
    })
  const program = createProgram()
  const first = await program.start({ events: [done] })
  await first.spawn(above())
  await first.idle()
  await first.bus.publish(done({ what: '1' }))
  await first.idle()
  const second = await program.start({ events: [done] })
  await second.bus.publish(done({ what: '2' }))
  const { promise, resolve } = Promise.withResolvers<void>()
  ready = promise
  const spawning = second.spawn(above())
  await settle()
  expect(begun).toBe(2)
  await second.bus.publish(done({ what: '3' }))
  resolve()
  await spawning
  await second.idle()
  await second.bus.publish(done({ what: '4' }))
  await second.idle()
  expect(second.agent('above/below').snapshot()?.context).toEqual({ words: ['1', '2', '3', '4'] })
})

const ending = (restart: 'transient' | 'temporary', failure?: unknown) =>
  defineAgent({
    name: 'kid',
    hears: [go],
    says: [],
    restart,
    machine: setup({ types: agentTypes({ context: {}, hears: [go], says: [] }) }).createMachine({
      context: {},
      initial: 'on',
      states: {
        on: { on: { 'late.go': 'off' } },
        off:
          failure === undefined
            ? { type: 'final' }
            : {
                entry: assign(() => {
                  throw failure
                }),
              },
      },
    }),
  })

it.each([
  ['is done', 'transient', undefined, 'done'],
  ['has failed for good', 'temporary', new Error('failed'), 'failed'],
] as const)(
  'a parent gets the end of its child, which %s just before the process ended',
  async (_, restart, failure, state) => {
    const machine = setup({
      types: agentTypes({ context: {}, hears: [], says: [] }),
      actors: { kid: child(ending(restart, failure)) },
    }).createMachine({
      context: {},
      initial: 'waiting',
      states: {
        waiting: { invoke: { id: 'kid', src: 'kid', onDone: 'done', onError: 'failed' } },
        done: {},
        failed: {},
      },
    })
    const parent = defineAgent({ name: 'parent', hears: [], says: [], machine })
    const program = createProgram()
    const isLast = ({ cause }: Frame) => cause.kind === 'step' && cause.type === go.type
    await program.until(atFrame(isLast, 'cut'), { events: [go] }, async runtime => {
      await runtime.spawn(parent)
      await runtime.idle()
      await runtime.agent('parent/kid').send(go({}))
      await runtime.idle()
    })
    const next = await program.start({ events: [go] })
    await next.spawn(parent)
    await next.idle()
    expect(next.agent('parent').snapshot()).toMatchObject({ value: state })
  },
)
