import { describe, expect, it } from 'vitest'
import { command, dogAgent, petsParty, urgent } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const start = () => startRuntime({ party: petsParty(dogAgent()) })
type Started = Awaited<ReturnType<typeof start>>['runtime']

const say = (runtime: Started, ...words: readonly string[]) =>
  Promise.all(words.map(word => runtime.bus.publish(command({ word }))))

describe('events to iterate over', () => {
  it('come one after the other, from the call of `events` on', async () => {
    const { runtime } = await start()
    const events = runtime.bus.events(command)
    await say(runtime, 'a', 'b', 'c')
    const words: string[] = []
    for await (const { data } of events) {
      words.push(data.word)
      if (words.length === 2) await say(runtime, 'd')
      if (words.length === 4) break
    }
    expect(words).toEqual(['a', 'b', 'c', 'd'])
    expect(runtime.bus.subscriptions()).toEqual([])
  })

  it('come to a loop that already waits', async () => {
    const { runtime } = await start()
    const events = runtime.bus.events([command, urgent])
    const first = events.next()
    const second = events.next()
    await say(runtime, 'a')
    await runtime.bus.publish(urgent({ word: 'b' }))
    expect((await first).value?.data).toEqual({ word: 'a' })
    expect((await second).value?.data).toEqual({ word: 'b' })
  })

  it('report how many were missed by a loop that is too slow', async () => {
    const { runtime } = await start()
    const words: string[] = []
    const events = runtime.bus.events(command, { limit: 2, onMissed: count => void words.push(`missed ${count}`) })
    await say(runtime, 'a', 'b', 'c', 'd')
    for await (const { data } of events) if (words.push(data.word) === 3) break
    expect(words).toEqual(['missed 2', 'c', 'd'])
  })

  it.each([
    ['leaving the loop', async (events: AsyncIterator<unknown>) => void (await events.return?.())],
    ['a signal', async (_: unknown, controller: AbortController) => controller.abort()],
  ])('end with %s', async (_, end) => {
    const { runtime } = await start()
    const controller = new AbortController()
    const events = runtime.bus.events(command, { signal: controller.signal, name: 'loop' })
    const waiting = events.next()
    await end(events, controller)
    expect(await waiting).toEqual({ done: true, value: undefined })
    await say(runtime, 'late')
    expect(await events.next()).toEqual({ done: true, value: undefined })
    expect(runtime.bus.subscriptions('loop')).toEqual([])
  })

  it('end with the runtime, once the waiting events were taken', async () => {
    const { runtime } = await start()
    const events = runtime.bus.events(command)
    await say(runtime, 'a', 'b')
    await runtime.stop({ timeout: 0 })
    const words: string[] = []
    for await (const { data } of events) words.push(data.word)
    expect(words).toEqual(['a', 'b'])
  })

  it('of one party end with it, once the waiting events were taken', async () => {
    const { runtime } = await start()
    const words: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), { party: 'p1' })
    const events = runtime.bus.events(command, { party: 'p1' })
    const party = await runtime.parties.create({ id: 'p1' })
    for (const word of ['a', 'b']) await runtime.bus.publish(command({ word }), { party: 'p1' })
    await party.idle()
    await runtime.parties.delete('p1')
    const taken: string[] = []
    for await (const { data } of events) taken.push(data.word)
    expect(taken).toEqual(['a', 'b'])
    // A subscribed function goes on with the next party of that id.
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'c' }), { party: 'p1' })
    expect(words).toEqual(['a', 'b', 'c'])
  })

  it('do not keep the runtime from stopping if no loop takes them', async () => {
    const { runtime } = await start()
    const events = runtime.bus.events('pets.*')
    await say(runtime, 'a', 'b')
    await runtime.stop()
    expect((await events.next()).value?.type).toBe('pets.command')
  })

  it('can be disposed of', async () => {
    const { runtime } = await start()
    {
      await using events = runtime.bus.events(command, { name: 'loop' })
      expect(events.info.subscriber).toBe('loop')
    }
    expect(runtime.bus.subscriptions('loop')).toEqual([])
  })
})
