import { agentTypes, ask, defineAgent, defineEvent, defineRequest, effect } from 'troupe'
import { createTestRuntime } from 'troupe/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import 'troupe/testing/vitest'

const ordered = defineEvent('shop.ordered', z.object({ cakes: z.int() }))
const baked = defineEvent('shop.baked', z.object({ cakes: z.int() }))
const price = defineRequest('shop.price', { input: z.object({ cakes: z.int() }), output: z.object({ euros: z.int() }) })

/** Asks for the price, bakes, and says so; fails on an order of no cake. */
const baker = defineAgent({
  name: 'baker',
  hears: [ordered],
  says: [baked, price],
  machine: setup({
    types: agentTypes({ context: { cakes: 0 }, hears: [ordered], says: [baked, price] }),
    actors: {
      price: ask(price, { to: 'runtime/till', deadline: 1_000 }),
      bake: effect('bake', ({ cakes }: { cakes: number }) => cakes),
    },
  }).createMachine({
    id: 'baker',
    context: { cakes: 0 },
    initial: 'free',
    states: {
      free: {
        on: {
          'shop.ordered': {
            target: 'asking',
            actions: assign(({ event }) => {
              if (event.data.cakes === 0) throw new Error('no cake was ordered')
              return { cakes: event.data.cakes }
            }),
          },
        },
      },
      asking: {
        invoke: {
          src: 'price',
          input: ({ context: { cakes } }) => ({ cakes }),
          onDone: 'baking',
          onError: 'baking',
        },
      },
      baking: {
        invoke: {
          src: 'bake',
          input: ({ context: { cakes } }) => ({ cakes }),
          onDone: { target: 'free', actions: emit(({ event }) => baked({ cakes: event.output })) },
        },
      },
    },
  }),
})

let test: Awaited<ReturnType<typeof createTestRuntime>>

beforeEach(async () => {
  test = await createTestRuntime({ agents: [baker], events: [price], log: 'silent' })
  return () => test.stop()
})

async function order(cakes: number): Promise<void> {
  await test.runtime.bus.publish(ordered({ cakes }))
  await test.pass('2 s')
}

describe('toHavePublished', () => {
  it('finds an event by its definition or type, and its payload', async () => {
    await order(3)
    expect(test).toHavePublished(baked)
    expect(test).toHavePublished('shop.baked', { cakes: 3 })
    expect(test.record).toHavePublished(baked, expect.objectContaining({ cakes: 3 }))
    expect(test).not.toHavePublished(baked, { cakes: 4 })
  })

  it('shows what came instead, and what led to the last event', async () => {
    await order(3)
    expect(() => expect(test).toHavePublished(baked, { cakes: 4 })).toThrow(
      /"shop\.baked" with .*4.* to be published\. Instead with:\s+.*3[\s\S]*what led to it:\n {2}runtime\/baker says shop\.baked[\s\S]*because somebody outside says shop\.ordered/,
    )
    expect(() => expect(test).not.toHavePublished(baked)).toThrow('not to be published, but it was')
  })
})

it('a matcher does not take undefined for nothing', async () => {
  await order(3)
  const forgotten: { readonly cakes?: number } = {}
  expect(test).not.toHavePublished('shop.baked', undefined)
  expect(test).not.toHaveRun('bake', forgotten.cakes)
  // @ts-expect-error: a payload that may be missing
  expect(test).not.toHavePublished(baked, [{ cakes: 3 }].at(1))
  // @ts-expect-error: a number that may be missing
  expect(test).not.toHaveRestarted('runtime/baker', forgotten.cakes)
})

it('a matcher does not compile with what the event or request does not have', async () => {
  await order(3)
  // @ts-expect-error: a field of another type
  expect(test).not.toHavePublished(baked, { cakes: 'three' })
  // @ts-expect-error: a field too many
  expect(test).not.toHavePublished(baked, { cakes: 3, candles: 1 })
  // @ts-expect-error: the answer, not the question
  expect(test).not.toHaveAsked(price, { euros: 3 })
  // @ts-expect-error: no such reason
  expect(test).not.toHaveDeadLettered(ordered, 'bored')
})

it('toHaveDeadLettered finds a request on which its callee failed', async () => {
  const types = agentTypes({ context: {}, hears: [price], says: [price] })
  const fail = () => {
    throw new Error('the till is empty')
  }
  const machine = setup({ types }).createMachine({ id: 'till', context: {}, on: { 'shop.price': { actions: fail } } })
  await test.restart({ agents: [baker, defineAgent({ name: 'till', types, machine })] })
  await order(1)
  expect(test).toHaveDeadLettered(price, 'failed')
})

it('toHaveAsked finds a request by its definition and input', async () => {
  await order(2)
  expect(test).toHaveAsked(price, { cakes: 2 })
  expect(() => expect(test).toHaveAsked(price, { cakes: 1 })).toThrow('Instead with')
})

it('toHaveRun finds an effect by its name and input', async () => {
  await order(2)
  expect(test).toHaveRun('bake', { cakes: 2 })
  expect(() => expect(test).toHaveRun('fry')).toThrow(/"fry" to be run\. Instead these were:\s+bake/)
})

describe('toHaveDeadLettered and toHaveRestarted', () => {
  it('find the event on which an agent failed, why it died, and who began anew', async () => {
    await order(0)
    expect(test).toHaveDeadLettered(ordered, 'failed')
    expect(test).toHaveRestarted('runtime/baker')
    expect(test).not.toHaveRestarted('runtime/baker', 7)
    expect(() => expect(test).toHaveRestarted('runtime/baker', 7)).toThrow('restarted 7 times; it has once.')
    expect(() => expect(test).toHaveDeadLettered(ordered, 'expired')).toThrow(/Instead with:\s+.*failed/)
  })

  it('find nothing where nothing failed', async () => {
    await order(1)
    expect(test).not.toHaveDeadLettered(ordered)
    expect(() => expect(test).toHaveRestarted('runtime/baker')).toThrow('it has 0 times. No agent has.')
  })
})

it('a matcher refuses what has no record of a run', () => {
  expect(() => expect('a text').toHavePublished(baked)).toThrow('toHavePublished was called with something else')
})
