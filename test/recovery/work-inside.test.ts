import { agentTypes, ask, defineAgent, defineEvent, defineRequest, effect } from 'troupe'
import { beforeEach, describe, expect, it } from 'vitest'
import { assign, emit, fromCallback, fromPromise, sendParent, sendTo, setup } from 'xstate'
import * as z from 'zod'
import { createProgram } from '../support/program.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const go = defineEvent('work-inside.go', z.object({}))
const off = defineEvent('work-inside.off', z.object({}))
const look = defineEvent('work-inside.look', z.object({}))
const price = defineRequest('work-inside.price', { input: z.object({}), output: z.object({ euros: z.int() }) })
const ran: string[] = []
let isHanging = false
beforeEach(() => {
  ran.splice(0)
  isHanging = false
})

const first = effect('first', () => void ran.push('first'))
const second = effect('second', () => void ran.push('second'))
const slow = effect('slow', () => {
  ran.push('slow')
  return isHanging ? new Promise<never>(() => {}) : Promise.resolve()
})
const hang = effect('hang', () => new Promise<never>(() => {}))

/** Sends `progress` to its agent, and then runs an effect. */
const telling = setup({ actors: { first } }).createMachine({
  initial: 'idle',
  states: {
    idle: { after: { 100: { target: 'working', actions: sendParent({ type: 'progress' }) } } },
    working: { invoke: { src: 'first', onDone: 'over' } },
    over: { type: 'final' },
  },
})
const working = setup({ actors: { second } }).createMachine({
  initial: 'idle',
  states: {
    idle: { on: { progress: 'working' } },
    working: { invoke: { src: 'second', onDone: 'over' } },
    over: { type: 'final' },
  },
})
const { createMachine } = setup({
  types: agentTypes({ context: {}, hears: [go], says: [] }),
  actors: { telling, working, second },
})
const invoke = [
  { id: 'telling', src: 'telling' as const, onError: '.failed' as const },
  { id: 'working', src: 'working' as const },
]

/** Agents that run an effect because of an event from the machine inside. */
const hearers = {
  'the agent': createMachine({
    context: {},
    invoke,
    initial: 'idle',
    states: { idle: { on: { progress: 'working' } as never }, working: { invoke: { src: 'second' } }, failed: {} },
  }),
  'another machine inside': createMachine({
    context: {},
    invoke,
    initial: 'idle',
    states: { idle: { on: { progress: { actions: sendTo('working', { type: 'progress' }) } } as never }, failed: {} },
  }),
}

/** Work without an entry in the journal. */
const strays = {
  'a promise': fromPromise(async () => {}),
  'a callback': fromCallback(({ sendBack }) => void setImmediate(() => sendBack({ type: 'go' }))),
}

/** A shop that takes requests only while it is open. */
const shop = defineAgent({
  name: 'shop',
  hears: [price, off],
  says: [price],
  machine: setup({ types: agentTypes({ context: {}, hears: [price, off], says: [price] }) }).createMachine({
    context: {},
    initial: 'closed',
    states: {
      closed: { tags: 'busy', on: { 'work-inside.off': 'open' } },
      open: {
        on: { 'work-inside.price': { actions: emit(({ event }) => price.reply(event, { euros: 3 })) } },
      },
    },
  }),
})

/** An agent that sends `go` to the machine inside it, and reads its state. */
function sender(src: 'slow' | 'price', onDone?: string) {
  const inner = setup({ actors: { slow, price: ask(price) } }).createMachine({
    initial: 'idle',
    states: { idle: { on: { go: 'working' } }, working: { invoke: { src, input: {}, onDone } }, over: {} },
  })
  const context: { inside: unknown } = { inside: undefined }
  const machine = setup({
    types: agentTypes({ context, hears: [go, look], says: [] }),
    actors: { inner },
  }).createMachine({
    context,
    invoke: { id: 'inner', src: 'inner' },
    on: {
      'work-inside.go': { actions: sendTo('inner', { type: 'go' }) },
      'work-inside.look': {
        actions: assign({ inside: ({ self }) => self.getSnapshot().children['inner']?.getSnapshot().value }),
      },
    },
  })
  return defineAgent({ name: 'sender', machine, hears: [go, look], says: [] })
}

