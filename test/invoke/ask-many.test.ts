import { type AskManyOptions, NeedError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { settle, startRuntime } from '../support/runtime.ts'
import { bought, buyer, type Manner, price, refused, shop, wanted } from '../support/shops.ts'

/** Shops of these manners, named a, b, c and so on, and somebody outside who asks all of them. */
async function market(manners: readonly Manner[]) {
  const shops = manners.map((manner, place) => shop(String.fromCharCode(97 + place), manner))
  const { runtime, clock } = await startRuntime({ agents: shops, intensity: { max: 10, within: 1_000 } })
  const addresses = shops.map(({ name }) => `runtime/${name}`)
  const ask = (options: Parameters<typeof runtime.askMany>[3] = {}) =>
    runtime.askMany(addresses, price, { of: 'cake' }, { deadline: 1_000, ...options })
  const pending = () => runtime.bus.metrics().pendingAsks
  return { runtime, clock, addresses, ask, pending }
}

const from = (answers: readonly { readonly from: string }[]) => answers.map(answer => answer.from)

describe('an ask of many', () => {
  it('ends with the answers of all callees, in the order in which they came', async () => {
    const { ask } = await market(['answers', 'answers'])
    expect(await ask()).toEqual([
      { from: 'runtime/a', output: { price: 1 } },
      { from: 'runtime/b', output: { price: 1 } },
    ])
  })

  it('ends with the first answer, and cancels the others', async () => {
    const { ask, pending } = await market(['waits', 'answers', 'waits'])
    expect(from(await ask({ need: 'first' }))).toEqual(['runtime/b'])
    await settle()
    expect(pending()).toBe(0)
  })

  it.each([
    { need: 'majority' as const, manners: ['answers', 'waits', 'answers'] as const },
    { need: 2, manners: ['answers', 'waits', 'answers'] as const },
  ])('ends as soon as $need have answered', async ({ need, manners }) => {
    const { ask, pending } = await market(manners)
    expect(from(await ask({ need }))).toEqual(['runtime/a', 'runtime/c'])
    await settle()
    expect(pending()).toBe(0)
  })

  it('fails as soon as enough callees cannot answer any more, with the callees that failed and their errors', async () => {
    const { ask, addresses, pending } = await market(['answers', 1, 'waits'])
    await expect(ask()).rejects.toMatchObject({
      code: 'ASK_MANY',
      needed: 3,
      asked: 3,
      failures: [{ to: addresses[1], code: 'ASK_FAILED' }],
    })
    await settle()
    expect(pending()).toBe(0)
  })

  it('does not fail while enough other callees can answer', async () => {
    const { runtime, ask, addresses } = await market([1, 'answers'])
    expect(from(await ask({ need: 1 }))).toEqual(['runtime/b'])
    const some = runtime.askMany([...addresses, 'runtime/nobody'], price, { of: 'cake' }, { need: 'majority' })
    expect(from(await some)).toEqual(['runtime/a', 'runtime/b'])
  })

  it('ends at its deadline, and when its asker gives up', async () => {
    const { ask, clock, pending } = await market(['answers', 'waits'])
    const late = expect(ask()).rejects.toMatchObject({ code: 'ASK_MANY', failures: [{ code: 'ASK_TIMEOUT' }] })
    await settle()
    expect(pending()).toBe(1)
    clock.advance(1_000)
    await late
    const controller = new AbortController()
    const given = expect(ask({ signal: controller.signal })).rejects.toMatchObject({
      failures: [{ code: 'ASK_CANCELLED' }],
    })
    await settle()
    expect(pending()).toBe(1)
    controller.abort()
    await given
  })

  it('needs a number that can be reached', async () => {
    const { ask } = await market(['answers'])
    await expect(ask({ need: 0 })).rejects.toBeInstanceOf(NeedError)
    await expect(ask({ need: 2 })).rejects.toMatchObject({ code: 'ASK_MANY', needed: 2, asked: 1 })
    expect(() => buyer({ need: 1.5 })).toThrow(NeedError)
  })
})

describe('an agent that asks many', () => {
  const buying = async (options: AskManyOptions, manners: readonly Manner[] = ['answers', 'answers']) => {
    const { runtime, clock } = await market(manners)
    await runtime.spawn(buyer(options))
    await runtime.bus.publish(wanted({ of: 'cake' }))
    const told = (type: string) => runtime.bus.history({ type }).map(({ data }) => data)
    return { runtime, clock, told }
  }

  it('asks all agents that hear the request, when it names none', async () => {
    const { runtime, told } = await buying({})
    await runtime.idle()
    expect(told(bought.type)).toEqual([{ from: ['runtime/a', 'runtime/b'] }])
  })

  it('asks the agents that it names, by name or address', async () => {
    const { runtime, told } = await buying({ to: ['b', 'runtime/a'] })
    await runtime.idle()
    expect(told(bought.type)).toEqual([{ from: ['runtime/b', 'runtime/a'] }])
  })

  it('gets the failure in onError, with the line that declared the ask in the stack', async () => {
    const { runtime, clock, told } = await buying({ deadline: 500 }, ['answers', 'waits'])
    await settle()
    expect(runtime.bus.metrics().pendingAsks).toBe(1)
    clock.advance(500)
    await runtime.idle()
    expect(told(refused.type)).toEqual([{ code: 'ASK_MANY', stack: expect.stringContaining('shops.ts') }])
  })

  it('gets an error when nobody hears the request', async () => {
    const { runtime, told } = await buying({}, [])
    await runtime.idle()
    expect(told(refused.type)).toMatchObject([{ code: 'NO_ADDRESS' }])
  })
})
