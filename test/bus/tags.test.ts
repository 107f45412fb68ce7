import { defineEvent } from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { startRuntime } from '../support/runtime.ts'

const paid = defineEvent('till.paid', z.object({ n: z.int() }), { tags: ['money'] })

/** Three events: one with only the tags of its definition, two also with tags of their own. */
async function started() {
  const { runtime } = await startRuntime({ events: [paid] })
  await runtime.bus.publish(paid({ n: 1 }))
  await runtime.bus.publish(paid({ n: 2 }), { tags: ['refund'] })
  await runtime.bus.publish(paid({ n: 3 }), { tags: ['gift', 'refund'] })
  return runtime
}

const numbers = (found: readonly { readonly data: unknown }[]) => found.map(({ data }) => paid.schema.parse(data).n)

describe('an event is found by one of its tags', () => {
  it('in the history', async () => {
    const { bus } = await started()
    expect(numbers(bus.history({ tags: ['money'] }))).toEqual([1, 2, 3])
    expect(numbers(bus.history({ tags: ['refund', 'gift'] }))).toEqual([2, 3])
    expect(numbers(bus.history({ tags: ['gift'], type: 'till.*' }))).toEqual([3])
    expect(numbers(bus.history({ tags: [] }))).toEqual([])
  })

  it('by a replay', async () => {
    const { bus } = await started()
    const seen: number[] = []
    await bus.replay({ type: paid, tags: ['gift', 'refund'] }, ({ data }) => void seen.push(data.n))
    expect(seen).toEqual([2, 3])
  })

  it('among dead letters, which can be redriven and purged by a tag', async () => {
    const { runtime, clock } = await startRuntime({ events: [paid] })
    const { deadLetters } = runtime.bus
    const seen: number[] = []
    const paused = runtime.bus.subscribe(paid, ({ data }) => void seen.push(data.n))
    paused.pause()
    for (const [n, tag] of ['gift', 'refund', 'gift'].entries())
      await runtime.bus.publish(paid({ n }), { tags: [tag], ttl: 1_000 })
    clock.advance(1_000)
    paused.resume()
    expect(numbers(deadLetters.list({ tags: ['gift'] }).map(({ envelope }) => envelope))).toEqual([0, 2])
    expect(await deadLetters.redrive({ tags: ['gift'] })).toBe(2)
    expect(seen).toEqual([0, 2])
    expect(deadLetters.purge({ tags: ['gift'] })).toBe(0)
    expect(deadLetters.purge({ tags: ['refund', 'money'] })).toBe(1)
  })
})