const failing = defineAgent({
  name: 'failing',
  hears: [off],
  says: [],
  machine: setup({ types: agentTypes({ context: {}, hears: [off], says: [] }) }).createMachine({
    context: {},
    on: {
      'work-inside.off': {
        actions: assign(() => {
          throw new Error('failed')
        }),
      },
    },
  }),
})

describe('an effect of a machine inside an agent', () => {
  it('is in the journal before it begins, if an event from its agent makes the machine want it', async () => {
    isHanging = true
    const program = createProgram()
    const runtime = await program.start({ agents: [sender('slow', 'over')] })
    await runtime.bus.publish(go({}))
    await settle()
    expect(ran.length).toBeGreaterThan(0)
    const kinds = (await program.frames('runtime')).flatMap(frame => frame.entries.map(({ kind }) => kind))
    expect(kinds).toContain('effect')
  })

  it.each([
    ['alone', []],
    ['and another agent fails meanwhile', [off({})]],
  ])('is run again after a crash, if an event from its agent made the machine want it, %s', async (_, meanwhile) => {
    isHanging = true
    const program = createProgram()
    const first = await program.start({ agents: [sender('slow', 'over'), failing] })
    for (const event of [go({}), ...meanwhile]) await first.bus.publish(event)
    await settle()
    expect(ran.length).toBeGreaterThan(0)
    isHanging = false
    const second = await program.start({ agents: [sender('slow', 'over'), failing] })
    await second.idle()
    await second.bus.publish(look({}))
    await second.idle()
    expect(second.agent('sender').snapshot()?.context).toEqual({ inside: 'over' })
  })

  it('is not run again after its end, if its machine stays in the state that an event from its agent led to', async () => {
    const program = createProgram()
    const first = await program.start({ agents: [sender('slow')] })
    await first.bus.publish(go({}))
    await settle()
    expect(ran.length).toBeGreaterThan(0)
    await first.idle()
    for (let process = 2; process < 4; process++) await (await program.start({ agents: [sender('slow')] })).idle()
    expect(ran).toEqual(['slow'])
  })

  it.each([
    ['an event from its agent', { on: { go: 'on' } }],
    ['a timer of its own', { after: { 100: 'on' } }],
  ])('that is left as soon as it is wanted, because of %s, is not kept for ever', async (_, idle) => {
    const inner = setup({ actors: { hang } }).createMachine({
      initial: 'idle',
      states: {
        idle,
        on: { entry: sendTo(({ self }) => self, { type: 'leave' }), invoke: { src: 'hang' }, on: { leave: 'idle' } },
      },
    } as never)
    const machine = setup({
      types: agentTypes({ context: {}, hears: [go], says: [] }),
      actors: { inner },
    }).createMachine({
      context: {},
      invoke: { id: 'inner', src: 'inner' },
      on: { 'work-inside.go': { actions: sendTo('inner', { type: 'go' }) } },
    })
    const program = createProgram()
    const runtime = await program.start({ agents: [defineAgent({ name: 'host', machine, hears: [go], says: [] })] })
    for (let round = 0; round < 5; round++) {
      await runtime.bus.publish(go({}))
      program.clock.advance(100)
      await runtime.idle()
    }
    const known = new Set<string>()
    for (const { entries } of await program.frames('runtime'))
      for (const entry of entries) {
        if (entry.kind === 'effect') known.add(entry.key)
        if (entry.kind === 'dropped') known.delete(entry.key)
      }
    expect([...known]).toEqual([])
  })

  it.each(Object.entries(strays))('is run, and again after a crash, if %s leads to it', async (_, stray) => {
    isHanging = true
    const inner = setup({ actors: { stray, slow } }).createMachine({
      initial: 'first',
      states: {
        first: { invoke: { src: 'stray', onDone: 'second' }, on: { go: 'second' } },
        second: { invoke: { src: 'slow', onDone: 'over' } },
        over: { type: 'final' },
      },
    } as never)
    const machine = setup({
      types: agentTypes({ context: {}, hears: [], says: [] }),
      actors: { inner },
    }).createMachine({
      context: {},
      initial: 'on',
      states: { on: { invoke: { src: 'inner', onDone: 'over', onError: 'failed' } }, over: {}, failed: {} },
    })
    const agents = [defineAgent({ name: 'host', machine, hears: [], says: [] })]
    const program = createProgram()
    await program.start({ agents })
    await settle()
    expect(ran.length).toBeGreaterThan(0)
    isHanging = false
    const second = await program.start({ agents })
    await settle()
    expect(second.agent('host').snapshot()?.value).not.toBe('on')
    expect(second.agent('host').snapshot()?.value).toBe('over')
    expect(ran).toEqual(['slow', 'slow'])
  })

  it.each(Object.entries(hearers))(
    'runs beside an effect that is wanted at the same time by %s',
    async (_, machine) => {
      const { runtime, clock } = await startRuntime({
        agents: [defineAgent({ name: 'host', machine, hears: [go], says: [] })],
      })
      await runtime.idle()
      clock.advance(100)
      await settle()
      expect(ran.length).toBeGreaterThan(0)
      await runtime.idle()
      expect(ran.toSorted()).toEqual(['first', 'second'])
      expect(runtime.agent('host').snapshot()?.value).not.toBe('failed')
    },
  )

  it.each([
    [
      'its machine left its state',
      { initial: 'on', states: { on: { invoke: { src: 'hang' }, on: { off: 'off' } }, off: {} } },
    ],
    ['its machine stopped', { invoke: { src: 'hang' } }],
    [
      'its machine left its state before the effect could begin',
      { initial: 'on', states: { on: { invoke: { src: 'hang' }, always: 'off' }, off: {} } },
    ],
  ])('is dropped in the journal too when %s', async (_, config) => {
    const kid = setup({ actors: { hang } }).createMachine(config as never)
    const machine = setup({
      types: agentTypes({ context: {}, hears: [go, off], says: [] }),
      actors: { kid },
    }).createMachine({
      context: {},
      initial: 'without',
      states: {
        with: {
          invoke: { id: 'kid', src: 'kid' },
          on: { 'work-inside.off': { actions: sendTo('kid', { type: 'off' }) }, 'work-inside.go': 'without' },
        },
        without: { on: { 'work-inside.go': 'with' } },
      },
    })
    const program = createProgram()
    const runtime = await program.start({
      agents: [defineAgent({ name: 'host', machine, hears: [go, off], says: [] })],
    })
    for (let round = 0; round < 3; round++)
      for (const event of [go({}), off({}), go({})]) await runtime.bus.publish(event)
    await runtime.idle()
    const entries = (await program.frames('runtime')).flatMap(frame => frame.entries)
    const keysOf = (kind: string) => entries.flatMap(one => (one.kind === kind && 'key' in one ? [one.key] : []))
    const [wanted, dropped] = [keysOf('effect'), keysOf('dropped')]
    expect(wanted).toHaveLength(3)
    // An effect that never began is dropped when the next effect is wanted.
    expect(dropped).toEqual(expect.arrayContaining(wanted.slice(0, 2)))
  })
})

describe('an ask of a machine inside an agent', () => {
  it('is answered in the next process, if an event from its agent made the machine want it', async () => {
    const program = createProgram()
    const agents = () => [shop, sender('price', 'over')]
    const first = await program.start({ agents: agents() })
    await first.bus.publish(go({}))
    await settle()
    expect(first.agent('shop').mailbox.depth).toBeGreaterThan(0)
    const second = await program.start({ agents: agents() })
    await second.bus.publish(off({}))
    await second.idle()
    await second.bus.publish(look({}))
    await second.idle()
    expect(second.agent('sender').snapshot()?.context).toEqual({ inside: 'over' })
  })
})
