import { TroupeError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { dogAgent, petsParty, trainerAgent, trick } from '../support/pets.ts'
import { settle, startRuntime } from '../support/runtime.ts'
import { price } from '../support/shops.ts'

const never = () => new Promise<never>(() => {})
const codeOf = (error: unknown) => (TroupeError.is(error) ? error.code : undefined)

describe('a handler', () => {
  it('answers at its address, at once or later', async () => {
    const { runtime } = await startRuntime()
    const quick = runtime.handle(trick, ({ name }) => ({ done: name }), { name: 'quick' })
    const slow = runtime.handle(trick, async ({ name }) => ({ done: `${name} later` }), { name: 'slow' })
    expect(quick.address).toBe('runtime/quick')
    expect(await runtime.ask(quick.address, trick, { name: 'roll' })).toEqual({ done: 'roll' })
    expect(await runtime.ask(slow.address, trick, { name: 'roll' })).toEqual({ done: 'roll later' })
    expect(runtime.bus.metrics()).toMatchObject({ offered: 2, accepted: 2, created: 2, handled: 2, pendingAsks: 0 })
  })

  it('answers agents that ask without an address, or by its address', async () => {
    for (const to of [undefined, 'runtime/pets-trick']) {
      const { runtime } = await startRuntime({ party: petsParty(trainerAgent(to)) })
      runtime.handle(trick, ({ name }) => ({ done: name }))
      const party = await runtime.parties.create({ inputs: ['roll'] })
      await party.idle()
      expect(party.state).toMatchObject({ said: ['roll'] })
    }
  })

  it('leaves the answer to an agent of the same party, or outside the parties, that hears the request', async () => {
    const { runtime } = await startRuntime({ party: petsParty(trainerAgent(undefined)), agents: [dogAgent()] })
    runtime.handle(trick, () => ({ done: 'by the handler' }))
    const party = await runtime.parties.create({ inputs: ['roll'] })
    await party.idle()
    expect(party.state).toMatchObject({ said: ['roll'] })
  })

  it('is not journalled, and its events reach only subscribers, not the history, unless it fails', async () => {
    const { runtime } = await startRuntime()
    const heard: string[] = []
    runtime.handle(trick, ({ name }) => {
      if (name === 'boom') throw new Error('boom')
      return { done: name }
    })
    await runtime.ask('runtime/pets-trick', trick, { name: 'roll' })
    runtime.bus.subscribe('ask.*', ({ type }) => void heard.push(type))
    await runtime.ask('runtime/pets-trick', trick, { name: 'roll' })
    await runtime.ask('runtime/pets-trick', trick, { name: 'boom' }).catch(() => {})
    expect(heard).toEqual(['ask.requested', 'ask.succeeded', 'ask.requested', 'ask.failed'])
    expect(runtime.bus.history({ type: 'ask.*' }).map(({ type }) => type)).toEqual(['ask.failed'])
  })
})

describe('an ask of a handler', () => {
  it.each([
    { what: 'throws', answer: () => Promise.reject(new Error('boom')), message: 'boom' },
    {
      what: 'throws at once',
      answer: () => {
        throw new Error('boom')
      },
      message: 'boom',
    },
    { what: 'answers what its request does not allow', answer: () => JSON.parse('{}'), message: 'pets.trick.reply' },
  ])('fails when it $what', async ({ answer, message }) => {
    const { runtime } = await startRuntime()
    const { address } = runtime.handle(trick, answer)
    const failure = expect(runtime.ask(address, trick, { name: 'roll' })).rejects
    await failure.toMatchObject({ code: 'ASK_FAILED', message: expect.stringContaining(message) })
    expect(runtime.bus.metrics()).toMatchObject({ created: 1, failed: 1, pendingAsks: 0 })
  })

  it('ends at its deadline, and when its asker gives up; that error aborts the signal of the handler', async () => {
    const { runtime, clock } = await startRuntime()
    const signals: AbortSignal[] = []
    const { address } = runtime.handle(trick, (_, { signal }) => {
      signals.push(signal)
      return never()
    })
    const late = expect(runtime.ask(address, trick, { name: 'roll' }, { deadline: 100 })).rejects
    clock.advance(100)
    await late.toMatchObject({ code: 'ASK_TIMEOUT' })
    const controller = new AbortController()
    const given = runtime.ask(address, trick, { name: 'roll' }, { signal: controller.signal })
    const failure = expect(given).rejects.toMatchObject({ code: 'ASK_CANCELLED' })
    await settle()
    expect(signals).toHaveLength(2)
    controller.abort()
    await failure
    expect(signals.map(({ reason }) => codeOf(reason))).toEqual(['ASK_TIMEOUT', 'ASK_CANCELLED'])
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
  })

  it('made by an agent ends with the ask that it is made for', async () => {
    const { runtime, clock } = await startRuntime({ party: petsParty(trainerAgent('runtime/pets-trick', 500)) })
    let signal: AbortSignal | undefined
    runtime.handle(trick, (_, scope) => {
      signal = scope.signal
      return never()
    })
    const party = await runtime.parties.create({ inputs: ['roll'] })
    await settle()
    expect(signal).toBeDefined()
    clock.advance(500)
    await party.idle()
    expect(party.state).toMatchObject({ said: ['ASK_TIMEOUT'] })
    expect(codeOf(signal?.reason)).toBe('ASK_TIMEOUT')
  })

  it('is counted each time that the handler gets the request', async () => {
    const { runtime, clock } = await startRuntime()
    let calls = 0
    const { address } = runtime.handle(price, () => {
      if (++calls === 1) throw new Error('boom')
      return { price: 3 }
    })
    const answer = runtime.ask(address, price, { of: 'cake' }, { retries: 1, retryAfter: 100 })
    await settle()
    expect(calls).toBe(1)
    clock.advance(100)
    expect(await answer).toEqual({ price: 3 })
    expect(runtime.bus.metrics()).toMatchObject({ accepted: 2, created: 2, failed: 1, handled: 1 })
  })

  it('is refused when too many requests wait for the handler, or the request is not its own', async () => {
    const { runtime } = await startRuntime()
    const { promise, resolve } = Promise.withResolvers<{ done: string }>()
    const { address } = runtime.handle(trick, () => promise, { limit: 1 })
    const first = runtime.ask(address, trick, { name: 'roll' })
    await expect(runtime.ask(address, trick, { name: 'roll' })).rejects.toMatchObject({
      code: 'ASK_REFUSED',
      reason: 'overflow',
    })
    resolve({ done: 'roll' })
    await first
    expect(await runtime.ask(address, trick, { name: 'roll' })).toEqual({ done: 'roll' })
  })

  it('fails when the handler stops, and finds no address afterwards', async () => {
    const { runtime } = await startRuntime()
    const handler = runtime.handle(trick, never)
    const asked = expect(runtime.ask(handler.address, trick, { name: 'roll' })).rejects.toMatchObject({
      code: 'ASK_STOPPED',
    })
    handler.stop()
    await asked
    await expect(runtime.ask(handler.address, trick, { name: 'roll' })).rejects.toMatchObject({ code: 'NO_ADDRESS' })
    runtime.handle(trick, never)
    const ask = runtime.ask(handler.address, trick, { name: 'roll' })
    const last = expect(ask).rejects.toMatchObject({ code: 'ASK_STOPPED' })
    await runtime.stop({ timeout: 0 })
    await last
  })
})

it('a handler, an agent and another handler cannot have one address', async () => {
  const { runtime } = await startRuntime({ agents: [dogAgent()] })
  const taken = { code: 'ADDRESS_TAKEN' }
  expect(() => runtime.handle(trick, never, { name: 'dog' })).toThrow(expect.objectContaining(taken))
  runtime.handle(trick, never, { name: 'cat' })
  expect(() => runtime.handle(trick, never, { name: 'cat' })).toThrow(expect.objectContaining(taken))
  await expect(runtime.spawn(dogAgent(), { name: 'cat' })).rejects.toMatchObject(taken)
})
