import { AskRefusedByCalleeError, definePool, defineRequest, EventPayloadError } from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { asked, clerk, heard, surveyor, unknown, visitor, whois } from '../support/desk.ts'
import { petsParty } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const refusal = unknown('nobody')
const code = 'ASK_REFUSED_BY_CALLEE'

describe('a callee that says no', () => {
  it('is heard by its asker as a typed error with code, message and data, and goes on', async () => {
    const { runtime } = await startRuntime({ agents: [clerk()] })
    const told = runtime.ask('runtime/clerk', whois, { id: 'nobody' })
    await expect(told).rejects.toBeInstanceOf(AskRefusedByCalleeError)
    await expect(told).rejects.toMatchObject({ code, type: 'desk.whois', to: 'runtime/clerk', refusal })
    await expect(told).rejects.toThrow(/"runtime\/clerk".*"desk.whois".*NO_SUCH_PERSON.*Nobody is nobody\./)
    expect(await runtime.ask('runtime/clerk', whois, { id: 'ada' })).toEqual({ name: 'ADA' })
    expect(runtime.bus.history({ type: 'agent.failed' })).toEqual([])
    expect(runtime.bus.deadLetters.list()).toEqual([])
    expect(runtime.bus.metrics()).toMatchObject({ handled: 2, failed: 0, pendingAsks: 0 })
  })

  it.each([
    { where: 'in the same party', party: petsParty(clerk(), visitor('clerk')), agents: [], to: 'party/p1/clerk' },
    { where: 'outside the parties', party: petsParty(visitor()), agents: [clerk()], to: 'runtime/clerk' },
  ])('is heard by an agent, which is told in onError: $where', async ({ party, agents, to }) => {
    const { runtime } = await startRuntime({ party, agents })
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(asked({ id: 'nobody' }), { party: 'p1' })
    await runtime.idle()
    expect(runtime.bus.history({ type: heard.type })).toMatchObject([{ data: { what: { code, to, refusal } } }])
    expect(runtime.bus.history({ type: 'ask.*' })).toMatchObject([{ type: 'ask.failed', data: { code, to } }])
  })

  it('is one of many that are asked: the others may be enough, and who refused is listed', async () => {
    const { runtime } = await startRuntime({ agents: [clerk('a'), clerk('b'), surveyor(['a', 'b'])] })
    await runtime.bus.publish(asked({ id: 'nobody' }))
    await runtime.idle()
    const [{ data } = { data: undefined }] = runtime.bus.history({ type: heard.type })
    expect(data).toMatchObject({ what: { code: 'ASK_MANY', refusals: ['runtime/a NO_SUCH_PERSON'] } })
    const open = runtime.handle(whois, () => ({ name: 'Nobody' }), { name: 'open' })
    const addresses = ['runtime/a', open.address]
    expect(await runtime.askMany(addresses, whois, { id: 'nobody' }, { need: 'first' })).toMatchObject([
      { from: open.address },
    ])
    await expect(runtime.askMany(addresses, whois, { id: 'nobody' })).rejects.toMatchObject({
      code: 'ASK_MANY',
      failures: [{ to: 'runtime/a', code, refusal }],
    })
  })

  it('may be a member of a pool', async () => {
    const { runtime } = await startRuntime()
    const pool = await runtime.spawn(definePool({ name: 'clerks', agent: clerk(), size: 2 }))
    await expect(pool.ask(whois, { id: 'nobody' })).rejects.toMatchObject({ code, to: 'runtime/clerks/1', refusal })
  })

  it('is not asked again: a refusal is no failure that passes', async () => {
    const safe = defineRequest('desk.safe', { input: z.object({}), output: z.object({}), safe: true })
    const { runtime } = await startRuntime()
    let times = 0
    const { address } = runtime.handle(safe, (_, scope) => {
      times++
      return safe.fail(scope, { code: 'CLOSED', message: 'Come back tomorrow.' })
    })
    await expect(runtime.ask(address, safe, {}, { retries: 3 })).rejects.toMatchObject({ code })
    expect(times).toBe(1)
  })

  it('answers once: a refusal after the reply is a dead letter', async () => {
    const { runtime } = await startRuntime({ agents: [clerk()] })
    expect(await runtime.ask('runtime/clerk', whois, { id: 'both' })).toEqual({ name: 'BOTH' })
    expect(runtime.bus.deadLetters.list({ reason: 'stale' })).toMatchObject([
      { envelope: { type: 'desk.whois.refusal', data: { code: 'NO_SUCH_PERSON' } } },
    ])
  })
})

