import fc from 'fast-check'
import { RateLimitError, type RateLimitOptions, RateLimitOptionsError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { command, glance } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const start = (rateLimit: RateLimitOptions | boolean) => startRuntime({ events: [command, glance], rateLimit })
type Started = Awaited<ReturnType<typeof start>>['runtime']

/** Publishes so many events at once; resolves to how many were accepted. */
const flood = async ({ bus }: Started, count: number, source?: string) => {
  const all = Array.from({ length: count }, () =>
    bus.publish(glance({ at: 'x' }), source === undefined ? {} : { source }),
  )
  const ended = await Promise.allSettled(all)
  return ended.filter(({ status }) => status === 'fulfilled').length
}

describe('rate limits', () => {
  it('are off by default', async () => {
    const { runtime } = await startRuntime({ events: [glance] })
    expect(await flood(runtime, 20_000)).toBe(20_000)
  })

  it('by default are 50 at once, 100 a second, 1,000 a minute, 10,000 an hour', async () => {
    const { runtime, clock } = await start(true)
    expect(await flood(runtime, 200)).toBe(50)
    clock.advance(500)
    expect(await flood(runtime, 200)).toBe(50)
    let inMinute = 100
    for (let second = 0; second < 50; second++) {
      clock.advance(1_000)
      inMinute += await flood(runtime, 200)
    }
    expect(inMinute).toBe(1_000)
    let inHour = inMinute
    for (let minute = 0; minute < 50; minute++) {
      clock.advance(70_000)
      for (let part = 0; part < 30; part++) {
        inHour += await flood(runtime, 60)
        clock.advance(10)
      }
    }
    expect(inHour).toBeLessThanOrEqual(10_000)
  })

  it('refuse with an error that names the limit, its source, and when there is room again', async () => {
    const { runtime, clock } = await start({ perSecond: 10, source: { perSecond: 2 } })
    await flood(runtime, 2, 'talker')
    const refused = await runtime.bus
      .publish(glance({ at: 'x' }), { source: 'talker' })
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(RateLimitError)
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', window: 'second', of: 'source', source: 'talker' })
    if (!(refused instanceof RateLimitError)) return
    clock.advance(refused.retryAfter - 1)
    expect(await flood(runtime, 1, 'talker')).toBe(0)
    clock.advance(1)
    expect(await flood(runtime, 1, 'talker')).toBe(1)
  })

  it('leave one source its room beside 100,000 events from another', async () => {
    const { runtime } = await start({ perSecond: 100, burst: 50 })
    let flooded = 0
    for (let batch = 0; batch < 100; batch++) flooded += await flood(runtime, 1_000, 'flood')
    expect(flooded).toBe(25)
    expect(await flood(runtime, 20, 'polite')).toBe(20)
    const { offered, accepted, rejected, rateLimits } = runtime.bus.metrics()
    expect({ offered, accepted, rejected }).toEqual({ offered: 100_020, accepted: 45, rejected: 99_975 })
    expect(rateLimits).toEqual({ rejected: 99_975, delayed: 0, waiting: 0 })
  })

  it('may delay instead of refusing, in turns by source', async () => {
    const { runtime, clock } = await start({ perSecond: 2, source: { perSecond: 2 }, exceeded: 'delay' })
    const order: string[] = []
    runtime.bus.subscribe(command, ({ source }) => void order.push(source))
    const publish = (source: string) => runtime.bus.publish(command({ word: 'x' }), { source })
    const all = [...Array.from({ length: 4 }, () => publish('eager')), publish('polite')]
    await settle()
    expect(order).toHaveLength(2)
    expect(runtime.bus.metrics().rateLimits).toEqual({ rejected: 0, delayed: 0, waiting: 3 })
    clock.advance(1_020)
    await settle()
    expect(order).toHaveLength(4)
    clock.advance(1_020)
    await Promise.all(all)
    expect(order).toEqual(['eager', 'eager', 'eager', 'polite', 'eager'])
    expect(runtime.bus.metrics().rateLimits).toEqual({ rejected: 0, delayed: 3, waiting: 0 })
  })

  it('delay no more events than the queue holds', async () => {
    const { runtime, clock } = await start({ perSecond: 1, exceeded: 'delay', queue: 2 })
    const all = Array.from({ length: 5 }, () => runtime.bus.publish(glance({ at: 'x' })))
    const refused = await Promise.allSettled(all.slice(3))
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    for (let second = 0; second < 2; second++) clock.advance(1_020)
    await Promise.all(all.slice(0, 3))
  })

  it('end the wait of a delayed publisher: by time, by signal, or because the runtime stops', async () => {
    const { runtime, clock } = await start({ perHour: 1, exceeded: 'delay' })
    await flood(runtime, 1)
    const controller = new AbortController()
    const late = runtime.bus.publish(glance({ at: 'x' }), { timeout: 1_000 })
    const aborted = runtime.bus.publish(glance({ at: 'x' }), { signal: controller.signal })
    const stopped = runtime.bus.publish(glance({ at: 'x' }))
    const outcomes = Promise.allSettled([late, aborted, stopped])
    controller.abort(new Error('no more'))
    clock.advance(1_000)
    await runtime.stop({ timeout: 0 })
    expect((await outcomes).map(one => one.status === 'rejected' && one.reason)).toMatchObject([
      { code: 'RATE_LIMITED' },
      { code: 'PUBLISH_CANCELLED', cause: { message: 'no more' } },
      { code: 'RUNTIME_STATE' },
    ])
  })

  it('can be switched on and off; delayed events go on when they are off', async () => {
    const { runtime } = await start({ perHour: 1, exceeded: 'delay' })
    const all = Array.from({ length: 3 }, () => runtime.bus.publish(glance({ at: 'x' })))
    runtime.bus.rateLimit(false)
    await Promise.all(all)
    expect(await flood(runtime, 1_000)).toBe(1_000)
    runtime.bus.rateLimit({ perHour: 3 })
    expect(await flood(runtime, 1_000)).toBe(3)
  })

  it('apply to inputs of a party too', async () => {
    const { runtime } = await start({ perHour: 5, source: {} })
    expect(await flood(runtime, 10, 'one')).toBe(5)
    expect(await flood(runtime, 10, 'two')).toBe(0)
  })

  it('are refused if they are invalid', async () => {
    const { runtime } = await start(false)
    for (const rules of [{ perSecond: 0 }, { burst: 1.5 }, { source: { perHour: -1 } }])
      expect(() => runtime.bus.rateLimit(rules)).toThrow(RateLimitOptionsError)
  })

  it('are never exceeded in any second, however the events come', async () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 20, maxLength: 200, size: 'max' })
    await fc.assert(
      fc.asyncProperty(gaps, async times => {
        const { runtime, clock } = await start({ perSecond: 5 })
        const letIn: number[] = []
        for (const gap of times) {
          clock.advance(gap)
          if ((await flood(runtime, 1)) === 1) letIn.push(clock.now())
        }
        await runtime.stop({ timeout: 0 })
        for (const [place, at] of letIn.entries()) {
          const sixth = letIn[place + 5]
          if (sixth !== undefined) expect(sixth - at).toBeGreaterThanOrEqual(1_000)
        }
        expect(letIn.length).toBeGreaterThan(0)
      }),
      { numRuns: 50 },
    )
  })
})
