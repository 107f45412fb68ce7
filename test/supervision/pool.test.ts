import {
  agentTypes,
  defineAgent,
  defineEvent,
  definePool,
  defineRequest,
  defineSupervisor,
  type PoolOptions,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { petsParty, trainerAgent } from '../support/pets.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

const bake = defineEvent('bakers.bake', z.object({ cake: z.string() }))
const done = defineEvent('bakers.done', z.object({}))
const tally = defineRequest('bakers.tally', { input: z.object({}), output: z.object({ cakes: z.array(z.string()) }) })
const hears = [bake, done, tally]
const none: { cakes: readonly string[] } = { cakes: [] }

/** Bakes one cake after the other, each until it hears `done`. A `burnt` cake makes it crash, and a `quick` cake takes no time. */
const baker = defineAgent({
  name: 'baker',
  hears,
  says: [tally],
  machine: setup({
    types: agentTypes({ context: none, hears, says: [tally] }),
    actions: {
      burn: assign(() => {
        throw new Error('burnt')
      }),
      note: assign(({ context }, { cake }: { cake: string }) => ({ cakes: [...context.cakes, cake] })),
    },
  }).createMachine({
    context: none,
    initial: 'free',
    on: {
      'bakers.tally': { actions: emit(({ event, context }) => tally.reply(event, { cakes: [...context.cakes] })) },
    },
    states: {
      free: {
        on: {
          'bakers.bake': [
            { guard: ({ event }) => event.data.cake === 'burnt', actions: 'burn' },
            {
              guard: ({ event }) => event.data.cake.startsWith('quick'),
              actions: { type: 'note', params: ({ event }) => event.data },
            },
            { target: 'baking', actions: { type: 'note', params: ({ event }) => event.data } },
          ],
        },
      },
      baking: { tags: 'busy', on: { 'bakers.done': 'free' } },
    },
  }),
})

async function bakery(options: Partial<PoolOptions> = {}) {
  const { runtime, clock } = await startRuntime()
  const pool = await runtime.spawn(definePool({ name: 'bakers', agent: baker, size: 3, ...options }))
  const order = async (...cakes: string[]) => {
    for (const cake of cakes) await runtime.bus.publish(bake({ cake }))
    await runtime.idle()
  }
  /** The cakes of each member, by its address. */
  const baked = async () => {
    const members = pool.members.map(async member => {
      const { cakes } = await member.ask(tally, {})
      return [member.address.replace('runtime/bakers/', ''), cakes.join(' ')] as const
    })
    return Object.fromEntries(await Promise.all(members))
  }
  return { runtime, clock, pool, order, baked }
}

describe('a pool', () => {
  it('is reached at one address: one of its members gets each event that it hears', async () => {
    const { runtime, pool, order, baked } = await bakery()
    expect({ address: pool.address, size: pool.size }).toEqual({ address: 'runtime/bakers', size: 3 })
    expect(pool.members.map(({ address }) => address)).toEqual([
      'runtime/bakers/1',
      'runtime/bakers/2',
      'runtime/bakers/3',
    ])
    await order('quick1')
    await pool.send(bake({ cake: 'quick2' }))
    expect(await pool.ask(tally, {})).toEqual({ cakes: [] })
    expect(await runtime.ask('runtime/bakers', tally, {})).toEqual({ cakes: ['quick1'] })
    expect(await runtime.ask('runtime/bakers/2', tally, {})).toEqual({ cakes: ['quick2'] })
    expect(await baked()).toEqual({ 1: 'quick1', 2: 'quick2', 3: '' })
    expect(runtime.bus.metrics()).toMatchObject({ dead: 0, ignored: 0 })
  })

  it('gives each member its turn', async () => {
    const { order, baked } = await bakery()
    await order('quick1', 'quick2', 'quick3', 'quick4')
    expect(await baked()).toEqual({ 1: 'quick1 quick4', 2: 'quick2', 3: 'quick3' })
  })

  it('gives the next event to the member with the least to do', async () => {
    const { order, baked } = await bakery({ routing: 'least-mail', size: 2 })
    await order('slow', 'quick1', 'quick2', 'quick3')
    expect(await baked()).toEqual({ 1: 'slow', 2: 'quick1 quick2 quick3' })
  })

  it('gives events with the same key to the same member, and a few keys to others when it grows', async () => {
    const keyOf = ({ data }: { data: unknown }) => JSON.stringify(data)
    const { pool, order, baked } = await bakery({ routing: { hash: keyOf } })
    const cakes = Array.from({ length: 30 }, (_, place) => `quick${place}`)
    await order(...cakes, ...cakes)
    const before = await baked()
    for (const list of Object.values(before)) {
      const [all, once] = [list.split(' '), new Set(list.split(' '))]
      expect(all.length).toBe(2 * once.size)
    }
    await pool.scale(4)
    await order(...cakes)
    const after = await baked()
    for (const [name, list] of Object.entries(before)) expect(after[name]?.startsWith(list)).toBe(true)
    expect(after[4]?.split(' ').length).toBeGreaterThan(0)
  })

  it('restarts a member that crashed, and the others never notice', async () => {
    const { runtime, pool, order } = await bakery()
    await order('burnt', 'quick2')
    expect(pool.members.map(({ incarnation }) => incarnation)).toEqual([2, 1, 1])
    expect(runtime.bus.deadLetters.list()).toMatchObject([{ to: 'runtime/bakers/1', reason: 'failed' }])
  })

  it('makes publishers wait only while all its members are full', async () => {
    const small = defineAgent({ ...baker, mailbox: { capacity: 1 } })
    const { runtime, order } = await bakery({ agent: small, size: 2 })
    await order('slow1', 'slow2', 'slow3', 'slow4')
    let isTaken = false
    const fifth = runtime.bus.publish(bake({ cake: 'slow5' })).then(() => {
      isTaken = true
    })
    await turn()
    expect(isTaken).toBe(false)
    await runtime.ask('runtime/bakers/1', tally, {}).catch(() => {})
    await runtime.bus.publish(done({}))
    await runtime.bus.publish(done({}))
    await fifth
  })

  it('belongs to a party like an agent, and is asked like an agent', async () => {
    const { runtime } = await startRuntime({
      party: petsParty(
        defineSupervisor({ name: 'kitchen', agents: [definePool({ name: 'bakers', agent: baker, size: 2 })] }),
        trainerAgent('dog'),
      ),
    })
    const party = await runtime.parties.create({ id: 'p1' })
    expect(party.pool('bakers').size).toBe(2)
    expect(await runtime.ask('party/p1/bakers', tally, {})).toEqual({ cakes: [] })
    await runtime.bus.publish(bake({ cake: 'quick' }), { party: 'p1' })
    await party.idle()
    expect(await party.agent('bakers/2').ask(tally, {})).toEqual({ cakes: ['quick'] })
  })

  it('gives an error if it does not exist, and cannot be created without members', async () => {
    const { runtime } = await startRuntime()
    expect(() => runtime.pool('bakers')).toThrow('Nobody is reached at "runtime/bakers"')
    expect(() => definePool({ name: 'bakers', agent: baker, size: 0 })).toThrow('0 members')
    await runtime.spawn(definePool({ name: 'bakers', agent: baker, size: 1 }))
    await expect(runtime.spawn(baker, { name: 'bakers' })).rejects.toMatchObject({ code: 'ADDRESS_TAKEN' })
  })
})

describe('scale', () => {
  it('adds members that get mail at once', async () => {
    const { pool, order, baked } = await bakery({ size: 1 })
    await pool.scale(3)
    await order('quick1', 'quick2', 'quick3')
    expect(Object.values(await baked()).toSorted()).toEqual(['quick1', 'quick2', 'quick3'])
  })

  it('lets leaving members handle the mail that they have, and gives them no more', async () => {
    const { runtime, pool, order } = await bakery({ size: 2 })
    await order('slow1', 'slow2', 'quick3', 'quick4')
    const going = pool.members[1]
    let isSmaller = false
    const scaled = pool.scale(1).then(() => {
      isSmaller = true
    })
    expect(pool.size).toBe(1)
    await turn()
    expect(isSmaller).toBe(false)
    await going?.send(done({}))
    await scaled
    expect(going?.snapshot()?.context).toEqual({ cakes: ['slow2', 'quick4'] })
    expect(runtime.bus.deadLetters.list()).toEqual([])
    expect(runtime.bus.metrics().waiting).toBe(1)
  })

  it('makes dead letters of the mail that a leaving member has at the timeout', async () => {
    const { runtime, clock, pool, order } = await bakery({ size: 2 })
    await order('slow1', 'slow2', 'quick3', 'quick4')
    const scaled = pool.scale(1, { timeout: 1_000 })
    await turn()
    clock.advance(1_000)
    await scaled
    expect(runtime.bus.deadLetters.list()).toMatchObject([
      { to: 'runtime/bakers/2', reason: 'stopped', envelope: { data: { cake: 'quick4' } } },
    ])
  })

  it('uses the numbers of former members again', async () => {
    const { pool } = await bakery({ size: 3 })
    await pool.scale(1)
    await pool.scale(2)
    expect(pool.members.map(({ address }) => address)).toEqual(['runtime/bakers/1', 'runtime/bakers/2'])
  })

  it('refuses a size that is not a number of members, and more agents than allowed', async () => {
    const { runtime } = await startRuntime({ limits: { agents: 2 } })
    const pool = await runtime.spawn(definePool({ name: 'bakers', agent: baker, size: 1 }))
    await expect(pool.scale(0)).rejects.toMatchObject({ code: 'POOL_SIZE', size: 0 })
    await expect(pool.scale(3)).rejects.toMatchObject({ code: 'AGENT_LIMIT' })
    expect(pool.size).toBe(1)
  })
})

describe('a pool that stops', () => {
  it('stops its members, the youngest first, and leaves its name free', async () => {
    const { runtime, pool } = await bakery()
    await pool.stop()
    const stopped = runtime.bus.history({ type: 'agent.stopped' }).map(({ data }) => data)
    expect(stopped).toMatchObject([
      { address: 'runtime/bakers/3' },
      { address: 'runtime/bakers/2' },
      { address: 'runtime/bakers/1' },
    ])
    await expect(pool.send(bake({ cake: 'quick' }))).rejects.toMatchObject({ code: 'NO_ADDRESS' })
    const again = await runtime.spawn(definePool({ name: 'bakers', agent: baker, size: 2 }))
    expect(again.size).toBe(2)
  })

  it('because its members crash too often is restarted or not by the supervisor above', async () => {
    const { runtime, pool, order } = await bakery({ size: 2, intensity: { max: 0, within: 1_000 } })
    await order('burnt')
    await settle()
    expect(runtime.bus.history({ type: 'agent.restarted' })).toHaveLength(2)
    expect(pool.members.map(({ incarnation }) => incarnation)).toEqual([2, 2])
  })
})
