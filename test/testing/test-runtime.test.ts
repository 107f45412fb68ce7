import { agentTypes, defineAgent, defineEvent } from 'troupe'
import { partyPlanner } from 'troupe/agents'
import { createTestRuntime } from 'troupe/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

const inputs = ['vegan cake', 'a photographer', 'jungle party for 75 guests']

async function planner(seed?: number) {
  const test = await createTestRuntime({ party: partyPlanner, log: 'silent', ...(seed !== undefined && { seed }) })
  onTestFinished(() => test.stop())
  return test
}

const go = defineEvent('kit.go', z.object({ n: z.int() }))
const rang = defineEvent('kit.rang', z.object({ n: z.int() }))

/** Rings a minute after each `go`, and starts again when it has rung. */
const bell = defineAgent({
  name: 'bell',
  hears: [go],
  says: [rang],
  machine: setup({ types: agentTypes({ context: { n: 0 }, hears: [go], says: [rang] }) }).createMachine({
    id: 'bell',
    context: { n: 0 },
    initial: 'silent',
    states: {
      silent: { on: { 'kit.go': 'waiting' } },
      waiting: {
        after: {
          60_000: {
            target: 'waiting',
            reenter: true,
            actions: [assign(({ context }) => ({ n: context.n + 1 })), emit(({ context }) => rang({ n: context.n }))],
          },
        },
      },
    },
  }),
})

async function ringing() {
  const test = await createTestRuntime({ agents: [bell] })
  onTestFinished(() => test.stop())
  await test.runtime.bus.publish(go({ n: 1 }))
  const rung = () => test.record.events.filter(({ type }) => type === 'kit.rang').map(({ time }) => time)
  return { test, rung, begun: test.clock.now() }
}

describe('settle', () => {
  it('resolves when a party is planned, as far as it is without time', async () => {
    const test = await planner()
    const party = await test.runtime.parties.create({ id: 'p1', inputs })
    await test.settle()
    expect((await party.idle()).reason).toBe('settled')
    expect(Object.keys(party.state.results).toSorted()).toEqual(['cake', 'theme', 'vendor'])
  })

  it('refuses a program that goes on for ever', async () => {
    const ping = defineEvent('kit.ping', z.object({}), { persist: false })
    const echo = (name: string) =>
      defineAgent({
        name,
        hears: [ping],
        says: [ping],
        machine: setup({ types: agentTypes({ context: {}, hears: [ping], says: [ping] }) }).createMachine({
          id: name,
          context: {},
          on: { 'kit.ping': { actions: emit(() => ping({})) } },
        }),
      })
    const test = await createTestRuntime({ agents: [echo('echo')], log: 'silent' })
    await test.runtime.bus.publish(ping({}))
    await expect(test.settle({ most: 1_000 })).rejects.toMatchObject({ code: 'NEVER_SETTLES', last: 'kit.ping' })
    test.crash()
    await test.stop()
  })
})

describe('pass', () => {
  it('fires each timer on the way at its time, also those that are set meanwhile', async () => {
    const { test, rung, begun } = await ringing()
    await test.pass('2 min')
    expect(rung()).toEqual([begun + 60_000, begun + 120_000])
    await test.pass(59_999)
    expect(rung()).toHaveLength(2)
    await test.pass('1 ms')
    expect(rung()).toHaveLength(3)
  })

  it.each(['2 minutes', 'soon', '-1 s', -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s', async duration => {
    const { test } = await ringing()
    // @ts-expect-error: some of these texts are no durations for the compiler either
    await expect(test.pass(duration)).rejects.toMatchObject({ code: 'DURATION', duration })
  })
})

describe('crash', () => {
  it('ends the process at once: nothing more runs, and no timer fires', async () => {
    const { test, rung } = await ringing()
    test.crash()
    await test.pass('5 min')
    expect(rung()).toEqual([])
    expect(() => test.runtime).toThrow(expect.objectContaining({ code: 'TEST_CRASHED' }))
  })

  it('leaves what was durable to the next process, whose timers go on', async () => {
    const { test, rung, begun } = await ringing()
    await test.pass('30 s')
    test.crash()
    await test.restart()
    await test.pass('30 s')
    expect(rung()).toEqual([begun + 60_000])
  })

  it('in the middle of a plan leads to the same plan as none', async () => {
    const whole = await planner()
    await whole.runtime.parties.create({ id: 'p1', inputs })
    await whole.settle()
    const test = await planner()
    const creating = test.runtime.parties.create({ id: 'p1', inputs })
    await creating
    test.crash()
    await test.restart()
    await test.settle()
    expect(test.runtime.parties.get('p1').state.results).toEqual(whole.runtime.parties.get('p1').state.results)
  })
})

describe('restart', () => {
  it('rejects when an agent cannot start, and leaves a test that can be stopped', async () => {
    const broken = defineAgent({
      name: 'broken',
      hears: [],
      says: [],
      machine: setup({ types: agentTypes({ context: { n: 0 }, hears: [], says: [] }) }).createMachine({
        id: 'broken',
        context: () => {
          throw new Error('there is no context')
        },
      }),
    })
    const starting = createTestRuntime({ agents: [broken], log: 'silent' })
    await expect(starting).rejects.toMatchObject({ code: 'AGENT_START' })
    const { test } = await ringing()
    await expect(test.restart({ agents: [broken], log: 'silent' })).rejects.toMatchObject({ code: 'AGENT_START' })
    await test.restart({ agents: [bell] })
    expect(test.runtime.agent('bell').snapshot()?.status).toBe('active')
  })

  it('stops a process that still runs in order, and starts the next one', async () => {
    const test = await planner()
    await test.runtime.parties.create({ id: 'p1', inputs })
    const first = test.runtime
    await test.restart()
    expect(test.runtime).not.toBe(first)
    await test.settle()
    expect(Object.keys(test.runtime.parties.get('p1').state.results)).toHaveLength(3)
  })
})

it('the same seed gives the same journal to the byte, another seed another one', async () => {
  const journalOf = async (seed: number) => {
    const test = await planner(seed)
    await test.runtime.parties.create({ id: 'p1', inputs })
    await test.pass('10 s')
    test.crash()
    await test.restart()
    await test.pass('10 s')
    return JSON.stringify([await test.frames('party/p1'), await test.frames('runtime')])
  }
  const first = await journalOf(7)
  expect(first.length).toBeGreaterThan(10_000)
  expect(await journalOf(7)).toBe(first)
  expect(await journalOf(8)).not.toBe(first)
})
