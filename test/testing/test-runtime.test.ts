import { agentTypes, defineAgent, defineEvent, type Journal } from 'troupe'
import { partyPlanner, quotesSilenced } from 'troupe/agents'
import { createTestRuntime, heldJournal, seededRandom, slowJournal } from 'troupe/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { assign, emit, fromPromise, setup } from 'xstate'
import * as z from 'zod'
import { turns } from '../support/runtime.ts'
import { temporaryJournal } from '../support/temporary-journal.ts'

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

/** A logger, and the fields of all that it was called with. */
function logged() {
  const lines: object[] = []
  const take = (fields: object) => void lines.push(fields)
  return { log: { info: take, warn: take, error: take }, lines }
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

it('settle waits for the journal as long as that takes', async () => {
  const journal = heldJournal()
  const test = await createTestRuntime({ agents: [bell], journal })
  onTestFinished(() => test.stop())
  journal.hold()
  const published = test.runtime.bus.publish(go({ n: 1 }))
  const settling = test.settle({ most: 100 })
  await turns(200)
  journal.release()
  await settling
  await published
  expect(test.record.events.map(({ type }) => type)).toContain('kit.go')
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

  it('takes decimals of a unit for whole milliseconds', async () => {
    const { test } = await ringing()
    const begun = test.clock.elapsed()
    await test.pass('2.01 s')
    expect(test.clock.elapsed() - begun).toBe(2_010)
  })

  it('refuses a timer of 0 ms that is set again for ever', async () => {
    const spinning = defineAgent({
      name: 'spinning',
      hears: [],
      says: [],
      machine: setup({ types: agentTypes({ context: {}, hears: [], says: [] }) }).createMachine({
        id: 'spinning',
        context: {},
        initial: 'on',
        states: { on: { after: { 0: { target: 'on', reenter: true } } } },
      }),
    })
    const test = await createTestRuntime({ agents: [spinning], log: 'silent' })
    const refused = expect(test.pass('1 ms', { most: 1_000 })).rejects.toMatchObject({ code: 'NEVER_SETTLES' })
    // Without the refusal, it would go on until the end of the process.
    await turns(10_000)
    test.crash()
    await refused
    await test.stop()
  })

  it('lets no time go back where another pass goes further meanwhile', async () => {
    const { test } = await ringing()
    const begun = test.clock.elapsed()
    await Promise.all([test.pass('3 min'), test.pass('1 min')])
    expect(test.clock.elapsed() - begun).toBe(180_000)
    const passing = test.pass('1 s')
    test.clock.advance(60_000)
    await passing
    expect(test.clock.elapsed() - begun).toBe(240_000)
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

  it('in a subscriber keeps the event that it was called with in the record', async () => {
    const { test, rung, begun } = await ringing()
    test.runtime.bus.subscribe(rang, () => test.crash())
    await test.pass('1 min')
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

it('after stop, the runtime says that its journal is closed, and there is no next one', async () => {
  const { test } = await ringing()
  await test.stop()
  expect(() => test.runtime).toThrow(expect.objectContaining({ code: 'TEST_STOPPED' }))
  await expect(test.restart()).rejects.toMatchObject({ code: 'TEST_STOPPED' })
})

it('stop releases a journal that holds', async () => {
  const journal = heldJournal()
  const test = await createTestRuntime({ agents: [bell], journal })
  journal.hold()
  const published = test.runtime.bus.publish(go({ n: 1 }))
  await test.stop()
  await published
})

it('the record has an ask once, also if the process ends while its callee works on it', async () => {
  const test = await planner()
  await test.runtime.bus.publish(quotesSilenced({ silent: true }))
  await test.runtime.parties.create({ id: 'p1', inputs: ['a photographer'] })
  await test.settle()
  test.crash()
  await test.restart()
  await test.settle()
  expect(test.record.asks).toHaveLength(1)
})

it('a journal in memory outlives the processes of a test, so that work of XState is named', async () => {
  const { log, lines } = logged()
  const stray = defineAgent({
    name: 'stray',
    hears: [],
    says: [],
    machine: setup({
      types: agentTypes({ context: {}, hears: [], says: [] }),
      actors: { search: fromPromise(async () => 1) },
    }).createMachine({ id: 'stray', context: {}, invoke: { src: 'search' } }),
  })
  await using test = await createTestRuntime({ agents: [stray], log })
  await test.settle()
  expect(lines).toContainEqual(expect.objectContaining({ code: 'STRAY_WORK' }))
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

  it.each(['after a crash', 'in order'])(
    'called twice at once starts two processes, one after the other, %s',
    async how => {
      const { test, rung, begun } = await ringing()
      if (how === 'after a crash') test.crash()
      const [first, second] = await Promise.all([test.restart(), test.restart()])
      expect(first).not.toBe(second)
      expect(test.runtime).toBe(second)
      await test.pass('1 min')
      expect(rung()).toEqual([begun + 60_000])
    },
  )

  it.each(['after a crash', 'in order'])('is refused where the process crashes meanwhile, %s', async how => {
    const { test, rung, begun } = await ringing()
    if (how === 'after a crash') test.crash()
    const restarting = test.restart()
    test.crash()
    await expect(restarting).rejects.toMatchObject({ code: 'TEST_CRASHED' })
    await test.restart()
    await test.pass('1 min')
    expect(rung()).toEqual([begun + 60_000])
  })

  it('forgets options that no runtime takes', async () => {
    const { test } = await ringing()
    // @ts-expect-error: there is no such option
    await expect(test.restart({ agentz: [bell] })).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' })
    await test.restart()
    expect(test.runtime.agent('bell').snapshot()?.status).toBe('active')
  })

  it('begins only when a slow journal has done what the last process asked for', async () => {
    const errors: unknown[] = []
    const log = { info: () => {}, warn: () => {}, error: (fields: object) => void errors.push(fields) }
    for (let seed = 0; seed < 40; seed++) {
      const test = await createTestRuntime({ agents: [bell], journal: slowJournal(seededRandom(seed)), log })
      test.runtime.bus.publish(go({ n: 1 })).catch(() => {})
      await turns(seed % 8)
      test.crash()
      await test.restart()
      await test.runtime.bus.publish(go({ n: 2 }))
      await test.stop()
    }
    expect(errors).toEqual([])
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

/** Plans a party through a crash amid its planning and one after it, and gives back what the journal holds then. */
async function journalOf(seed: number, journal?: Journal): Promise<string> {
  const test = await createTestRuntime({ party: partyPlanner, log: 'silent', seed, ...(journal && { journal }) })
  onTestFinished(() => test.stop())
  let events = 0
  test.runtime.bus.subscribe('*', () => void (++events === 12 && test.crash()))
  void test.runtime.parties.create({ id: 'p1', inputs })
  await test.pass('10 s')
  await test.restart()
  await test.pass('10 s')
  test.crash()
  await test.restart()
  await test.pass('10 s')
  return JSON.stringify([await test.frames('party/p1'), await test.frames('runtime')])
}

it('the same seed gives the same journal to the byte, another seed another one', async () => {
  const first = await journalOf(7)
  expect(first.length).toBeGreaterThan(10_000)
  expect(first.match(/"recovered"/g)?.length).toBeGreaterThan(2)
  expect(await journalOf(7)).toBe(first)
  expect(await journalOf(8)).not.toBe(first)
})

it('the same seed gives the same journal to the byte on a disk too, whose answers come at any time', async () => {
  const first = await journalOf(7, temporaryJournal())
  expect(first.length).toBeGreaterThan(10_000)
  for (let run = 2; run <= 4; run++) expect(await journalOf(7, temporaryJournal())).toBe(first)
  expect(await journalOf(8, temporaryJournal())).not.toBe(first)
})