describe('a handler that says no', () => {
  it.each([
    { how: 'returns it', answer: (ask: { ask: string }) => whois.fail(ask, refusal) },
    { how: 'returns it later', answer: async (ask: { ask: string }) => whois.fail(ask, refusal) },
    { how: 'throws it', answer: (ask: { ask: string }) => thrown(whois.fail(ask, refusal)) },
    { how: 'throws it later', answer: async (ask: { ask: string }) => thrown(whois.fail(ask, refusal)) },
  ])('$how, and its asker gets the typed error', async ({ answer }) => {
    const { runtime } = await startRuntime({ party: petsParty(visitor('runtime/desk')) })
    const { address } = runtime.handle(whois, (_, scope) => answer(scope), { name: 'desk' })
    await expect(runtime.ask(address, whois, { id: 'x' })).rejects.toMatchObject({ code, to: address, refusal })
    expect(runtime.bus.metrics()).toMatchObject({ handled: 1, failed: 0, pendingAsks: 0 })
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(asked({ id: 'x' }), { party: 'p1' })
    await runtime.idle()
    expect(runtime.bus.history({ type: heard.type })).toMatchObject([{ data: { what: { code, refusal } } }])
  })

  it('fails if the refusal is one of another request', async () => {
    const other = defineRequest('desk.other', { input: z.object({}), output: z.object({}) })
    const { runtime } = await startRuntime()
    const { address } = runtime.handle(whois, (_, scope) => other.fail(scope, refusal))
    await expect(runtime.ask(address, whois, { id: 'x' })).rejects.toMatchObject({ code: 'ASK_FAILED' })
  })
})

describe('a refusal', () => {
  const to = { ask: 'a1' }

  it('is checked when it is made: its code, its message and the data of its code', () => {
    expect(whois.fail(to, refusal)).toMatchObject({ type: 'desk.whois.refusal', ask: 'a1', data: refusal })
    expect(whois.fail(to, { code: 'CLOSED', message: 'At night.' }).data).toEqual({
      code: 'CLOSED',
      message: 'At night.',
    })
    for (const wrong of [{ ...refusal, data: {} }, { ...refusal, code: 'OTHER' }, { ...refusal, message: 7 }, 'no'])
      expect(() => Reflect.apply(whois.fail, whois, [to, wrong])).toThrow(EventPayloadError)
  })

  it('has any code and any JSON if its request does not say more', () => {
    const open = defineRequest('desk.open', { input: z.object({}), output: z.object({}) })
    expect(open.fail(to, { code: 'WHY', message: '', data: [1, { a: null }] }).data.data).toEqual([1, { a: null }])
    expect(() => open.fail(to, { code: 'WHY', message: '', data: new Date(0) })).toThrow(EventPayloadError)
    expect(() => open.fail(to, { code: '', message: '' })).toThrow(EventPayloadError)
  })

  it('is known by its request', async () => {
    const { runtime } = await startRuntime({ agents: [clerk()] })
    const error: unknown = await runtime.ask('runtime/clerk', whois, { id: 'nobody' }).catch((one: unknown) => one)
    expect(whois.isRefusal(error)).toBe(true)
    expect(whois.isRefusal(new Error('else'))).toBe(false)
  })
})

function thrown(refused: unknown): never {
  throw refused
}
