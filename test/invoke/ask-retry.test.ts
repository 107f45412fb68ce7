import { AskRetryError, ask } from 'troupe'
import { describe, expect, it } from 'vitest'
import { settle, startRuntime, turn } from '../support/runtime.ts'
import { type Manner, order, price, shop } from '../support/shops.ts'

async function withShop(manner: Manner) {
  const { runtime, clock } = await startRuntime({
    agents: [shop('shop', manner)],
    intensity: { max: 10, within: 1_000 },
  })
  const asking = (options: Parameters<typeof runtime.ask>[3]) =>
    runtime.ask('runtime/shop', price, { of: 'cake' }, { deadline: 1_000, ...options })
  const crashes = () => runtime.bus.history({ type: 'agent.failed' }).length
  return { runtime, clock, asking, crashes }
}

describe('a request that says it is safe', () => {
  it('is sent again when its callee failed, after a wait that doubles', async () => {
    const { clock, asking, crashes } = await withShop(2)
    const answer = asking({ retries: 2, retryAfter: 100 })
    await settle()
    expect(crashes()).toBe(1)
    clock.advance(99)
    await turn()
    expect(crashes()).toBe(1)
    clock.advance(1)
    await settle()
    expect(crashes()).toBe(2)
    clock.advance(200)
    expect(await answer).toEqual({ price: 3 })
  })

  it('fails when no retry is left, and leaves nothing behind', async () => {
    const { runtime, clock, asking, crashes } = await withShop(2)
    const failure = expect(asking({ retries: 1 })).rejects.toMatchObject({ code: 'ASK_FAILED' })
    await settle()
    expect(crashes()).toBe(1)
    clock.advance(100)
    await failure
    expect(crashes()).toBe(2)
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('fails at once when the next retry would come after the deadline', async () => {
    const { asking } = await withShop(1)
    await expect(asking({ retries: 5, retryAfter: 1_000 })).rejects.toMatchObject({ code: 'ASK_FAILED' })
  })

  it('is not sent again after its asker gave up', async () => {
    const { clock, asking, crashes } = await withShop(2)
    const controller = new AbortController()
    const failure = expect(asking({ retries: 2, signal: controller.signal })).rejects.toMatchObject({
      code: 'ASK_CANCELLED',
    })
    await settle()
    expect(crashes()).toBe(1)
    controller.abort()
    await failure
    clock.advance(500)
    await turn()
    expect(crashes()).toBe(1)
  })

  it('is not sent again without the option retries', async () => {
    const { asking } = await withShop(1)
    await expect(asking({})).rejects.toMatchObject({ code: 'ASK_FAILED' })
  })
})

it('a request that does not say that it is safe cannot be retried', async () => {
  expect(() => ask(order, { retries: 1 })).toThrow(AskRetryError)
  const { runtime } = await startRuntime({ agents: [shop('shop')] })
  await expect(runtime.ask('runtime/shop', order, { of: 'cake' }, { retries: 1 })).rejects.toBeInstanceOf(AskRetryError)
})
