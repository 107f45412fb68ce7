import { type Agent, agentTypes, defineAgent, defineEvent, type RuntimeBus } from 'troupe'
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import * as z from 'zod'
import { barked, command, dogAgent, inputAdded, petsParty } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const sit = command({ word: 'sit' })

/** A runtime whose parties hear commands, and the warnings that it tells of. */
async function start() {
  const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
  const warnings: string[] = []
  runtime.bus.errors(({ data }) => void warnings.push(`${data.severity} ${data.code}: ${data.message}`))
  return { runtime, warnings }
}

const needed = expect.stringMatching(/^warning PARTY_NEEDED: .* bus\.publish\(event, \{ party: id \}\)/)

describe('an event that only parties hear, said outside all of them', () => {
  it('is a warning that says how to name a party, once for its type', async () => {
    const { runtime, warnings } = await start()
    await runtime.bus.publish(sit)
    await runtime.bus.publish(sit)
    expect(warnings).toEqual([needed])
  })

  it.each([
    ['changes the state of parties', barked({ word: 'sit', count: 1 })],
    ['is an input of parties', inputAdded({ inputId: 'a', content: 'a' })],
  ])('is a warning also if it %s', async (_, event) => {
    const { runtime, warnings } = await start()
    await runtime.bus.publish(event)
    expect(warnings).toEqual([needed])
  })

  it('is a warning also where somebody hears everything', async () => {
    const { runtime, warnings } = await start()
    runtime.bus.subscribe('*', () => {})
    await runtime.bus.publish(sit)
    expect(warnings).toEqual([needed])
  })

  it('is a warning also as a schedule', async () => {
    const { runtime, warnings } = await start()
    await runtime.schedules.set('daily', { every: 1_000 }, sit)
    expect(warnings).toEqual([needed])
  })

  it('is none where an agent outside the parties hears it', async () => {
    const { runtime, warnings } = await start()
    await runtime.spawn(dogAgent())
    await runtime.bus.publish(sit)
    expect(warnings).toEqual([])
  })

  it.each(['pets.command', 'pets.*'])('is none where a function hears it: %s', async topic => {
    const { runtime, warnings } = await start()
    runtime.bus.subscribe(topic, () => {})
    await runtime.bus.publish(sit)
    expect(warnings).toEqual([])
  })
})

describe('an event that nobody hears', () => {
  const order = defineEvent('shop.order', z.object({}))
  const party = petsParty(dogAgent())

  async function warningsOf(
    where: 'a party' | 'no party',
    prepare: (bus: RuntimeBus) => void = () => {},
    options: { readonly development?: boolean; readonly agents?: readonly Agent[] } = {},
  ) {
    const { runtime } = await startRuntime({ party, events: [order], development: true, ...options })
    const warnings: string[] = []
    runtime.bus.errors(({ data }) => void warnings.push(`${data.severity} ${data.code}`))
    prepare(runtime.bus)
    const { id } = await runtime.parties.create({ id: 'p1' })
    for (let n = 0; n < 2; n++) await runtime.bus.publish(order({}), where === 'a party' ? { party: id } : {})
    return warnings
  }

  it.each(['a party', 'no party'] as const)('is a warning in development, once for its type: in %s', async where => {
    expect(await warningsOf(where)).toEqual(['warning EVENT_UNHEARD'])
    expect(await warningsOf(where, undefined, { development: false })).toEqual([])
  })

  it.each(['a party', 'no party'] as const)('is none where a function hears everything: in %s', async where => {
    expect(await warningsOf(where, bus => bus.subscribe('*', () => {}))).toEqual([])
  })

  it('is none where an agent outside the parties hears what is said in them', async () => {
    const types = agentTypes({ context: {}, hears: [order], says: [] })
    const machine = setup({ types }).createMachine({ context: {}, on: { 'shop.order': {} } })
    const shop = defineAgent({ name: 'shop', machine, types })
    expect(await warningsOf('a party', undefined, { agents: [shop] })).toEqual([])
  })

  it('is none where its type is not declared, which rejects', async () => {
    const { runtime, warnings } = await start()
    await expect(runtime.bus.publish({ type: 'shop.ordre' })).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' })
    expect(warnings).toEqual([])
  })

  it('is a warning once its type is declared, also if it was refused just before', async () => {
    const { runtime } = await startRuntime({ development: true })
    const warnings: string[] = []
    runtime.bus.errors(({ data }) => void warnings.push(`${data.severity} ${data.code}`))
    await expect(runtime.bus.publish(order({}))).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' })
    const types = agentTypes({ context: {}, hears: [], says: [order] })
    await runtime.spawn(defineAgent({ name: 'shop', machine: setup({ types }).createMachine({ context: {} }), types }))
    await runtime.bus.publish(order({}))
    expect(warnings).toEqual(['warning EVENT_UNHEARD'])
  })
})

describe('an agent whose machine takes what it does not hear', () => {
  const types = agentTypes({ context: {}, hears: [command, barked], says: [] })
  const machine = setup({ types, actions: { count: () => {} } }).createMachine({
    context: {},
    on: { '*': { actions: 'count' }, 'pets.command': {}, 'pets.barked': { actions: 'count' } },
  })
  const deaf = defineAgent({ name: 'deaf', machine, hears: [command], says: [] })

  const warningsAt = async (options: { readonly development?: boolean }) => {
    const { runtime } = await startRuntime({ party: petsParty(deaf), ...options })
    return runtime.bus.history({ type: 'system.error' }).map(({ data }) => data)
  }

  it('is a warning at the start, in development', async () => {
    expect(await warningsAt({ development: true })).toMatchObject([
      {
        severity: 'warning',
        code: 'HEARS_MISSING',
        message: expect.stringContaining('List "pets.barked" in its hears'),
      },
    ])
    expect(await warningsAt({ development: false })).toEqual([])
  })
})
