import {
  agentTypes,
  agentUpdated,
  BusQueueError,
  createRuntime,
  defineAgent,
  defineEvent,
  defineRequest,
  memoryJournal,
  SubscribeOptionsError,
  systemError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { createGate } from '../support/gate.ts'
import { barked, command, dogAgent, glance, petsParty, urgent } from '../support/pets.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

const start = () => startRuntime({ party: petsParty(dogAgent()) })
type Started = Awaited<ReturnType<typeof start>>['runtime']

const say = (runtime: Started, ...words: readonly string[]) =>
  Promise.all(words.map(word => runtime.bus.publish(command({ word }))))

const errorsOf = (runtime: Started) => {
  const codes: string[] = []
  runtime.bus.subscribe(systemError, ({ data }) => void codes.push(data.code))
  return codes
}

describe('a subscription', () => {
  it('may be to several definitions, types and patterns, and gets an event once if several match', async () => {
    const { runtime } = await start()
    const seen: string[] = []
    runtime.bus.subscribe([command, 'pets.urgent', 'pets.*'], ({ type }) => void seen.push(type))
    await runtime.bus.publish(urgent({ word: 'up' }))
    await say(runtime, 'sit')
    expect(seen).toEqual(['pets.urgent', 'pets.command'])
  })

  it('knows the payloads of several definitions by their types', async () => {
    const { runtime } = await start()
    const words: string[] = []
    runtime.bus.subscribe([command, urgent], ({ data }) => void words.push(data.word))
    await say(runtime, 'sit')
    expect(words).toEqual(['sit'])
  })

  it('may be to the events of one party', async () => {
    const { runtime } = await start()
    for (const id of ['p1', 'p2']) await runtime.parties.create({ id })
    const seen: string[] = []
    runtime.bus.subscribe(barked, ({ data }) => void seen.push(`one ${data.word}`), { party: 'p1' })
    runtime.bus.subscribe(barked, ({ data }) => void seen.push(`all ${data.word}`))
    runtime.bus.subscribe(barked, ({ data }) => void seen.push(`first ${data.word}`), { party: 'p1', priority: 1 })
    await runtime.bus.publish(command({ word: 'a' }), { party: 'p1' })
    await runtime.idle()
    await runtime.bus.publish(command({ word: 'b' }), { party: 'p2' })
    await runtime.idle()
    expect(seen).toEqual(['first a', 'one a', 'all a', 'all b'])
  })

  it('gets events with one of its tags: tags of the definition, and tags given at publishing', async () => {
    const tagged = defineEvent('pets.tagged', z.object({ n: z.int() }), { tags: ['blue'] })
    const { runtime } = await startRuntime({ events: [tagged] })
    const seen: unknown[] = []
    runtime.bus.subscribe('*', ({ data, tags }) => void seen.push([data, tags]), { tags: ['red', 'blue'] })
    await runtime.bus.publish(tagged({ n: 1 }))
    await runtime.bus.publish(tagged({ n: 2 }), { tags: ['red', 'green'] })
    expect(seen).toEqual([
      [{ n: 1 }, ['blue']],
      [{ n: 2 }, ['blue', 'red', 'green']],
    ])
  })

  it('does not get events without one of its tags', async () => {
    const { runtime } = await start()
    const seen: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void seen.push(data.word), { tags: ['red'] })
    await say(runtime, 'plain')
    await runtime.bus.publish(command({ word: 'red' }), { tags: ['red'] })
    expect(seen).toEqual(['red'])
  })

  it('gets the events that its filter accepts', async () => {
    const { runtime } = await start()
    const seen: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void seen.push(data.word), { filter: ({ priority }) => priority <= 3 })
    await runtime.bus.publish(command({ word: 'later' }))
    await runtime.bus.publish(command({ word: 'now' }), { priority: 2 })
    expect(seen).toEqual(['now'])
  })

  it('whose filter throws does not get that event; the others do, and the error is reported', async () => {
    const { runtime } = await start()
    const codes = errorsOf(runtime)
    const seen: string[] = []
    const filter = ({ data }: { readonly data: { readonly word: string } }) => {
      if (data.word === 'boom') throw new Error('boom')
      return true
    }
    runtime.bus.subscribe(command, ({ data }) => void seen.push(`one ${data.word}`), { filter })
    runtime.bus.subscribe(command, ({ data }) => void seen.push(`two ${data.word}`))
    await say(runtime, 'boom', 'sit')
    await runtime.idle()
    expect(seen).toEqual(['two boom', 'one sit', 'two sit'])
    expect(codes).toEqual(['FILTER_FAILED'])
  })

  it('is called before those with a greater priority number, and after earlier ones of its own', async () => {
    const { runtime } = await start()
    const seen: string[] = []
    runtime.bus.subscribe(command, () => void seen.push('five'))
    runtime.bus.subscribe('*', () => void seen.push('last'), {
      priority: 10,
      filter: ({ type }) => type === command.type,
    })
    runtime.bus.subscribe(command, () => void seen.push('five too'))
    runtime.bus.subscribe(command, () => void seen.push('first'), { priority: 1 })
    await say(runtime, 'sit')
    expect(seen).toEqual(['first', 'five', 'five too', 'last'])
  })

  it('that is paused gets the events of the pause on resume', async () => {
    const { runtime } = await start()
    const seen: string[] = []
    const subscription = runtime.bus.subscribe(command, ({ data }) => void seen.push(data.word))
    subscription.pause()
    await say(runtime, 'a', 'b')
    expect(seen).toEqual([])
    expect(subscription.info).toMatchObject({ paused: true, waiting: 2 })
    subscription.resume()
    await say(runtime, 'c')
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  it('that pauses and resumes itself while it is called goes on', async () => {
    const { runtime } = await start()
    const seen: string[] = []
    const subscription = runtime.bus.subscribe(command, ({ data }) => {
      seen.push(data.word)
      subscription.pause()
      subscription.resume()
    })
    await say(runtime, 'a', 'b', 'c')
    expect(seen).toEqual(['a', 'b', 'c'])
    expect(subscription.info.waiting).toBe(0)
  })

  it('ends with its signal', async () => {
    const { runtime } = await start()
    const controller = new AbortController()
    const seen: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void seen.push(data.word), { signal: controller.signal })
    runtime.bus.subscribe(command, ({ data }) => void seen.push(data.word), { signal: AbortSignal.abort() })
    await say(runtime, 'a')
    controller.abort()
    await say(runtime, 'b')
    expect(seen).toEqual(['a'])
    expect(runtime.bus.metrics().subscribers.delivered).toBe(1)
  })

  it('gets the next event when the promise that it returned has settled', async () => {
    const { runtime } = await start()
    const { words, hear, open } = createGate()
    runtime.bus.subscribe(command, hear)
    const others: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void others.push(data.word))
    await say(runtime, 'a', 'b')
    expect(words).toEqual(['a'])
    expect(others).toEqual(['a', 'b'])
    await open()
    expect(words).toEqual(['a', 'b'])
  })

  it('that is slow misses the oldest events above its limit, gets their number, and is reported once', async () => {
    const { runtime } = await start()
    const codes = errorsOf(runtime)
    const { words, hear, open } = createGate()
    const received: string[] = []
    const onMissed = (count: number) => void words.push(`missed ${count}`)
    const slow = runtime.bus.subscribe(command, hear, { limit: 2, onMissed, name: 'slow' })
    runtime.bus.subscribe(command, ({ data }) => void received.push(data.word))
    await say(runtime, 'a', 'b', 'c', 'd', 'e')
    expect(received).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(slow.info).toMatchObject({ waiting: 2, missed: 2 })
    for (let calls = 0; calls < 3; calls++) await open()
    expect(words).toEqual(['a', 'missed 2', 'd', 'e'])
    expect(codes).toEqual(['SUBSCRIBER_LAG'])
    expect(runtime.bus.metrics().subscribers).toMatchObject({ missed: 2, queued: 0 })
  })

  it('that hangs is given up after its timeout, and gets the next event', async () => {
    const { runtime, clock } = await start()
    const codes = errorsOf(runtime)
    const { words, hear } = createGate()
    const hanging = runtime.bus.subscribe(command, hear, { timeout: 5_000 })
    await say(runtime, 'a', 'b')
    clock.advance(5_000)
    await settle()
    expect(words).toEqual(['a', 'b'])
    expect(codes).toEqual(['SUBSCRIBER_TIMEOUT'])
    expect(hanging.info).toMatchObject({ count: 2, failed: 1 })
  })

  it('made while an event is delivered gets events from the next one on', async () => {
    const { runtime } = await start()
    const seen: string[] = []
    const first = runtime.bus.subscribe(command, ({ data }) => {
      seen.push(`outer ${data.word}`)
      first.unsubscribe()
      runtime.bus.subscribe(command, inner => void seen.push(`inner ${inner.data.word}`))
    })
    await say(runtime, 'a')
    await say(runtime, 'b')
    expect(seen).toEqual(['outer a', 'inner b'])
  })

  it('that floods the bus leaves the event loop its turns, and is refused when too many events wait', async () => {
    const { runtime } = await start()
    let [received, isEnough] = [0, false]
    const { promise: refused, resolve: refuse } = Promise.withResolvers<void>()
    runtime.bus.subscribe(glance, () => {
      received++
      if (isEnough) return
      for (let twice = 0; twice < 2; twice++)
        runtime.bus.publish(glance({ at: 'itself' })).catch(error => {
          if (error.code === 'BUS_FULL') refuse()
        })
    })
    void runtime.bus.publish(glance({ at: 'first' }))
    await refused
    isEnough = true
    expect(runtime.bus.metrics().subscribers.undelivered).toBeLessThanOrEqual(10_000)
    await settle()
    expect(runtime.bus.metrics().subscribers.undelivered).toBe(0)
    expect(received).toBe(runtime.bus.metrics().accepted)
  })

  it('may be to a pattern that no event matches', async () => {
    const said = defineEvent('nobody.says.this', z.object({}))
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), events: [said] })
    const nothing = runtime.bus.subscribe('nobody.says.*', () => {})
    await say(runtime, 'sit')
    expect(nothing.info).toMatchObject({ count: 0, waiting: 0 })
  })

  it('is refused with invalid numbers', async () => {
    const { runtime } = await start()
    for (const options of [{ limit: 0 }, { limit: 1.5 }, { timeout: 0 }, { timeout: Number.NaN }])
      expect(() => runtime.bus.subscribe(command, () => {}, options)).toThrow(SubscribeOptionsError)
    expect(() => runtime.bus.subscribe(command, () => {}, { priority: 0 })).toThrow('priority')
  })
})

