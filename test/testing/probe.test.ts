import {
  agentTypes,
  ask,
  defineAgent,
  defineEvent,
  definePartitionKind,
  defineParty,
  definePool,
  defineRequest,
  memoryJournal,
  type RuntimeOptions,
} from 'troupe'
import { createTestRuntime, probe, type StandIn } from 'troupe/testing'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import 'troupe/testing/vitest'

const added = defineEvent('cafe.input.added', z.object({ inputId: z.string(), content: z.string() }))
const removed = defineEvent('cafe.input.removed', z.object({ inputId: z.string() }))
const ordered = defineEvent('cafe.ordered', z.object({ cake: z.string() }))
const served = defineEvent('cafe.served', z.object({ cake: z.string(), euros: z.int() }))
const sorry = defineEvent('cafe.sorry', z.object({ code: z.string() }))
const closed = defineEvent('cafe.closed', z.object({}))
const price = defineRequest('cafe.price', {
  input: z.object({ of: z.string() }),
  output: z.object({ euros: z.int() }),
  refusals: { SOLD_OUT: z.object({}) },
})

/** Asks for the price of what is ordered, and serves it, or says why not. */
function waiterOf(to?: string) {
  const types = agentTypes({ context: { cake: '' }, hears: [ordered], says: [served, sorry] })
  const codeIn = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN')
  return defineAgent({
    name: 'waiter',
    types,
    machine: setup({
      types,
      actors: { price: ask(price, { deadline: 5_000, ...(to !== undefined && { to }) }) },
    }).createMachine({
      id: 'waiter',
      context: { cake: '' },
      initial: 'free',
      states: {
        free: { on: { 'cafe.ordered': { target: 'asking', actions: assign(({ event }) => event.data) } } },
        asking: {
          tags: 'busy',
          invoke: {
            src: 'price',
            input: ({ context }) => ({ of: context.cake }),
            onDone: {
              target: 'free',
              actions: emit(({ context, event }) => served({ ...context, euros: event.output.euros })),
            },
            onError: { target: 'free', actions: emit(({ event }) => sorry({ code: codeIn(event.error) })) },
          },
        },
      },
    }),
  })
}

/** Would answer each price with 7 euros. */
const till = (() => {
  const types = agentTypes({ context: {}, hears: [price, closed], says: [price, closed] })
  return defineAgent({
    name: 'till',
    types,
    machine: setup({ types }).createMachine({
      id: 'till',
      context: {},
      on: {
        'cafe.price': { actions: emit(({ event }) => price.reply(event, { euros: 7 })) },
        'cafe.closed': { actions: () => {} },
      },
    }),
  })
})()

const waiter = waiterOf()

const cafe = defineParty({
  name: 'cafe',
  agents: [waiter, till],
  events: [served],
  inputs: { added, removed },
  state: {
    initial: { served: 0 },
    on: {
      'cafe.served': state => {
        state.served++
      },
    },
  },
})

async function started(standIn: StandIn, options: RuntimeOptions = { agents: [waiter, till] }) {
  const test = await createTestRuntime({ ...options, standIns: [standIn], log: 'silent' })
  onTestFinished(() => test.stop())
  const said = () =>
    test.record.events.filter(({ source }) => source.endsWith('/waiter')).map(({ type, data }) => ({ type, data }))
  return { test, said }
}

/** A café at which a cake was ordered, whose till is a probe. */
async function orderedAt() {
  const desk = probe(till)
  const test = await createTestRuntime({ party: cafe, standIns: [desk], log: 'silent' })
  onTestFinished(() => test.stop())
  const party = await test.runtime.parties.create({ id: 'p1' })
  await test.runtime.bus.publish(ordered({ cake: 'lemon' }), { party: 'p1' })
  return { test, desk, party }
}

