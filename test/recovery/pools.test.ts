import { type Agent, agentTypes, defineAgent, defineEvent, definePool, defineRequest, type PoolOptions } from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { petsParty } from '../support/pets.ts'
import { atEveryAppend, createProgram, lost, nothingLost } from '../support/program.ts'

const bake = defineEvent('bakers.bake', z.object({ cake: z.string() }))
const done = defineEvent('bakers.done', z.object({}))
const tally = defineRequest('bakers.tally', { input: z.object({}), output: z.object({ cakes: z.array(z.string()) }) })
const hears = [bake, done, tally]
const none: { cakes: readonly string[] } = { cakes: [] }
const inP1 = { party: 'p1' }

/** Bakes one cake after the other, each until it hears `done`; a `quick` cake takes no time. */
const baker: Agent = defineAgent({
  name: 'baker',
  hears,
  says: [tally],
  machine: setup({
    types: agentTypes({ context: none, hears, says: [tally] }),
    actions: { note: assign(({ context }, { cake }: { cake: string }) => ({ cakes: [...context.cakes, cake] })) },
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

const bakers = (options: Partial<PoolOptions> = {}) => definePool({ name: 'bakers', agent: baker, size: 2, ...options })

interface Bakery {
  readonly members: readonly { readonly address: string; snapshot(): { readonly context: unknown } | undefined }[]
}

/** The cakes of each member, by its number. */
const cakesOf = ({ members }: Bakery): readonly (readonly string[])[] =>
  members.map(member => z.object({ cakes: z.array(z.string()) }).parse(member.snapshot()?.context).cakes)

describe('a pool of a party', () => {
  async function bakery(options: Partial<PoolOptions> = {}) {
    const program = createProgram()
    const given = { party: petsParty(bakers(options)) }
    const runtime = await program.start(given)
    const p1 = await runtime.parties.create({ id: 'p1' })
    const order = async (...cakes: readonly string[]) => {
      for (const cake of cakes) await runtime.bus.publish(bake({ cake }), inP1)
      await p1.idle()
    }
    return { program, given, runtime, p1, order }
  }

  it('does not get events of a time when it had no members', async () => {
    const { program, given, runtime, p1, order } = await bakery()
    for (const member of p1.pool('bakers').members) await p1.agent(member.address.slice('party/p1/'.length)).stop()
    await order('lonely')
    await p1.pool('bakers').scale(1)
    expect(cakesOf(p1.pool('bakers'))).toEqual([[]])
    await runtime.stop()
    const next = await program.start(given)
    const again = next.parties.get('p1')
    await again.idle()
    expect(cakesOf(again.pool('bakers'))).toEqual([[]])
  })

  it('is restored with its members, each in its former state', async () => {
    const { program, given, order } = await bakery()
    await order('a', 'b')
    const next = await program.start(given)
    const pool = next.parties.get('p1').pool('bakers')
    expect(pool.size).toBe(2)
    expect(cakesOf(pool)).toEqual([['a'], ['b']])
    expect(lost(next)).toEqual(nothingLost)
  })

  it('delivers an event that no member had handled to one member, once', async () => {
    const { program, given, order } = await bakery()
    await order('a', 'b', 'c', 'd', 'e')
    const next = await program.start(given)
    const pool = next.parties.get('p1').pool('bakers')
    for (let n = 0; n < 4; n++) {
      for (const member of pool.members) await member.send(done({})).catch(() => {})
      await next.idle()
    }
    expect(cakesOf(pool).flat().toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(lost(next)).toEqual(nothingLost)
    const last = await program.start(given)
    expect(cakesOf(last.parties.get('p1').pool('bakers')).flat()).toHaveLength(5)
  })

  it('has as many members as it was scaled to', async () => {
    const { program, given, p1, order } = await bakery()
    await p1.pool('bakers').scale(4)
    await order('quick a', 'quick b', 'quick c', 'quick d')
    const second = await program.start(given)
    const larger = second.parties.get('p1').pool('bakers')
    expect(cakesOf(larger)).toEqual([['quick a'], ['quick b'], ['quick c'], ['quick d']])
    await larger.scale(1)
    const third = await program.start(given)
    const smaller = third.parties.get('p1').pool('bakers')
    expect(cakesOf(smaller)).toEqual([['quick a']])
    await third.bus.publish(bake({ cake: 'quick e' }), inP1)
    await third.idle()
    expect(cakesOf(smaller)).toEqual([['quick a', 'quick e']])
  })

  it('keeps events with the same key with the same member', async () => {
    const hash = ({ data }: { readonly data: unknown }) => bake.schema.parse(data).cake.split(' ')[1] ?? ''
    const { program, given, order } = await bakery({ routing: { hash } })
    await order('quick a 1', 'quick b 1', 'quick c 1')
    const next = await program.start(given)
    for (const cake of ['quick a 2', 'quick b 2', 'quick c 2']) await next.bus.publish(bake({ cake }), inP1)
    await next.idle()
    for (const cakes of cakesOf(next.parties.get('p1').pool('bakers'))) {
      const keys = cakes.map(cake => cake.split(' ')[1])
      expect(keys.filter((key, place) => keys.indexOf(key) === place)).toHaveLength(keys.length / 2)
    }
  })

  it('stays stopped in the next process', async () => {
    const { program, given, p1, order } = await bakery()
    await order('quick a')
    await p1.pool('bakers').stop()
    const next = await program.start(given)
    expect(next.parties.quarantined()).toEqual([])
    await expect(next.ask('party/p1/bakers', tally, {})).rejects.toMatchObject({ code: 'NO_ADDRESS' })
  })

  it('delivers an event to the member that it was addressed to', async () => {
    const { program, given, runtime, p1, order } = await bakery()
    await order('a', 'b')
    await p1.agent('bakers/2').send(bake({ cake: 'quick c' }))
    await p1.agent('bakers/2').send(bake({ cake: 'quick d' }))
    expect(runtime.bus.metrics().waiting).toBe(2)
    const next = await program.start(given)
    const pool = next.parties.get('p1').pool('bakers')
    for (const member of pool.members) await member.send(done({}))
    await next.idle()
    expect(cakesOf(pool)).toEqual([['a'], ['b', 'quick c', 'quick d']])
  })

  it('bakes each cake once, wherever the process ends', async () => {
    const cakes = ['quick a', 'quick b', 'quick c']
    await atEveryAppend(async ending => {
      const program = createProgram()
      const given = { party: petsParty(bakers()) }
      const isEnded = await program.until(ending, given, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        for (const cake of cakes) await runtime.bus.publish(bake({ cake }), inP1)
        await runtime.idle()
      })
      const next = await program.start(given)
      const [p1 = await next.parties.create({ id: 'p1' })] = next.parties.list()
      await p1.idle()
      const written = (await program.frames('party/p1')).flatMap(({ entries }) =>
        entries.flatMap(one => (one.kind === 'event' ? bake.schema.parse(one.envelope.data).cake : [])),
      )
      expect(cakesOf(p1.pool('bakers')).flat().toSorted()).toEqual(written)
      expect(lost(next)).toEqual(nothingLost)
      return isEnded
    })
  })
})

describe('a pool outside the parties that was spawned while the program ran', () => {
  async function spawned(size = 3) {
    const program = createProgram()
    const first = await program.start({})
    const pool = await first.spawn(bakers())
    await pool.scale(size)
    for (const cake of ['a', 'b', 'c', 'd']) await first.bus.publish(bake({ cake }))
    await first.idle()
    return program
  }

  it.each([
    ['its agent is registered', [baker]],
    ['nothing is registered', []],
  ])('is found again with its members and their mail when it is spawned again: %s', async (_, registered) => {
    const program = await spawned()
    const next = await program.start({ registered })
    const pool = await next.spawn(bakers())
    await next.idle()
    expect(cakesOf(pool)).toEqual([['a'], ['b'], ['c']])
    for (const member of pool.members) await member.send(done({}))
    await next.idle()
    expect(cakesOf(pool).flat().toSorted()).toEqual(['a', 'b', 'c', 'd'])
    expect(lost(next)).toEqual(nothingLost)
  })

  it('keeps its waiting mail, and as many members as it is spawned again with', async () => {
    const program = await spawned(2)
    const next = await program.start({ registered: [baker] })
    const pool = await next.spawn(bakers())
    for (const member of pool.members) await member.send(done({}))
    await next.idle()
    expect(cakesOf(pool).flat().toSorted()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('does not keep a program without it from starting', async () => {
    const program = await spawned(2)
    const next = await program.start({})
    expect(next.bus.metrics().isRunning).toBe(true)
  })
})