describe('subscriptions', () => {
  it('are listed, and found by subscriber: types, count, last event, lag', async () => {
    const { runtime, clock } = await start()
    runtime.bus.subscribe([command, 'pets.urgent'], () => {}, { name: 'my-agent', priority: 2 })
    const paused = runtime.bus.subscribe(command, () => {}, { name: 'paused' })
    paused.pause()
    await say(runtime, 'a')
    const at = clock.now()
    clock.advance(700)
    expect(runtime.bus.subscriptions('my-agent')).toEqual([
      {
        subscriber: 'my-agent',
        types: ['pets.command', 'pets.urgent'],
        party: undefined,
        priority: 2,
        count: 1,
        failed: 0,
        missed: 0,
        expired: 0,
        waiting: 0,
        lag: 0,
        paused: false,
        durable: false,
        createdAt: at,
        lastEventAt: at,
        averageMs: 0,
        lastMs: 0,
      },
    ])
    expect(runtime.bus.subscriptions('paused')).toMatchObject([{ waiting: 1, lag: 700, count: 0 }])
    paused.unsubscribe()
    expect(runtime.bus.subscriptions('paused')).toEqual([])
  })
})

describe('the time that a subscriber takes', () => {
  it('is measured if it returns a promise: the average and the last time', async () => {
    const { runtime, clock } = await start()
    const { hear, open } = createGate()
    const slow = runtime.bus.subscribe(command, hear)
    expect(slow.info).toMatchObject({ averageMs: undefined, lastMs: undefined })
    for (const [word, ms] of [
      ['a', 10],
      ['b', 30],
    ] as const) {
      await say(runtime, word)
      clock.advance(ms)
      await open()
    }
    expect(slow.info).toMatchObject({ averageMs: 20, lastMs: 30 })
  })

  it('is measured if it returns at once', async () => {
    const { runtime, clock } = await start()
    let ms = 5
    const subscription = runtime.bus.subscribe(glance, () => clock.advance(ms))
    await runtime.bus.publish(glance({ at: 'x' }))
    expect(subscription.info).toMatchObject({ averageMs: 5, lastMs: 5 })
    ms = 7
    for (let n = 0; n < 500; n++) await runtime.bus.publish(glance({ at: 'x' }))
    expect(subscription.info).toMatchObject({ lastMs: 7 })
  })

  it('is measured for a durable subscription', async () => {
    const { runtime, clock } = await start()
    const { words, hear, open } = createGate()
    const subscription = runtime.bus.subscribe(command, hear, { durable: 'ledger' })
    await say(runtime, 'a')
    await settle()
    expect(words).toHaveLength(1)
    clock.advance(10)
    await open()
    expect(subscription.info).toMatchObject({ averageMs: 10, lastMs: 10 })
  })
})