describe('the probe of an agent', () => {
  it('shows the request that the agent would get, and answers it', async () => {
    const { test, desk, party } = await orderedAt()
    const asked = await desk.expect(price, { of: 'lemon' })
    expect(asked).toMatchObject({ type: 'cafe.price', data: { of: 'lemon' }, at: 'party/p1/till' })
    expect(test).not.toHavePublished(served)
    await asked.reply({ euros: 5 })
    expect(test).toHavePublished(served, { cake: 'lemon', euros: 5 })
    expect(party.state.served).toBe(1)
    await desk.expectNothing()
  })

  it('refuses a request', async () => {
    const { test, desk } = await orderedAt()
    const asked = await desk.expect(price, { of: expect.stringContaining('lem') })
    await asked.refuse({ code: 'SOLD_OUT', message: 'No cake is left.', data: {} })
    expect(test).toHavePublished(sorry, { code: 'ASK_REFUSED_BY_CALLEE' })
  })

  it('fails on a request as an agent does: it starts again, and its asker gets the failure', async () => {
    const { test, desk } = await orderedAt()
    const asked = await desk.expect(price)
    await asked.fail(new Error('the drawer is stuck'))
    expect(test).toHavePublished(sorry, { code: 'ASK_FAILED' })
    expect(test).toHaveRestarted('party/p1/till', 1)
    expect(desk.received).toHaveLength(1)
    await desk.expectNothing()
  })

  it('fails with whatever a test has caught', async () => {
    const { test, desk } = await orderedAt()
    await (await desk.expect(price)).fail('the drawer is stuck')
    expect(test).toHavePublished(sorry, { code: 'ASK_FAILED' })
    expect(test).toHavePublished('agent.failed', expect.objectContaining({ error: 'the drawer is stuck' }))
  })

  it('stays silent until the deadline of the asker', async () => {
    const { test, desk } = await orderedAt()
    await desk.expect(price)
    await test.pass('4999 ms')
    expect(test).not.toHavePublished(sorry)
    await test.pass('1 ms')
    expect(test).toHavePublished(sorry, { code: 'ASK_TIMEOUT' })
  })

  it('still has its requests after a crash, and answers them', async () => {
    const { test, desk } = await orderedAt()
    const asked = await desk.expect(price)
    test.crash()
    await test.restart()
    await desk.expectNothing()
    await asked.reply({ euros: 6 })
    expect(test).toHavePublished(served, { cake: 'lemon', euros: 6 })
    expect(test.record.asks).toHaveLength(1)
  })

  it('tells the test that the process has crashed before its answer was there', async () => {
    const { test, desk } = await orderedAt()
    const asked = await desk.expect(price)
    const replying = asked.reply({ euros: 6 })
    test.crash()
    await expect(replying).rejects.toMatchObject({ code: 'TEST_CRASHED' })
    await test.restart()
    await asked.reply({ euros: 7 })
    expect(test).toHavePublished(served, { cake: 'lemon', euros: 7 })
  })

  it('gets after a crash what the journal did not have', async () => {
    const desk = probe(till)
    const { test } = await started(desk)
    const asking = test.runtime.ask('runtime/till', price, { of: 'plum' })
    asking.catch(() => {})
    test.crash()
    await test.restart()
    await desk.expectNothing()
    void test.runtime.ask('runtime/till', price, { of: 'plum' })
    await (await desk.expect(price)).reply({ euros: 1 })
  })

  it('says what the agent says, without a trace of the test in the record', async () => {
    const desk = probe(till)
    const { test } = await started(desk)
    await desk.say(closed({}))
    expect(test.record.events.at(-1)).toMatchObject({ type: 'cafe.closed', source: 'runtime/till' })
    expect(test.record.events.map(({ type }) => type)).not.toContain('testing.probe.told')
  })

  it('has to be told where to say something, if it stands at several addresses', async () => {
    const { test, desk } = await orderedAt()
    await test.runtime.parties.create({ id: 'p2' })
    const addresses = ['party/p1/till', 'party/p2/till']
    await expect(desk.say(closed({}))).rejects.toMatchObject({ code: 'PROBE_PLACE', addresses })
    await desk.say(closed({}), { at: 'party/p2/till' })
    expect(test.record.events.at(-1)).toMatchObject({ source: 'party/p2/till' })
  })

  it('says what came instead of what is expected', async () => {
    const { desk } = await orderedAt()
    await expect(desk.expect(price, { of: 'plum' })).rejects.toThrow(
      `The probe "till" was not sent "cafe.price" with { of: 'plum' }. It was sent instead: "cafe.price" with { of: 'lemon' }.`,
    )
    await expect(desk.expectNothing()).rejects.toMatchObject({
      code: 'PROBE_UNEXPECTED',
      received: [`"cafe.price" with { of: 'lemon' }`],
    })
    await desk.expect(price)
    await expect(desk.expect(price)).rejects.toMatchObject({ code: 'PROBE_NOT_RECEIVED', instead: [] })
  })

  it('refuses what the agent does not hear or say', async () => {
    const { desk } = await orderedAt()
    // @ts-expect-error: the till does not hear it
    await expect(desk.expect(ordered)).rejects.toMatchObject({ code: 'PROBE_DEFINITION', type: 'cafe.ordered' })
    // @ts-expect-error: the till does not say it
    await expect(desk.say(ordered({ cake: 'plum' }))).rejects.toMatchObject({ code: 'PROBE_DEFINITION' })
    const asked = await desk.expect(price)
    // @ts-expect-error: another output
    await expect(asked.reply({ euros: 'five' })).rejects.toMatchObject({ code: 'EVENT_PAYLOAD' })
    expectTypeOf(asked.data).toEqualTypeOf<{ of: string }>()
  })

  it('stands for the members of a pool, and for an agent that is spawned', async () => {
    const desk = probe(till)
    const { test } = await started(desk, {
      agents: [waiterOf('runtime/tills'), definePool({ name: 'tills', agent: till, size: 2 })],
    })
    await test.runtime.bus.publish(ordered({ cake: 'lemon' }))
    const asked = await desk.expect(price)
    expect(asked.at).toMatch(/^runtime\/tills\/[12]$/)
    await asked.reply({ euros: 4 })
    expect(test).toHavePublished(served, { cake: 'lemon', euros: 4 })
    const clerk = probe(waiter)
    const other = await createTestRuntime({ agents: [till], standIns: [clerk] })
    onTestFinished(() => other.stop())
    await other.runtime.spawn(clerk.agent, { name: 'second' })
    await other.runtime.bus.publish(ordered({ cake: 'plum' }))
    expect(await clerk.expect(ordered)).toMatchObject({ at: 'runtime/second' })
  })

  it('stands for an agent of a partition kind, which stays the kind that it is', async () => {
    const desk = probe(till)
    const stand = definePartitionKind({
      name: 'stand',
      agents: [till],
      events: [closed],
      state: { initial: {}, on: {} },
    })
    const { test } = await started(desk, { kinds: [stand] })
    const main = await test.runtime.partitions(stand).open('main')
    const asking = main.agent('till').ask(price, { of: 'pie' })
    await (await desk.expect(price)).reply({ euros: 3 })
    expect(await asking).toEqual({ euros: 3 })
  })

  it('does not share its place with another probe, which would get nothing', async () => {
    const journal = memoryJournal()
    const twice = createTestRuntime({ party: cafe, journal, standIns: [probe(till), probe(till)] })
    await expect(twice).rejects.toMatchObject({ code: 'STAND_IN_TWICE', standsFor: 'the agent "till"' })
    await expect(journal.partitions()).rejects.toMatchObject({ code: 'JOURNAL_CLOSED' })
  })

  it('says that it has nowhere to stand', async () => {
    const desk = probe(till)
    await expect(desk.expect(price)).rejects.toMatchObject({ code: 'STAND_IN_FREE' })
    await started(desk, { agents: [waiter], events: [price] })
    await expect(desk.say(closed({}))).rejects.toMatchObject({ code: 'PROBE_PLACE', addresses: [] })
    await expect(desk.expect(price)).rejects.toMatchObject({ code: 'PROBE_PLACE' })
  })
})

