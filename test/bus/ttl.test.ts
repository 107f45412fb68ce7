import { describe, expect, it } from 'vitest'
import { createGate } from '../support/gate.ts'
import { command, dogAgent, glance, petsParty } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const start = () => startRuntime({ party: petsParty(dogAgent()) })
type Started = Awaited<ReturnType<typeof start>>['runtime']

const say = async ({ bus }: Started, words: readonly string[], ttl?: number) => {
  for (const word of words) await bus.publish(command({ word }), ttl === undefined ? {} : { ttl })
}

/** The expired dead letters: their receivers and their data. */
const expired = ({ bus }: Started) =>
  bus.deadLetters.list({ reason: 'expired' }).map(({ to, envelope }) => [to, envelope.data])

describe('an event with a time to live', () => {
  it('is not delivered after its time to a subscriber that was busy: it becomes a dead letter, and is counted', async () => {
    const { runtime, clock } = await start()
    const { words, hear, open } = createGate()
    const slow = runtime.bus.subscribe(command, hear, { name: 'slow' })
    await say(runtime, ['a'])
    await say(runtime, ['b'], 1_000)
    await say(runtime, ['c'], 3_000)
    clock.advance(1_000)
    await open()
    expect(words).toEqual(['a', 'c'])
    expect(expired(runtime)).toEqual([['subscriber/slow', { word: 'b' }]])
    expect(slow.info).toMatchObject({ count: 2, expired: 1, waiting: 0 })
    expect(runtime.bus.metrics().subscribers).toMatchObject({ expired: 1, queued: 0 })
  })

  it('is not delivered after its time to a subscriber that was paused', async () => {
    const { runtime, clock } = await start()
    const words: string[] = []
    const paused = runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), { name: 'paused' })
    paused.pause()
    await say(runtime, ['a'], 1_000)
    await say(runtime, ['b'])
    clock.advance(1_000)
    paused.resume()
    expect(words).toEqual(['b'])
    expect(expired(runtime)).toEqual([['subscriber/paused', { word: 'a' }]])
  })

  it('is not delivered after its time to a loop', async () => {
    const { runtime, clock } = await start()
    const words: string[] = []
    const events = runtime.bus.events(command, { name: 'loop' })
    await say(runtime, ['a', 'b'], 1_000)
    await say(runtime, ['c'])
    for await (const { data } of events) {
      if (words.push(data.word) === 1) clock.advance(1_000)
      if (data.word === 'c') break
    }
    expect(words).toEqual(['a', 'c'])
    expect(expired(runtime)).toEqual([['subscriber/loop', { word: 'b' }]])
  })

  it('is not delivered after its time to a durable subscription, which goes on with the next event', async () => {
    const { runtime, clock } = await start()
    const { words, hear, open } = createGate()
    const first = runtime.bus.subscribe(command, hear, { durable: 'ledger' })
    await say(runtime, ['a'])
    await settle()
    expect(words).toHaveLength(1)
    await say(runtime, ['b'], 1_000)
    await say(runtime, ['c'])
    clock.advance(1_000)
    await open()
    await settle()
    expect(words).toHaveLength(2)
    await open()
    expect(words).toEqual(['a', 'c'])
    expect(expired(runtime)).toEqual([['subscriber/ledger', { word: 'b' }]])
    expect(first.info).toMatchObject({ count: 2, expired: 1 })
    // Once the dead letter is durable, the place of the subscription is after it.
    await runtime.idle()
    first.unsubscribe()
    runtime.bus.subscribe(command, hear, { durable: 'ledger' })
    await say(runtime, ['d'])
    await settle()
    expect(words).toEqual(['a', 'c', 'd'])
  })

  it('is not delivered after its time to a durable subscription that was away', async () => {
    const { runtime, clock } = await start()
    const listen = (words: string[]) =>
      runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), { durable: 'ledger' })
    const before: string[] = []
    const first = listen(before)
    await say(runtime, ['a'])
    await settle()
    expect(before).toHaveLength(1)
    first.unsubscribe()
    await say(runtime, ['b'], 1_000)
    await say(runtime, ['c'])
    clock.advance(1_000)
    const after: string[] = []
    listen(after)
    await settle()
    expect(after).toEqual(['c'])
    expect(expired(runtime)).toEqual([['subscriber/ledger', { word: 'b' }]])
  })

  it('that expired before a durable name began is no dead letter of that name', async () => {
    const { runtime, clock } = await start()
    await say(runtime, ['a'], 1_000)
    await say(runtime, ['b'])
    clock.advance(1_000)
    const words: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), { durable: 'ledger', from: 'start' })
    await settle()
    expect(words).toEqual(['b'])
    expect(expired(runtime)).toEqual([])
  })

  it('that is published after a durable name began is a dead letter of that name, however soon it expires', async () => {
    const { runtime, clock } = await start()
    runtime.bus.subscribe(command, () => {}, { durable: 'ledger', from: 'start' })
    const saying = say(runtime, ['a'], 1_000)
    clock.advance(1_000)
    await saying
    await settle()
    expect(expired(runtime)).toEqual([['subscriber/ledger', { word: 'a' }]])
  })

  it('makes room for others when it expires before its delivery', async () => {
    const { runtime, clock } = await start()
    const words: string[] = []
    const paused = runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), { limit: 2 })
    paused.pause()
    await say(runtime, ['a'])
    await say(runtime, ['b'], 1_000)
    clock.advance(1_000)
    await say(runtime, ['c'])
    paused.resume()
    expect(words).toEqual(['a', 'c'])
    expect(paused.info).toMatchObject({ missed: 0, expired: 1 })
  })

  it('is a dead letter after the next clean-up, also if its subscriber stays busy or paused', async () => {
    const { runtime, clock } = await start()
    runtime.bus.subscribe(command, () => new Promise(() => {}), { name: 'busy', timeout: Number.POSITIVE_INFINITY })
    runtime.bus.subscribe(command, () => {}, { name: 'paused' }).pause()
    await say(runtime, ['a', 'b'], 1_000)
    clock.advance(300_000)
    expect(expired(runtime)).toEqual([
      ['subscriber/paused', { word: 'a' }],
      ['subscriber/paused', { word: 'b' }],
      ['subscriber/busy', { word: 'b' }],
    ])
  })

  it('that expired before its delivery can be redriven', async () => {
    const { runtime, clock } = await start()
    const words: string[] = []
    const paused = runtime.bus.subscribe(command, ({ data }) => void words.push(data.word), { name: 'paused' })
    paused.pause()
    await say(runtime, ['a'], 1_000)
    clock.advance(1_000)
    paused.resume()
    expect(words).toEqual([])
    expect(await runtime.bus.deadLetters.redrive({ reason: 'expired' })).toBe(1)
    expect(words).toEqual(['a'])
    expect(runtime.bus.deadLetters.list()).toEqual([])
  })

  it('is shown by a replay however old it is, because a replay only shows what happened', async () => {
    const { runtime, clock } = await start()
    await say(runtime, ['a'], 1_000)
    clock.advance(5_000)
    const words: string[] = []
    await runtime.bus.replay({ type: command }, ({ data }) => void words.push(data.word))
    expect(words).toEqual(['a'])
  })

  it('that is not journalled leaves no entry in the journal when it expires', async () => {
    const { runtime, clock } = await start()
    const paused = runtime.bus.subscribe(glance, () => {}, { name: 'paused' })
    paused.pause()
    await runtime.bus.publish(glance({ at: 'x' }), { ttl: 1_000 })
    clock.advance(1_000)
    paused.resume()
    expect(expired(runtime)).toEqual([['subscriber/paused', { at: 'x' }]])
    const types: string[] = []
    await runtime.bus.replay({}, ({ type }) => void types.push(type))
    expect(types).not.toContain('pets.glance')
  })
})