describe('what a subscriber publishes', () => {
  it('belongs to the event that it got, also after an await', async () => {
    const { runtime } = await start()
    const answers: unknown[] = []
    runtime.bus.subscribe(
      urgent,
      ({ data, correlationid, causationid }) => void answers.push([data.word, correlationid, causationid]),
    )
    runtime.bus.subscribe(command, () => void runtime.bus.publish(urgent({ word: 'at once' })))
    runtime.bus.subscribe(command, async () => {
      await turn()
      await runtime.bus.publish(urgent({ word: 'later' }))
    })
    const { id } = await runtime.bus.publish(command({ word: 'sit' }), { correlationId: 'chain' })
    await settle()
    expect(answers).toEqual([
      ['at once', 'chain', id],
      ['later', 'chain', id],
    ])
  })

  it('keeps the correlation that it is given', async () => {
    const { runtime } = await start()
    runtime.bus.subscribe(command, () => void runtime.bus.publish(urgent({ word: 'up' }), { correlationId: 'own' }))
    const { id } = await runtime.bus.publish(command({ word: 'sit' }))
    await settle()
    expect(runtime.bus.history({ type: 'pets.urgent' })).toMatchObject([{ correlationid: 'own', causationid: id }])
  })
})

describe('stop', () => {
  it('waits for subscribers that handle an event', async () => {
    const { runtime } = await start()
    const { words, hear, open } = createGate()
    runtime.bus.subscribe(command, hear)
    await say(runtime, 'a', 'b')
    const stopping = runtime.stop()
    await settle()
    expect(runtime.bus.history({ type: 'system.stopped' }).length).toBeGreaterThan(0)
    await open()
    await open()
    await stopping
    expect(words).toEqual(['a', 'b'])
  })
})

