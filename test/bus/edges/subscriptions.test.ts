import type { Envelope, Subscription } from 'troupe'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, glance, petsParty, urgent } from '../../support/pets.ts'
import { settle, startRuntime, turn } from '../../support/runtime.ts'

const start = () => startRuntime({ party: petsParty(dogAgent()) })
type Started = Awaited<ReturnType<typeof start>>['runtime']
const say = async (runtime: Started, ...words: readonly string[]) => {
  for (const word of words) await runtime.bus.publish(command({ word }))
}
const rejections = async (work: () => Promise<void>) => {
  const seen: unknown[] = []
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', error => seen.push(error))
  try {
    await work()
    await settle()
  } finally {
    process.removeAllListeners('unhandledRejection')
    for (const other of others) process.on('unhandledRejection', other)
  }
  return seen
}

describe('subscribers, at their edges', () => {
  it('resume inside the call of a subscriber with waiting events does not call it again before that call ends', async () => {
    const { runtime } = await start()
    const log: string[] = []
    let running = 0
    let most = 0
    const sub: Subscription = runtime.bus.subscribe(command, async ({ data }) => {
      most = Math.max(most, ++running)
      log.push(`> ${data.word}`)
      sub.pause()
      sub.resume()
      await turn()
      log.push(`< ${data.word}`)
      running--
    })
    await say(runtime, 'a', 'b', 'c', 'd')
    await settle()
    expect(log).toEqual(['> a', '< a', '> b', '< b', '> c', '< c', '> d', '< d'])
    expect(most).toBe(1)
  })

  it('a subscription that pauses in onMissed gets no further event', async () => {
    const { runtime } = await start()
    const words: string[] = []
    const sub: Subscription = runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), {
      limit: 2,
      onMissed: () => sub.pause(),
    })
    sub.pause()
    await say(runtime, 'a', 'b', 'c')
    sub.resume()
    expect(words).toEqual([])
  })

  it('a subscription that ends itself in onMissed gets no further event, not even the one that is being delivered', async () => {
    const { runtime } = await start()
    const words: string[] = []
    let doResume = false
    runtime.bus.subscribe(command, () => void (doResume && sub.resume()), { priority: 1 })
    const sub: Subscription = runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), {
      limit: 1,
      onMissed: () => sub.unsubscribe(),
    })
    sub.pause()
    await say(runtime, 'a', 'b')
    doResume = true
    await say(runtime, 'c')
    expect(words).toEqual([])
  })

  it('subscribers of the same priority are called in the order of subscribing, also those of a party', async () => {
    const { runtime } = await start()
    await runtime.parties.create({ id: 'p1' })
    const log: string[] = []
    runtime.bus.subscribe(command, () => void log.push('party, first'), { party: 'p1' })
    runtime.bus.subscribe(command, () => void log.push('everywhere, second'))
    await runtime.bus.publish(command({ word: 'x' }), { party: 'p1' })
    expect(log).toEqual(['party, first', 'everywhere, second'])
  })

  it('the second event that a slow subscriber publishes belongs to the event that it got, also when the first was not journalled', async () => {
    const { runtime } = await start()
    const said: Envelope[] = []
    runtime.bus.subscribe(urgent, one => void said.push(one))
    runtime.bus.subscribe(command, async ({ data }) => {
      void runtime.bus.publish(glance({ at: data.word }))
      void runtime.bus.publish(urgent({ word: data.word }))
      await turn()
    })
    await Promise.all([
      runtime.bus.publish(command({ word: 'a' }), { correlationId: 'one' }),
      runtime.bus.publish(command({ word: 'b' }), { correlationId: 'two' }),
    ])
    await settle()
    expect(said).toHaveLength(2)
    expect(said.map(({ correlationid }) => correlationid)).toEqual(['one', 'two'])
  })

  it('an event that a subscriber publishes after an await belongs to the event that it got, also if the call before returned at once', async () => {
    const { runtime } = await start()
    const said: Envelope[] = []
    runtime.bus.subscribe(urgent, one => void said.push(one))
    runtime.bus.subscribe(command, ({ data }) => {
      if (data.word === 'skip') return undefined
      return (async () => {
        await turn()
        await runtime.bus.publish(urgent({ word: data.word }))
      })()
    })
    await runtime.bus.publish(command({ word: 'skip' }), { correlationId: 'one' })
    await runtime.bus.publish(command({ word: 'b' }), { correlationId: 'two' })
    await settle()
    expect(said).toHaveLength(1)
    expect(said.map(({ correlationid }) => correlationid)).toEqual(['two'])
  })

  it('stop in a subscriber after an await is refused, also if the call before returned at once', async () => {
    const { runtime, clock } = await start()
    let code: unknown = 'none'
    runtime.bus.subscribe(command, ({ data }) => {
      if (data.word === 'skip') return undefined
      return (async () => {
        await turn()
        code = await runtime.stop({ timeout: 1_000 }).then(
          () => 'stopped',
          error => error.code,
        )
      })()
    })
    await say(runtime, 'skip', 'b')
    await settle()
    clock.advance(10_000)
    await settle()
    clock.advance(100_000)
    await settle()
    expect(code).toBe('WAIT_INSIDE')
  })

  it('a thenable whose then throws does not disturb other subscribers', async () => {
    const { runtime, clock } = await start()
    const words: string[] = []
    const thenable = {
      // oxlint-disable-next-line unicorn/no-thenable
      then() {
        throw new Error('bad then')
      },
    }
    runtime.bus.subscribe(command, ({ data }) => {
      words.push(data.word)
      return thenable
    })
    const seen = await rejections(async () => {
      await say(runtime, 'a', 'b')
      await settle()
      clock.advance(60_000)
    })
    expect(seen).toEqual([])
    expect(words).toEqual(['a', 'b'])
  })

  it('a subscriber that throws an error with a throwing message does not disturb others', async () => {
    const { runtime } = await start()
    const words: string[] = []
    class Hostile extends Error {
      override get message(): string {
        throw new Error('never')
      }
      override set message(_: string) {}
    }
    runtime.bus.subscribe(command, ({ data }) => {
      if (data.word === 'a') throw new Hostile()
    })
    runtime.bus.subscribe(command, ({ data }) => void words.push(data.word))
    await say(runtime, 'a', 'b', 'c')
    await settle()
    expect(words).toEqual(['a', 'b', 'c'])
  })

  it('an onMissed that rejects does not disturb other subscribers', async () => {
    const { runtime } = await start()
    const seen = await rejections(async () => {
      const sub = runtime.bus.subscribe(command, () => {}, {
        limit: 1,
        onMissed: async () => {
          throw new Error('missed')
        },
      })
      sub.pause()
      await say(runtime, 'a', 'b')
      sub.resume()
    })
    expect(seen).toEqual([])
  })

  it('a subscriber that publishes the event that it got, journalled, leaves the event loop its turns', async () => {
    const { runtime } = await start()
    let received = 0
    runtime.bus.subscribe(urgent, () => {
      if (++received < 100_000) void runtime.bus.publish(urgent({ word: 'again' })).catch(() => {})
    })
    void runtime.bus.publish(urgent({ word: 'first' }))
    await turn()
    expect(received).toBeLessThan(100_000)
  })

  it('a slow subscriber that publishes the event that it got, journalled, leaves the event loop its turns', async () => {
    const { runtime } = await start()
    let received = 0
    runtime.bus.subscribe(urgent, async () => {
      if (++received < 100_000) await runtime.bus.publish(urgent({ word: 'again' })).catch(() => {})
    })
    void runtime.bus.publish(urgent({ word: 'first' }))
    await turn()
    expect(received).toBeLessThan(100_000)
  })

  it('a filter is not called after its subscription has ended', async () => {
    const { runtime } = await start()
    let asked = 0
    runtime.bus.subscribe(command, () => sub.unsubscribe(), { priority: 1 })
    const sub: Subscription = runtime.bus.subscribe(command, () => {}, { filter: () => ++asked > 0 })
    await say(runtime, 'a')
    expect(asked).toBe(0)
  })

  it('the events of a subscriber that returns promises again do not belong to the event of another subscriber', async () => {
    const { runtime } = await start()
    const said: string[] = []
    let go = () => {}
    const gate = new Promise<void>(resolve => {
      go = resolve
    })
    runtime.bus.subscribe(urgent, ({ data, correlationid }) => void said.push(`${data.word} ${correlationid}`))
    // The other subscriber: publishes a glance while it handles "other".
    runtime.bus.subscribe(command, async ({ data }) => {
      if (data.word !== 'other') return
      await turn()
      await runtime.bus.publish(glance({ at: 'unrelated' }), { correlationId: 'mine' })
      await gate
    })
    let count = 0
    runtime.bus.subscribe(glance, () => {
      if (count++ === 0) return undefined
      return (async () => {
        await turn()
        await runtime.bus.publish(urgent({ word: 'glanced' }))
      })()
    })
    await runtime.bus.publish(glance({ at: 'first' }))
    await runtime.bus.publish(command({ word: 'other' }), { correlationId: 'theirs' })
    await settle()
    expect(said).toHaveLength(1)
    go()
    expect(said).toEqual(['glanced mine'])
  })
})
