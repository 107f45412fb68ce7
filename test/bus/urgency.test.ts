import { AgingError, agentTypes, createRuntime, defineAgent, defineEvent, type RuntimeOptions } from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, enqueueActions, setup } from 'xstate'
import * as z from 'zod'
import { createGate } from '../support/gate.ts'
import { barked, command, dogAgent, glance, petsParty, urgent } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const start = (options: Pick<RuntimeOptions, 'aging' | 'rateLimit'> = {}) =>
  startRuntime({ party: petsParty(dogAgent()), ...options })
type Started = Awaited<ReturnType<typeof start>>['runtime']

const go = defineEvent('urgency.go', z.object({ what: z.enum(['low', 'high']), count: z.int() }))
const low = defineEvent('urgency.low', z.object({}), { priority: 10 })
const high = defineEvent('urgency.high', z.object({}), { priority: 1 })
const wake = defineEvent('urgency.wake', z.object({}))

/** Says many events in one step, so backpressure cannot slow it. */
const hose = defineAgent({
  name: 'hose',
  hears: [go],
  says: [low, high],
  machine: setup({ types: agentTypes({ context: {}, hears: [go], says: [low, high] }) }).createMachine({
    on: {
      'urgency.go': {
        actions: enqueueActions(({ enqueue, event: { data } }) => {
          for (let n = 0; n < data.count; n++) enqueue.emit(data.what === 'low' ? low({}) : high({}))
        }),
      },
    },
  }),
})

const heardNothing: { readonly heard: readonly string[] } = { heard: [] }

/** Keeps events waiting until it is woken; collects them in the order in which it heard them. */
const sleeper = defineAgent({
  name: 'sleeper',
  hears: [low, high, wake],
  says: [],
  mailbox: { capacity: 2 },
  machine: setup({ types: agentTypes({ context: heardNothing, hears: [low, high, wake], says: [] }) }).createMachine({
    context: heardNothing,
    initial: 'asleep',
    states: {
      asleep: { tags: 'busy', on: { 'urgency.wake': 'awake' } },
      awake: {
        on: {
          'urgency.low': { actions: assign(({ context }) => ({ heard: [...context.heard, 'low'] })) },
          'urgency.high': { actions: assign(({ context }) => ({ heard: [...context.heard, 'high'] })) },
        },
      },
    },
  }),
})

/** Publishes words, each with its priority. */
const say = ({ bus }: Started, words: Readonly<Record<string, number>>) =>
  Promise.all(Object.entries(words).map(([word, priority]) => bus.publish(command({ word }), { priority })))

describe('a slow subscriber', () => {
  it('gets more urgent events first, and equally urgent ones by position', async () => {
    const { runtime } = await start()
    const { words, hear, open } = createGate()
    runtime.bus.subscribe(command, hear)
    await say(runtime, { first: 9, late: 9, middle: 5, 'middle too': 5, urgent: 1 })
    for (let calls = 0; calls < 5; calls++) await open()
    expect(words).toEqual(['first', 'urgent', 'middle', 'middle too', 'late'])
  })

  it('that is paused gets more urgent events first on resume', async () => {
    const { runtime } = await start()
    const words: string[] = []
    const paused = runtime.bus.subscribe(command, ({ data }) => void words.push(data.word))
    paused.pause()
    await say(runtime, { late: 9, urgent: 1 })
    paused.resume()
    expect(words).toEqual(['urgent', 'late'])
  })

  it('that iterates in a loop gets more urgent events first', async () => {
    const { runtime } = await start()
    const words: string[] = []
    const events = runtime.bus.events(command)
    await say(runtime, { late: 9, middle: 5 })
    for await (const { data } of events) {
      if (words.push(data.word) === 1) await say(runtime, { urgent: 1 })
      if (words.length === 3) break
    }
    expect(words).toEqual(['middle', 'urgent', 'late'])
  })

  it('that is full misses the least urgent events, and of these the oldest', async () => {
    const { runtime } = await start()
    const { words, hear, open } = createGate()
    const slow = runtime.bus.subscribe(command, hear, {
      limit: 3,
      onMissed: count => void words.push(`missed ${count}`),
    })
    await say(runtime, { first: 5, late: 9, later: 9, urgent: 1, 'urgent too': 2, last: 10 })
    expect(slow.info).toMatchObject({ waiting: 3, missed: 2 })
    for (let calls = 0; calls < 4; calls++) await open()
    expect(words).toEqual(['first', 'missed 2', 'urgent', 'urgent too', 'later'])
  })

  it('gets an event that waits long before more urgent events that come later', async () => {
    const { runtime, clock } = await start()
    const { words, hear, open } = createGate()
    runtime.bus.subscribe(command, hear)
    await say(runtime, { first: 1, late: 10 })
    clock.advance(8_000)
    await say(runtime, { before: 1 })
    clock.advance(2_000)
    await say(runtime, { after: 1 })
    for (let calls = 0; calls < 4; calls++) await open()
    expect(words).toEqual(['first', 'before', 'late', 'after'])
  })

  it('gets no event earlier for its waiting if aging is off', async () => {
    const { runtime, clock } = await start({ aging: Number.POSITIVE_INFINITY })
    const { words, hear, open } = createGate()
    runtime.bus.subscribe(command, hear)
    await say(runtime, { first: 1, late: 10 })
    clock.advance(50_000)
    await say(runtime, { urgent: 1 })
    for (let calls = 0; calls < 3; calls++) await open()
    expect(words).toEqual(['first', 'urgent', 'late'])
  })
})