describe('the probe of a request', () => {
  /** A waiter who has asked the handler of prices. */
  async function askedHandler() {
    const prices = probe(price)
    const { test, said } = await started(prices, { agents: [waiterOf('runtime/cafe-price')] })
    await test.runtime.bus.publish(ordered({ cake: 'lemon' }))
    return { test, prices, said }
  }

  it('answers in the place of a handler', async () => {
    const { prices, said } = await askedHandler()
    const asked = await prices.expect(price, { of: 'lemon' })
    await asked.reply({ euros: 5 })
    expect(said()).toEqual([{ type: 'cafe.served', data: { cake: 'lemon', euros: 5 } }])
    await prices.expectNothing()
  })

  it('refuses, fails, or stays silent', async () => {
    const { test, prices, said } = await askedHandler()
    await (await prices.expect(price)).refuse({ code: 'SOLD_OUT', message: 'No cake is left.', data: {} })
    await test.runtime.bus.publish(ordered({ cake: 'plum' }))
    await (await prices.expect(price, { of: 'plum' })).fail(new Error('no connection'))
    await test.runtime.bus.publish(ordered({ cake: 'pie' }))
    await prices.expect(price, { of: 'pie' })
    await test.pass('5 s')
    const codes = said().map(({ data }) => data)
    expect(codes).toEqual([{ code: 'ASK_REFUSED_BY_CALLEE' }, { code: 'ASK_FAILED' }, { code: 'ASK_TIMEOUT' }])
  })

  it('answers a request once', async () => {
    const { prices, said } = await askedHandler()
    const asked = await prices.expect(price)
    await asked.reply({ euros: 5 })
    await expect(asked.reply({ euros: 6 })).rejects.toMatchObject({ code: 'PROBE_ANSWERED' })
    await expect(asked.fail(new Error('no connection'))).rejects.toMatchObject({ code: 'PROBE_ANSWERED' })
    expect(said()).toHaveLength(1)
  })

  it('shares its handler with no other probe', async () => {
    const twice = createTestRuntime({ standIns: [probe(price), probe(price)] })
    await expect(twice).rejects.toMatchObject({ code: 'STAND_IN_TWICE', standsFor: 'the handler of "cafe.price"' })
    const test = await createTestRuntime({ standIns: [probe(price), probe(price, { name: 'other' })] })
    await test.stop()
  })

  it('is asked again after a crash, because no journal has what a handler was asked', async () => {
    const { test, prices, said } = await askedHandler()
    const lost = await prices.expect(price)
    test.crash()
    await test.restart()
    await expect(lost.reply({ euros: 5 })).rejects.toMatchObject({ code: 'PROBE_GONE' })
    await (await prices.expect(price, { of: 'lemon' })).reply({ euros: 6 })
    expect(said()).toEqual([{ type: 'cafe.served', data: { cake: 'lemon', euros: 6 } }])
  })
})
