import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, glance, petsParty, urgent } from '../support/pets.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

const start = async (options: Parameters<typeof startRuntime>[0] = {}) => {
  const { runtime, clock } = await startRuntime({ events: [command, urgent, barked, glance], ...options })
  const say = async (...words: readonly string[]) => {
    for (const word of words) await runtime.bus.publish(command({ word })).catch(() => {})
  }
  return { runtime, clock, say, figures: () => runtime.bus.metrics() }
}

const raise = () => {
  throw new Error('ouch')
}

describe('the metrics of the bus', () => {
  it('count the events that were offered, accepted and refused', async () => {
    const { runtime, say, figures } = await start()
    await say('a', 'b')
    await runtime.bus.publish({ type: 'pets.command', data: {} }).catch(() => {})
    expect(figures()).toMatchObject({ offered: 3, accepted: 2, rejected: 1 })
  })

  it('count the events that subscribers got, including subscribers that have ended', async () => {
    const { runtime, say, figures } = await start()
    const first = runtime.bus.subscribe(command, () => {})
    runtime.bus.subscribe([command, urgent], () => {})
    await say('a', 'b')
    first.unsubscribe()
    await say('c')
    expect(figures().subscribers).toMatchObject({ delivered: 5, failed: 0 })
  })

  it('count how often subscribers failed, in all, by type and by subscription', async () => {
    const { runtime, say, figures } = await start()
    const failing = runtime.bus.subscribe(command, raise)
    runtime.bus.subscribe(command, () => {})
    await say('a', 'b')
    expect(figures().subscribers).toMatchObject({ failed: 2 })
    expect(figures().types['pets.command']).toMatchObject({ published: 2, failures: 2 })
    expect(failing.info).toMatchObject({ count: 2, failed: 2 })
  })

  it('give for each type the number of events, and the time of the newest', async () => {
    const { runtime, clock, say, figures } = await start()
    await say('a', 'b')
    clock.advance(500)
    await runtime.bus.publish(urgent({ word: 'up' }))
    const { types } = figures()
    expect(Object.keys(types).filter(type => type.startsWith('pets.'))).toEqual(['pets.command', 'pets.urgent'])
    expect(types).toMatchObject({
      'pets.command': { published: 2, lastAt: clock.now() - 500 },
      'pets.urgent': { published: 1, lastAt: clock.now() },
    })
  })

  it('give for each type how long its subscribers take, on average and the last time', async () => {
    const { runtime, clock, say, figures } = await start()
    const ends: (() => void)[] = []
    runtime.bus.subscribe(command, () => new Promise<void>(end => ends.push(end)))
    for (const [count, ms] of [30, 90].entries()) {
      await say('a')
      await settle()
      expect(ends.length).toBeGreaterThan(count)
      clock.advance(ms)
      ends[count]?.()
      await turn()
    }
    expect(figures().types['pets.command']).toMatchObject({ lastMs: 90, averageMs: 60 })
  })

  it('count the events since midnight', async () => {
    const { runtime, clock, say, figures } = await start()
    runtime.bus.subscribe(command, ({ data }) => {
      if (data.word === 'boom') throw new Error('ouch')
    })
    const before = figures().today.published
    await say('a', 'boom')
    await runtime.idle()
    // The failure is an event too.
    expect(figures().today).toEqual({ published: before + 3, failed: 1 })
    const midnight = new Date(clock.now()).setUTCHours(24, 0, 0, 0)
    clock.advance(midnight - clock.now() - 1)
    await say('b')
    expect(figures().today).toEqual({ published: before + 4, failed: 1 })
    clock.advance(1)
    expect(figures().today).toEqual({ published: 0, failed: 0 })
    await say('c')
    expect(figures().today).toEqual({ published: 1, failed: 0 })
  })

  it('count the events that the rate limits refused', async () => {
    const { say, figures } = await start({ rateLimit: { perMinute: 2 } })
    await say('a', 'b', 'c', 'd', 'e')
    expect(figures()).toMatchObject({ offered: 5, accepted: 2, rejected: 3 })
    expect(figures().rateLimits).toEqual({ rejected: 3, delayed: 0, waiting: 0 })
  })

  it('give the number of subscriptions, and of the events that wait for busy or paused ones', async () => {
    const { runtime, say, figures } = await start()
    const { subscriptions } = figures().subscribers
    const paused = runtime.bus.subscribe(command, () => {})
    paused.pause()
    runtime.bus.subscribe(urgent, () => {})
    await say('a', 'b', 'c')
    expect(figures().subscribers).toMatchObject({ subscriptions: subscriptions + 2, queued: 3, undelivered: 0 })
    paused.unsubscribe()
    expect(figures().subscribers).toMatchObject({ subscriptions: subscriptions + 1, queued: 0 })
  })

  it('give the number of events in mailboxes, and of those that only the journal holds', async () => {
    const { runtime, figures } = await start({ agents: [dogAgent()] })
    await runtime.bus.publish(command({ word: 'rest' }))
    await runtime.idle()
    for (const word of ['a', 'b']) await runtime.bus.publish(command({ word }))
    expect(figures()).toMatchObject({ waiting: 2, spilled: 0 })
    await runtime.bus.publish(urgent({ word: 'up' }))
    await runtime.idle()
    expect(figures()).toMatchObject({ waiting: 0, handled: 4, dead: 0 })
  })

  it('count dead letters, also those that were redriven', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const party = await runtime.parties.create({ id: 'p1' })
    // While the dog is awake, no agent takes this event.
    await party.agent('dog').send(urgent({ word: 'up' }))
    await party.idle()
    expect(runtime.bus.metrics()).toMatchObject({ dead: 1, deadLetters: 1 })
    await party.agent('dog').send(command({ word: 'rest' }))
    await runtime.bus.deadLetters.redrive()
    await party.idle()
    expect(runtime.bus.deadLetters.list()).toEqual([])
    expect(runtime.bus.metrics()).toMatchObject({ deadLetters: 1 })
  })
})