describe('a slow durable subscription', () => {
  it('gets more urgent events first, and equally urgent ones by position', async () => {
    const { runtime } = await start()
    const { words, hear, open } = createGate()
    runtime.bus.subscribe(command, hear, { durable: 'ledger' })
    await say(runtime, { first: 9 })
    await settle()
    expect(words).toHaveLength(1)
    await say(runtime, { late: 9, middle: 5, 'middle too': 5, urgent: 1 })
    for (let received = 1; received <= 5; received++) {
      await settle()
      expect(words).toHaveLength(received)
      await open()
    }
    expect(words).toEqual(['first', 'urgent', 'middle', 'middle too', 'late'])
  })

  it('gets more urgent events first of those that it reads back', async () => {
    const { runtime } = await start()
    const words: string[] = []
    const subscription = runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), {
      durable: 'ledger',
      limit: 4,
    })
    subscription.pause()
    const said = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`${n}`, n % 8 === 7 ? 1 : 5]))
    await say(runtime, said)
    subscription.resume()
    await settle()
    expect(words).toHaveLength(40)
    expect(new Set(words).size).toBe(40)
    const others = words.filter(word => said[word] === 5).map(Number)
    expect(others).toEqual(others.toSorted((one, other) => one - other))
    // An urgent event comes before the waiting events that are at most `limit` places ahead of it.
    expect(words.indexOf('7')).toBeLessThan(words.indexOf('6'))
  })

  it('that is full misses the least urgent of the events that are not journalled', async () => {
    const { runtime } = await start()
    const seen: string[] = []
    const paused = runtime.bus.subscribe(glance, ({ data }) => void seen.push(data.at), { durable: 'eyes', limit: 2 })
    paused.pause()
    for (const [at, priority] of [
      ['late', 9],
      ['middle', 5],
      ['urgent', 1],
      ['later', 9],
    ] as const)
      await runtime.bus.publish(glance({ at }), { priority })
    expect(paused.info).toMatchObject({ waiting: 2, missed: 2 })
    paused.resume()
    await settle()
    expect(seen).toEqual(['urgent', 'middle'])
  })

  it('goes on with the events that it had not got; it may get later, more urgent ones twice', async () => {
    const { runtime } = await start()
    const { words, hear, open } = createGate()
    const first = runtime.bus.subscribe(command, hear, { durable: 'ledger' })
    await say(runtime, { first: 5 })
    await settle()
    expect(words).toHaveLength(1)
    await say(runtime, { late: 8, later: 9, urgent: 1 })
    await open()
    await settle()
    expect(words).toHaveLength(2)
    await open()
    await settle()
    expect(words).toHaveLength(3)
    first.unsubscribe()
    await open()
    expect(words).toEqual(['first', 'urgent', 'late'])
    const again: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void again.push(data.word), { durable: 'ledger' })
    await settle()
    expect(again).toEqual(['urgent', 'later'])
  })
})

