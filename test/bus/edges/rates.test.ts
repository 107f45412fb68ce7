import type { RateLimitOptions } from 'troupe'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, petsParty, urgent } from '../../support/pets.ts'
import { settle, startRuntime } from '../../support/runtime.ts'

const start = (rateLimit: RateLimitOptions) => startRuntime({ party: petsParty(dogAgent()), rateLimit })
describe('publishing in turn, at its edges', () => {
  it('a source whose turn comes soon does not wait for one whose turn comes late', async () => {
    const { runtime, clock } = await start({
      perSecond: 100,
      source: { perSecond: 1, perMinute: 2 },
      exceeded: 'delay',
    })
    const words: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void words.push(data.word))
    const say = (word: string, source: string) =>
      runtime.bus.publish(command({ word }), { source, timeout: 3_600_000 }).catch(error => words.push(error.code))
    await say('a1', 'a')
    clock.advance(2_000)
    await say('a2', 'a')
    clock.advance(2_000)
    void say('a3', 'a') // waits for its minute
    await settle()
    await say('b1', 'b')
    void say('b2', 'b') // waits for its second
    for (let n = 0; n < 3; n++) {
      clock.advance(1_000)
      await settle()
    }
    expect(words).toEqual(['a1', 'a2', 'b1', 'b2'])
  })

  it('a delayed event is published before later events of the same source', async () => {
    const { runtime, clock } = await start({ perSecond: 2, source: {}, exceeded: 'delay' })
    const words: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void words.push(data.word))
    const say = (word: string) => runtime.bus.publish(command({ word }), { source: 'a' })
    await say('1')
    await say('2')
    void say('3')
    clock.advance(2_000)
    void say('4')
    await settle()
    expect(words).toEqual(['1', '2', '3', '4'])
  })

  it('delayed events go by the new limits after a switch to other limits', async () => {
    const { runtime } = await start({ perSecond: 1, source: {}, exceeded: 'delay' })
    let received = 0
    runtime.bus.subscribe(command, () => void received++)
    for (let n = 0; n < 100; n++) void runtime.bus.publish(command({ word: 'x' })).catch(() => {})
    await settle()
    expect(received).toBe(1)
    runtime.bus.rateLimit({ perSecond: 2, source: {}, exceeded: 'delay' })
    await settle()
    expect(received).toBeLessThanOrEqual(3)
  })

  it('an update that would be delayed ends when the runtime stops', async () => {
    const { runtime, clock } = await start({ perSecond: 2, source: {}, exceeded: 'delay' })
    const party = await runtime.parties.create({ id: 'p1' })
    let outcome = 'pending'
    void party.update({ add: ['a', 'b', 'c', 'd'] }).then(
      () => (outcome = 'done'),
      error => (outcome = error.code),
    )
    await runtime.stop({ timeout: 0 })
    await settle()
    clock.advance(3_600_000)
    await settle()
    expect(outcome).not.toBe('pending')
  })

  it('an event that a subscriber publishes belongs to the event that it got, also when it is delayed', async () => {
    const { runtime, clock } = await start({ perSecond: 1, source: {}, exceeded: 'delay' })
    const said: string[] = []
    runtime.bus.subscribe(urgent, ({ correlationid }) => void said.push(correlationid))
    runtime.bus.subscribe(command, () => void runtime.bus.publish(urgent({ word: 'x' })))
    await runtime.bus.publish(command({ word: 'a' }), { correlationId: 'chain' })
    await settle()
    clock.advance(2_000)
    await settle()
    expect(said).toEqual(['chain'])
  })

  it('a change that a subscriber makes in a party belongs to the event that it got', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const party = await runtime.parties.create({ id: 'p1' })
    const said: string[] = []
    runtime.bus.subscribe('pets.input.added', ({ correlationid }) => void said.push(correlationid))
    runtime.bus.subscribe(command, () => void party.addInput('one'))
    runtime.bus.subscribe(command, () => void party.update({ add: ['two'] }))
    await runtime.bus.publish(command({ word: 'a' }), { correlationId: 'chain' })
    await settle()
    expect(said).toEqual(['chain', 'chain'])
  })

  it('changes of a party happen in the order in which they were asked for', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const party = await runtime.parties.create({ id: 'p1' })
    const outcomes = await Promise.allSettled([
      party.update({ add: [{ inputId: 'i1', content: 'a' }] }),
      party.removeInput('i1'),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  })

  it('an event is published with its first payload, also if the payload is changed while it is delayed', async () => {
    const { runtime, clock } = await start({ perSecond: 1, source: {}, exceeded: 'delay' })
    const seen: unknown[] = []
    runtime.bus.subscribe(command, ({ data }) => void seen.push(data))
    await runtime.bus.publish(command({ word: 'first' }))
    const event = command({ word: 'second' })
    void runtime.bus.publish(event)
    try {
      Object.assign(event, { data: { nonsense: true } })
    } catch {}
    clock.advance(2_000)
    await settle()
    expect(seen).toEqual([{ word: 'first' }, { word: 'second' }])
  })

  it('an event whose payload was replaced is checked', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    let failed = ''
    try {
      await runtime.bus.publish(Object.assign(command({ word: 'second' }), { data: { nonsense: true } }))
    } catch (error) {
      failed = `${(error as Error).name}`
    }
    expect(failed).not.toBe('')
  })

  it('room is kept for a delayed publisher, also if a new one comes before the timer fires', async () => {
    let now = Date.UTC(2026, 0, 1)
    const timers: { at: number; fire: () => void }[] = []
    const clock = {
      now: () => now,
      after(ms: number, fire: () => void) {
        const timer = { at: now + ms, fire }
        timers.push(timer)
        return () => void timers.splice(timers.indexOf(timer) >>> 0, 1)
      },
    }
    const { runtime } = await startRuntime({
      clock,
      party: petsParty(dogAgent()),
      rateLimit: { perSecond: 1, source: {}, exceeded: 'delay' },
    })
    const words: string[] = []
    runtime.bus.subscribe(command, ({ data }) => void words.push(data.word))
    await runtime.bus.publish(command({ word: 'a1' }), { source: 'a' })
    void runtime.bus.publish(command({ word: 'a2' }), { source: 'a' }).catch(() => {})
    now += 1_100
    void runtime.bus.publish(command({ word: 'b1' }), { source: 'b' }).catch(() => {})
    await settle()
    for (const timer of timers.splice(0)) if (timer.at <= now) timer.fire()
    await settle()
    expect(words).toEqual(['a1', 'a2'])
  })

  it('the error of a publisher that gave up waiting says when there is room, as of that moment', async () => {
    const { runtime, clock } = await start({ perSecond: 1, source: {}, exceeded: 'delay' })
    await runtime.bus.publish(command({ word: 'first' }))
    const waiting = runtime.bus.publish(command({ word: 'second' }), { timeout: 900 }).catch(error => error)
    await settle()
    clock.advance(900)
    const { retryAfter } = await waiting
    expect(retryAfter).toBeLessThanOrEqual(120)
  })
})
