import { agentTypes, ask, defineAgent, defineEvent, defineRequest, effect } from 'troupe'
import { agentCompleted, budgetUpdated, partyPlanner, vendorQuotes } from 'troupe/agents'
import { InlineActorError, PathError, pathsOf } from 'troupe/testing/paths'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

const ordered = defineEvent('shop.ordered', z.object({ cakes: z.int().min(0).max(3) }))
const baked = defineEvent('shop.baked', z.object({ cakes: z.int() }))
const price = defineRequest('shop.price', { input: z.object({}), output: z.object({ euros: z.int().min(0).max(9) }) })

const types = agentTypes({ context: { cakes: 0, orders: 0 }, hears: [ordered], says: [baked] })
const base = setup({
  types,
  actors: { price: ask(price, { to: 'runtime/till' }), bake: effect('bake', ({ cakes }: { cakes: number }) => cakes) },
})

/** Asks for the price, bakes, and rests a minute; after the third order it closes. */
const machine = base.createMachine({
  id: 'baker',
  context: { cakes: 0, orders: 0 },
  initial: 'free',
  states: {
    free: {
      on: {
        'shop.ordered': [
          { guard: ({ context }) => context.orders === 2, target: 'closed' },
          {
            guard: ({ event }) => event.data.cakes > 0,
            target: 'asking',
            actions: assign(({ context, event }) => ({ cakes: event.data.cakes, orders: context.orders + 1 })),
          },
        ],
      },
    },
    asking: {
      tags: 'busy',
      invoke: {
        id: 'asked',
        src: 'price',
        input: {},
        onDone: [{ guard: ({ event }) => event.output.euros > 5, target: 'baking' }, { target: 'free' }],
        onError: 'free',
      },
    },
    baking: {
      tags: 'busy',
      invoke: {
        src: 'bake',
        input: ({ context }) => context,
        onDone: { target: 'resting', actions: emit(({ event }) => baked({ cakes: event.output })) },
        onError: 'free',
      },
    },
    resting: { after: { 60_000: 'free' } },
    closed: {},
  },
})
const baker = defineAgent({ name: 'baker', types, machine })

