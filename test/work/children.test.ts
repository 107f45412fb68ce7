import { type Agent, agentTypes, type ChildOptions, child, defineAgent, defineEvent } from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { heat, oven, ring, smoke } from '../support/oven.ts'
import { petsParty } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const light = defineEvent('kitchen.light', z.object({}))
const leave = defineEvent('kitchen.leave', z.object({}))
const spill = defineEvent('kitchen.spill', z.object({}))
const told = defineEvent('kitchen.told', z.object({ what: z.string() }))

/** Lights its oven, leaves the kitchen without it, or spills something and crashes; tells what became of the oven. */
const cook = (options: ChildOptions = {}, agent: Agent = oven()) => {
  const hears = [light, leave, spill]
  const machine = setup({
    types: agentTypes({ context: {}, hears, says: [told] }),
    actors: { oven: child(agent, options) },
    actions: {
      spill: assign(() => {
        throw new Error('spilt')
      }),
      tell: emit((_, { what }: { what: string }) => told({ what })),
    },
  }).createMachine({
    id: 'cook',
    context: {},
    initial: 'away',
    states: {
      away: { on: { 'kitchen.light': 'baking' } },
      baking: {
        on: { 'kitchen.leave': 'away', 'kitchen.spill': { actions: 'spill' } },
        invoke: {
          id: 'oven',
          src: 'oven',
          onDone: { target: 'away', actions: { type: 'tell', params: ({ event }) => ({ what: `${event.output}` }) } },
          onError: {
            target: 'away',
            actions: { type: 'tell', params: ({ event }) => ({ what: messageOf(event.error) }) },
          },
        },
      },
    },
  })
  return defineAgent({ name: 'cook', machine, hears, says: [told] })
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`)

async function kitchen(options?: ChildOptions, agent?: Agent) {
  const { runtime } = await startRuntime({ party: petsParty(cook(options, agent)) })
  const party = await runtime.parties.create({ id: 'p1' })
  const say = async (...events: Parameters<typeof runtime.bus.publish>[0][]) => {
    for (const event of events) {
      await runtime.bus.publish(event, { party: 'p1' })
      await party.idle()
    }
  }
  const degrees = async () => (await runtime.ask('party/p1/cook/oven', heat, {})).degrees
  const said = () => runtime.bus.history({ type: told.type }).map(({ data }) => data)
  return { runtime, party, say, degrees, said }
}

describe('a child', () => {
  it('is an agent below the address of its parent, and hears like any other', async () => {
    const { runtime, party, say, degrees, said } = await kitchen()
    await say(light({}))
    expect(await degrees()).toBe(100)
    expect(party.agent('cook/oven').address).toBe('party/p1/cook/oven')
    expect(await party.idle()).toMatchObject({ reason: 'settled' })
    await say(ring({ cake: 'brownies' }))
    expect(said()).toEqual([{ what: 'brownies' }])
    await expect(runtime.ask('party/p1/cook/oven', heat, {})).rejects.toMatchObject({ code: 'ASK_STOPPED' })
  })

  it('crashes and restarts by itself, and its parent never notices', async () => {
    const { party, say, degrees, said } = await kitchen()
    await say(light({}), smoke({}))
    expect(await degrees()).toBe(100)
    expect([party.agent('cook').incarnation, party.agent('cook/oven').incarnation]).toEqual([1, 2])
    expect(said()).toEqual([])
  })

  it('that crashes too often ends, and its parent gets an error and goes on', async () => {
    const { party, say, said } = await kitchen()
    await say(light({}), smoke({}), smoke({}), smoke({}), smoke({}))
    expect(said()).toEqual([{ what: expect.stringContaining('it failed too often') }])
    expect(party.agent('cook').incarnation).toBe(1)
    await say(light({}))
    expect(party.agent('cook/oven').snapshot()?.value).toBe('on')
  })

  it('that is not restarted, or is stopped from outside, is reported to its parent too', async () => {
    const { party, say, said } = await kitchen({}, oven('temporary'))
    await say(light({}), smoke({}), light({}))
    await party.agent('cook/oven').stop()
    await party.idle()
    expect(said()).toEqual([
      { what: expect.stringContaining('it failed') },
      { what: expect.stringContaining('somebody stopped it') },
    ])
  })

  it('that cannot be started is a failure of the invoke', async () => {
    const broken: Agent = {
      ...oven(),
      machine: setup({}).createMachine({
        entry: assign(() => {
          throw new Error('no gas')
        }),
      }),
    }
    const { say, said } = await kitchen({}, broken)
    await say(light({}))
    expect(said()).toEqual([{ what: expect.stringContaining('no gas') }])
  })
})

it('a child that ends with what JSON cannot carry is a failure of the invoke', async () => {
  const machine = setup({}).createMachine({
    initial: 'on',
    output: () => new Map([['cake', 1]]),
    states: { on: { on: { 'oven.ring': 'off' } }, off: { type: 'final' } },
  })
  const { say, said } = await kitchen({}, { ...oven(), machine })
  await say(light({}), ring({ cake: 'brownies' }))
  expect(said()).toEqual([{ what: expect.stringContaining('Map') }])
})

describe('an orphan', () => {
  it.each([
    { when: 'leaves the state', event: leave },
    { when: 'crashes', event: spill },
  ])('stops when its parent $when', async ({ event }) => {
    const { say, party, degrees } = await kitchen()
    await say(light({}), event({}))
    await expect(degrees()).rejects.toMatchObject({ code: 'ASK_STOPPED' })
    await say(light({}))
    expect(await degrees()).toBe(100)
    await party.agent('cook').stop()
    await expect(degrees()).rejects.toMatchObject({ code: 'ASK_STOPPED' })
  })

  it.each([
    { when: 'left the state', event: leave },
    { when: 'crashed', event: spill },
  ])('that is adopted lives on, and meets its parent again, after that $when', async ({ event }) => {
    const { say, degrees, said } = await kitchen({ orphan: 'adopt' })
    await say(light({}))
    expect(await degrees()).toBe(100)
    await say(event({}))
    expect(await degrees()).toBe(200)
    await say(light({}))
    expect(await degrees()).toBe(300)
    await say(ring({ cake: 'brownies' }))
    expect(said()).toEqual([{ what: 'brownies' }])
  })

  it('stops with the party, after agents that started later', async () => {
    const { runtime, say } = await kitchen({ orphan: 'adopt' })
    await say(light({}), leave({}))
    const stopped: unknown[] = []
    runtime.bus.subscribe('agent.stopped', ({ data }) => void stopped.push(data))
    await runtime.parties.delete('p1')
    expect(stopped).toMatchObject([{ address: 'party/p1/cook/oven' }, { address: 'party/p1/cook' }])
  })
})