describe('an agent', () => {
  const barks = ({ bus }: Started) => bus.history({ type: barked.type }).map(({ data }) => data)

  it('handles an event that waits long before more urgent events that come later', async () => {
    const { runtime, clock } = await start()
    const party = await runtime.parties.create({ id: 'p1' })
    const publish = (word: string, priority: number) =>
      runtime.bus.publish(command({ word }), { party: 'p1', priority })
    await publish('rest', 5)
    await party.idle()
    await publish('late', 10)
    clock.advance(8_000)
    await publish('before', 1)
    clock.advance(2_000)
    await publish('after', 1)
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await party.idle()
    expect(barks(runtime)).toMatchObject([{ word: 'up' }, { word: 'before' }, { word: 'late' }, { word: 'after' }])
  })

  it('handles an event that waits long first, also if only the journal holds it', async () => {
    const { runtime, clock } = await startRuntime({ agents: [hose, sleeper] })
    const said = async (what: 'low' | 'high', count: number) => {
      await runtime.bus.publish(go({ what, count }))
      await runtime.idle()
    }
    await said('low', 6)
    clock.advance(4_000)
    await said('high', 2)
    clock.advance(6_000)
    await said('high', 3)
    expect(runtime.agent('sleeper').mailbox).toMatchObject({ depth: 11, spilled: 9 })
    await runtime.bus.publish(wake({}))
    await runtime.idle()
    expect(runtime.agent('sleeper').snapshot()).toMatchObject({
      context: { heard: ['high', 'high', 'low', 'low', 'low', 'low', 'low', 'low', 'high', 'high', 'high'] },
    })
  })
})

describe('publishers that wait', () => {
  it('for a rate limit go on by priority, and with equal priority in the order in which they came', async () => {
    const { runtime, clock } = await start({ rateLimit: { perSecond: 1, exceeded: 'delay' } })
    const words: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void words.push(data.word))
    const all = say(runtime, { first: 9, late: 9, later: 9, urgent: 1 })
    for (let second = 0; second < 3; second++) {
      await settle()
      expect(words).toHaveLength(second + 1)
      clock.advance(1_020)
    }
    await all
    expect(words).toEqual(['first', 'urgent', 'late', 'later'])
  })

  it('for a rate limit long go on before more urgent ones that came later', async () => {
    const { runtime, clock } = await start({ rateLimit: { perSecond: 1, exceeded: 'delay' }, aging: 100 })
    const words: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void words.push(data.word))
    await say(runtime, { first: 5 })
    const late = say(runtime, { late: 10 })
    clock.advance(950)
    const after = say(runtime, { after: 1 })
    clock.advance(70)
    await late
    clock.advance(1_020)
    await after
    expect(words).toEqual(['first', 'late', 'after'])
  })

  it('for room in a mailbox go on by priority', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent({ mailbox: { capacity: 1 } })) })
    const party = await runtime.parties.create({ id: 'p1' })
    const publish = (word: string, priority: number) =>
      runtime.bus.publish(command({ word }), { party: 'p1', priority })
    await publish('rest', 5)
    await party.idle()
    const all = [publish('waits', 5), publish('late', 9), publish('later', 9), publish('first', 1)]
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await Promise.all(all)
    await party.idle()
    const words = runtime.bus.history({ type: command.type }).map(({ data }) => data)
    expect(words).toMatchObject([
      { word: 'rest' },
      { word: 'waits' },
      { word: 'first' },
      { word: 'late' },
      { word: 'later' },
    ])
  })
})

describe('aging', () => {
  it.each([0, -1, Number.NaN])('is refused if it is %s', aging => {
    expect(() => createRuntime({ events: [glance], aging })).toThrow(AgingError)
  })
})