describe('a frequent event of the runtime in a party', () => {
  it('goes to subscribers in that party, and is not made for others', async () => {
    const { runtime } = await start()
    for (const id of ['p1', 'p2']) await runtime.parties.create({ id })
    const parties: unknown[] = []
    runtime.bus.subscribe(agentUpdated, ({ party }) => void parties.push(party), { party: 'p1' })
    for (const party of ['p1', 'p2']) await runtime.bus.publish(command({ word: 'sit' }), { party })
    await runtime.idle()
    expect(parties).toEqual(['p1'])
    expect(runtime.bus.metrics().types['agent.updated']).toMatchObject({ published: 1 })
  })
})

describe('the queue of events that subscribers publish', () => {
  it.each([0, 1.5, Number.NaN])('is refused if it holds %s events', queue => {
    expect(() => createRuntime({ queue })).toThrow(BusQueueError)
  })

  it('holds as many events as its option says', async () => {
    const { runtime } = await startRuntime({ events: [glance], queue: 3 })
    const ended: unknown[] = []
    // Avoids the warning for an event without subscribers.
    runtime.bus.subscribe(glance, () => {})
    const first = runtime.bus.subscribe(glance, () => {
      first.unsubscribe()
      for (let n = 0; n < 5; n++)
        runtime.bus.publish(glance({ at: `${n}` })).then(
          () => ended.push('received'),
          error => ended.push(error.code),
        )
    })
    await runtime.bus.publish(glance({ at: 'first' }))
    await settle()
    expect(ended).toHaveLength(5)
    expect(ended.toSorted()).toEqual(['BUS_FULL', 'BUS_FULL', 'received', 'received', 'received'])
  })
})

it('an ask of a subscriber has the correlation id of its event', async () => {
  const answer = defineRequest('x.answer', { input: z.object({}), output: z.object({}) })
  const fact = defineEvent('x.fact', z.object({}))
  const agent = defineAgent({
    name: 'oracle',
    hears: [answer],
    says: [answer],
    machine: setup({ types: agentTypes({ context: {}, hears: [answer], says: [answer] }) }).createMachine({
      context: {},
      on: { 'x.answer': { actions: emit(({ event }) => answer.reply(event, {})) } },
    }),
  })
  const journal = memoryJournal()
  const { runtime } = await startRuntime({ events: [fact], agents: [agent], journal })
  runtime.bus.subscribe(fact, () => void runtime.ask('runtime/oracle', answer, {}))
  await runtime.bus.publish(fact({}), { correlationId: 'chain' })
  await runtime.idle()
  const asked: string[] = []
  for await (const { entries } of journal.read('runtime'))
    for (const entry of entries) if (entry.kind === 'asked') asked.push(entry.envelope.correlationid)
  expect(asked).toEqual(['chain'])
})
