import {
  agentTypes,
  child,
  createRuntime,
  defineAgent,
  defineEvent,
  defineParty,
  definePool,
  defineSupervisor,
  systemTick,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { settle, startRuntime, suiteScheduler } from '../support/runtime.ts'
import { buyer, order, price, refused, shop, wanted } from '../support/shops.ts'

const work = defineEvent('work.wanted', z.object({ how: z.string() }))
const free = defineEvent('work.free', z.object({ n: z.int() }))
const end = defineEvent('work.end', z.object({}))
const hears = [work, free, end]
const none: { seen: readonly number[] } = { seen: [] }

/** A worker: it crashes on `crash`, is busy after `slow` until it is free, counts while it is busy after `long`, and ends on `end`. */
const machine = setup({
  types: agentTypes({ context: none, hears, says: [] }),
  actions: {
    crash: assign(() => {
      throw new Error('crash')
    }),
  },
}).createMachine({
  context: none,
  initial: 'idle',
  states: {
    idle: {
      on: {
        'work.wanted': [
          { guard: ({ event }) => event.data.how === 'crash', actions: 'crash' },
          { guard: ({ event }) => event.data.how === 'slow', target: 'slow' },
          { guard: ({ event }) => event.data.how === 'long', target: 'long' },
          { actions: assign({}) },
        ],
        'work.end': 'ended',
      },
    },
    slow: { tags: 'busy', on: { 'work.free': 'idle' } },
    long: {
      tags: 'busy',
      on: {
        'work.free': { actions: assign(({ context, event }) => ({ seen: [...context.seen, event.data.n] })) },
      },
    },
    ended: { type: 'final' },
  },
})

type More = Partial<Parameters<typeof defineAgent>[0]> & { readonly name?: string }

const worker = ({ name = 'worker', ...more }: Omit<More, 'machine' | 'hears' | 'says'> = {}) =>
  defineAgent({ name, hears, says: [], machine, ...more })

const never = () => new Promise<void>(() => {})
describe('mail above the capacity', () => {
  it('is delivered in order, also events that a busy agent takes', async () => {
    const { runtime } = await startRuntime()
    const ref = await runtime.spawn(worker({ mailbox: { capacity: 1 } }))
    await ref.send(work({ how: 'long' }))
    await runtime.bus.publish(work({ how: 'waits' }))
    const numbers = Array.from({ length: 11 }, (_, n) => n)
    const published: Promise<unknown>[] = []
    for (const n of numbers) {
      published.push(runtime.bus.publish(free({ n })))
      await Promise.resolve()
    }
    await Promise.all(published)
    await runtime.idle()
    expect(ref.snapshot()?.context).toEqual({ seen: numbers })
  })
})

describe('a pool', () => {
  it('removes a leaving member that restarts with no mail', async () => {
    const { runtime } = await startRuntime()
    const pool = await runtime.spawn(definePool({ name: 'pool', agent: worker(), size: 2 }))
    const crash = pool.members[1]?.send(work({ how: 'crash' }))
    await pool.scale(1)
    await crash
    expect(runtime.bus.history({ type: 'agent.stopped' })).toHaveLength(1)
  })

  it('lets a waiting publisher go on as soon as any member has room', async () => {
    const { runtime } = await startRuntime()
    const agent = worker({ mailbox: { capacity: 1 } })
    const pool = await runtime.spawn(definePool({ name: 'pool', agent, size: 2 }))
    for (const member of pool.members) {
      await member.send(work({ how: 'slow' }))
      await runtime.idle()
      await member.send(work({ how: 'slow' }))
    }
    const waiting = runtime.bus.publish(work({ how: 'quick' }))
    await settle()
    await pool.members[1]?.send(free({ n: 1 }))
    await waiting
    expect(pool.members.map(({ mailbox }) => mailbox.depth)).toEqual([1, 1])
  })

  it('without room for all its members leaves no members behind', async () => {
    const { runtime } = await startRuntime({ limits: { partyAgents: 3 } })
    const five = definePool({ name: 'pool', agent: worker(), size: 5 })
    await expect(runtime.spawn(five)).rejects.toMatchObject({ code: 'AGENT_LIMIT' })
    expect(() => runtime.pool('pool')).toThrow()
    await runtime.spawn(definePool({ name: 'pool', agent: worker(), size: 3 }))
  })

  it('with a member that cannot start leaves no members behind', async () => {
    let begun = 0
    const onInit = () => {
      if (++begun === 2) throw new Error('once')
    }
    const { runtime } = await startRuntime()
    const three = definePool({ name: 'pool', agent: worker({ onInit }), size: 3 })
    await expect(runtime.spawn(three)).rejects.toMatchObject({ code: 'AGENT_START' })
    expect(() => runtime.pool('pool')).toThrow()
    expect((await runtime.spawn(three)).size).toBe(3)
  })

  it('cannot have the address of a handler, and can have the address of a stopped agent', async () => {
    const { runtime } = await startRuntime()
    await (await runtime.spawn(shop('same'))).stop()
    const pool = await runtime.spawn(definePool({ name: 'same', agent: shop('shop'), size: 1 }))
    expect(await runtime.ask('runtime/same', price, { of: 'cake' })).toEqual({ price: 1 })
    expect(() => runtime.handle(price, () => ({ price: 2 }), { name: 'same' })).toThrow()
    await pool.stop()
    runtime.handle(price, () => ({ price: 2 }), { name: 'same' })
    const again = runtime.spawn(definePool({ name: 'same', agent: shop('shop'), size: 1 }))
    await expect(again).rejects.toMatchObject({ code: 'ADDRESS_TAKEN' })
  })

  it('is not stopped by a reference to an older pool of its name', async () => {
    const { runtime } = await startRuntime()
    const two = definePool({ name: 'pool', agent: worker(), size: 2 })
    const old = await runtime.spawn(two)
    await old.stop()
    const next = await runtime.spawn(two)
    await old.stop()
    expect(next.size).toBe(2)
  })

  it('that hears the tick does not keep the tick going after its party is deleted', async () => {
    const agent = defineAgent({
      name: 'ticked',
      hears: [systemTick],
      says: [],
      machine: setup({ types: agentTypes({ context: {}, hears: [systemTick], says: [] }) }).createMachine({}),
    })
    const { runtime, clock } = await startRuntime({ party: partyOf(definePool({ name: 'pool', agent, size: 1 })) })
    await runtime.parties.create({ id: 'p1' })
    expect(clock.pending).toBe(1)
    await runtime.parties.delete('p1')
    expect(clock.pending).toBe(0)
  })
})

const added = defineEvent('work.input.added', z.object({ inputId: z.string(), content: z.string() }))
const removed = defineEvent('work.input.removed', z.object({ inputId: z.string() }))

const partyOf = (...agents: Parameters<typeof defineParty>[0]['agents'][number][]) =>
  defineParty({ name: 'work', agents, events: [], inputs: { added, removed }, state: { initial: {}, on: {} } })

describe('a start that never ends', () => {
  it('ends with the runtime, and the callers that wait for it get an error', async () => {
    const runtime = await createRuntime({ scheduler: suiteScheduler }).start()
    const spawning = runtime.spawn(worker({ onInit: never }))
    const failure = expect(spawning).rejects.toMatchObject({ code: 'AGENT_START' })
    await settle()
    await runtime.stop({ timeout: 0 })
    await failure
  })

  it('of a party that is deleted meanwhile does not harm the next party of its id', async () => {
    let begun = 0
    const onInit = () => (++begun === 1 ? never() : undefined)
    const { runtime } = await startRuntime({ party: partyOf(worker({ onInit })) })
    const first = expect(runtime.parties.create({ id: 'p1' })).rejects.toMatchObject({ code: 'AGENT_START' })
    await settle()
    expect(begun).toBe(1)
    await runtime.parties.delete('p1')
    await runtime.parties.create({ id: 'p1' })
    await first
    expect(runtime.parties.get('p1').id).toBe('p1')
  })
})

describe('a stop', () => {
  it('with a time limit of 0 does not wait for hooks', async () => {
    const { runtime, clock } = await startRuntime()
    await runtime.spawn(worker({ onDestroy: never }))
    const first = runtime.stop()
    await settle()
    const second = runtime.stop({ timeout: 0 })
    await settle()
    clock.advance(1_000)
    await Promise.all([first, second])
  })

  it('lets handlers finish the requests that they have', async () => {
    const { runtime } = await startRuntime()
    const answer = Promise.withResolvers<{ price: number }>()
    const { address } = runtime.handle(price, () => answer.promise)
    const asked = runtime.ask(address, price, { of: 'cake' })
    const stopped = runtime.stop()
    answer.resolve({ price: 2 })
    expect(await asked).toEqual({ price: 2 })
    await stopped
  })

  it('of a handler does not end the next handler at its address', async () => {
    const { runtime } = await startRuntime()
    const first = runtime.handle(price, () => ({ price: 1 }))
    first.stop()
    const next = runtime.handle(price, () => ({ price: 2 }))
    first.stop()
    expect(await runtime.ask(next.address, price, { of: 'cake' })).toEqual({ price: 2 })
  })

  it('of an agent in backoff lets its party be idle', async () => {
    const { runtime } = await startRuntime()
    const backoff = { initial: 3_000, max: 3_000 }
    const pool = await runtime.spawn(definePool({ name: 'pool', agent: worker(), size: 1, backoff }))
    await pool.send(work({ how: 'crash' }))
    await settle()
    expect(runtime.bus.history({ type: 'agent.failed' })).toHaveLength(1)
    await pool.members[0]?.stop()
    expect(await runtime.idle()).toMatchObject({ reason: 'settled' })
  })

  it('of an agent removes its name from its group', async () => {
    const group = defineSupervisor({
      name: 'group',
      strategy: 'one_for_all',
      agents: ['one', 'two'].map(name => worker({ name, restart: 'transient' })),
    })
    const { runtime } = await startRuntime({ agents: [group] })
    await runtime.agent('one').send(end({}))
    await runtime.idle()
    const next = await runtime.spawn(worker({ name: 'one' }))
    await runtime.agent('two').send(work({ how: 'crash' }))
    await runtime.idle()
    expect([next.incarnation, runtime.agent('two').incarnation]).toEqual([1, 2])
  })
})

it('a child that fails too often does not change its siblings, and their supervisors end with the last child', async () => {
  const ended: string[] = []
  const parent = setup({
    types: agentTypes({ context: {}, hears: [], says: [] }),
    actors: { one: child(worker()), two: child(worker()) },
    actions: { note: (_, { which }: { which: string }) => void ended.push(which) },
  }).createMachine({
    type: 'parallel',
    states: {
      p: {
        initial: 'x',
        states: {
          x: {
            invoke: {
              id: 'one',
              src: 'one',
              onError: { target: 'y', actions: { type: 'note', params: { which: 'one' } } },
            },
          },
          y: {},
        },
      },
      q: {
        initial: 'x',
        states: {
          x: {
            invoke: {
              id: 'two',
              src: 'two',
              onError: { target: 'y', actions: { type: 'note', params: { which: 'two' } } },
            },
          },
          y: {},
        },
      },
    },
  })
  const { runtime } = await startRuntime({
    agents: [defineAgent({ name: 'parent', hears: [], says: [], machine: parent })],
  })
  await runtime.idle()
  for (let crash = 0; crash < 4; crash++) {
    await runtime.agent('parent/one').send(work({ how: 'crash' }))
    await runtime.idle()
  }
  expect(ended).toEqual(['one'])
  await runtime.agent('parent').stop()
  // The name of the supervisor is free again.
  await expect(runtime.spawn(worker(), { supervisor: 'parent/two/supervisor' })).rejects.toMatchObject({
    code: 'NO_SUPERVISOR',
  })
})

describe('asks', () => {
  it('of many that are decided are sent to no further callee', async () => {
    const { runtime } = await startRuntime({ agents: [shop('silent', 'waits'), buyer({ to: ['nobody', 'silent'] })] })
    await runtime.bus.publish(wanted({ of: 'cake' }))
    await settle()
    expect(runtime.bus.history({ type: refused.type }).length).toBeGreaterThan(0)
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('of a handler that has too many requests are sent again', async () => {
    const { runtime, clock } = await startRuntime()
    const answer = Promise.withResolvers<{ price: number }>()
    const { address } = runtime.handle(price, () => answer.promise, { limit: 1 })
    const first = runtime.ask(address, price, { of: 'cake' })
    const second = runtime.ask(address, price, { of: 'cake' }, { retries: 1, retryAfter: 30 })
    answer.resolve({ price: 2 })
    await first
    clock.advance(30)
    expect(await second).toEqual({ price: 2 })
  })

  it('of a request that is not safe are sent once, also with a number of retries', async () => {
    const { runtime } = await startRuntime()
    const { address } = runtime.handle(order, () => ({ paid: 1 }))
    const asked = runtime.ask(address, order, { of: 'cake' }, { retries: Number.NaN })
    await expect(asked).rejects.toMatchObject({ code: 'ASK_RETRY' })
  })
})