describe('pathsOf', () => {
  const outputs = { bake: z.int().min(1) }

  it('reaches each state and takes each transition, by guards, outcomes and time', () => {
    const { missed, failures, guessed, paths } = pathsOf(baker, { outputs })
    expect({ missed, failures, guessed }).toEqual({
      missed: { states: [], transitions: [] },
      failures: [],
      guessed: [],
    })
    expect(paths.map(({ name }) => name)).toContain('shop.ordered, asked fails')
    expect(paths.some(({ name }) => name.endsWith('60000 ms pass'))).toBe(true)
  })

  it('plays each path on a real runtime', async () => {
    for (const { play } of pathsOf(baker, { outputs }).paths) expect((await play()).deadLetters).toEqual([])
  })

  it('names what no path reaches, and what it lacks', () => {
    const { missed, guessed } = pathsOf(baker, { outputs: { bake: [] }, errors: { asked: [], bake: [] } })
    expect(missed).toEqual({
      states: ['resting'],
      transitions: [
        'asking: asked fails -> free',
        expect.stringContaining('is done -> resting'),
        expect.stringContaining('fails -> free'),
        'resting: after 60000 -> free',
      ],
    })
    expect(guessed).toEqual([])
    expect(pathsOf(baker).guessed).toHaveLength(1)
  })

  it('names payloads that the schema allows and the machine fails on', () => {
    const strict = base.createMachine({
      context: { cakes: 0, orders: 0 },
      on: {
        'shop.ordered': {
          actions: ({ event }) => {
            void event
          },
          guard: ({ event }) => {
            if (event.data.cakes === 0) throw new Error('no cake')
            return true
          },
        },
      },
    })
    const { failures } = pathsOf(defineAgent({ name: 'strict', types, machine: strict }))
    expect(failures).toEqual([
      {
        path: 'shop.ordered { cakes: 0 }',
        error: expect.objectContaining({ message: expect.stringContaining('no cake') }),
      },
    ])
  })

  it.each([
    ['the least number', z.int().min(0), (one: number) => one === 0],
    ['the greatest number', z.int().min(1).max(1_000_000), (one: number) => one === 1_000_000],
    ['zero', z.number().min(-5).max(5), (one: number) => one === 0],
  ])('reaches a state that %s alone leads to', (_, count, leads) => {
    const counted = defineEvent('shop.counted', z.object({ count }))
    const types = agentTypes({ context: {}, hears: [counted], says: [] })
    const machine = setup({ types }).createMachine({
      context: {},
      initial: 'free',
      states: {
        free: { on: { 'shop.counted': { guard: ({ event }) => leads(event.data.count), target: 'reached' } } },
        reached: {},
      },
    })
    expect(pathsOf(defineAgent({ name: 'counter', types, machine })).missed.states).toEqual([])
  })

  it('ends for a machine whose timers fire for ever at once', () => {
    const types = agentTypes({ context: {}, hears: [], says: [] })
    const machine = setup({ types }).createMachine({
      context: {},
      initial: 'restless',
      states: { restless: { after: { 0: { target: 'restless', reenter: true } } }, calm: {} },
    })
    const { missed, failures } = pathsOf(defineAgent({ name: 'restless', types, machine }))
    expect(missed.states).toEqual(['calm'])
    expect(failures).toMatchObject([{ error: { message: expect.stringContaining('fire for ever') } }])
  })

  it('ends for a machine whose context grows for ever', () => {
    const counting = base.createMachine({
      context: { cakes: 0, orders: 0 },
      initial: 'on',
      states: { on: {}, never: {} },
      on: { 'shop.ordered': { actions: assign(({ context }) => ({ orders: context.orders + 1 })) } },
    })
    const { isCut, missed } = pathsOf(defineAgent({ name: 'counting', types, machine: counting }), { most: 50 })
    expect({ isCut, missed }).toEqual({ isCut: true, missed: { states: ['never'], transitions: [] } })
  })

  it('refuses a machine that invokes logic without a name', () => {
    const inline = base.createMachine({
      context: { cakes: 0, orders: 0 },
      invoke: { src: effect('nameless', () => 1) },
    })
    expect(() => pathsOf(defineAgent({ name: 'inline', types, machine: inline }))).toThrow(InlineActorError)
  })

  it('shows a machine that depends on more than its context and its events', async () => {
    let calls = 0
    const moody = base.createMachine({
      context: { cakes: 0, orders: 0 },
      initial: 'a',
      states: { a: { on: { 'shop.ordered': { guard: () => calls++ < 100, target: 'b' } } }, b: {} },
    })
    const [path] = pathsOf(defineAgent({ name: 'moody', types, machine: moody })).paths
    calls = 100
    await expect(path?.play()).rejects.toThrow(PathError)
  })
})

describe('the agents of the planner', () => {
  const found = (agent: string) =>
    agentCompleted.schema.options.filter(option => option.shape.agentName.value === agent).map(option => option)
  const agents = [...partyPlanner.agents, ...partyPlanner.shared]
  const outputsFor = (name: string) => ({
    search: found(name)[0] ?? z.never(),
    lookUp: vendorQuotes.output,
    total: budgetUpdated.schema,
  })

  it.each(['theme', 'venue', 'cake', 'catering', 'vendor', 'budget', 'quotes'])(
    'each state and transition of %s has a path, which a real runtime takes',
    async name => {
      const agent = agents.find(one => one.name === name)
      if (!agent) throw new Error(`there is no agent ${name}`)
      const { paths, missed, failures } = pathsOf(agent, { outputs: outputsFor(name), samples: 40 })
      expect({ missed, failures }).toEqual({ missed: { states: [], transitions: [] }, failures: [] })
      for (const { play } of paths) await play()
    },
  )
})
