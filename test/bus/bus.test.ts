import { EventPayloadError, IllegalPatternError, systemError, UnknownEventError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, glance, petsParty } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const start = () => startRuntime({ party: petsParty(dogAgent()) })

describe('the bus', () => {
  it('delivers to a subscriber the events that it subscribed to: a definition, a type, a group or all', async () => {
    const { runtime } = await start()
    const seen: string[] = []
    runtime.bus.subscribe(barked, ({ data }) => void seen.push(`definition ${data.word} ${data.count}`))
    runtime.bus.subscribe('pets.barked', ({ type }) => void seen.push(`type ${type}`))
    runtime.bus.subscribe('pets.*', ({ type }) => void seen.push(`group ${type}`))
    runtime.bus.subscribe('*', ({ type }) => {
      if (type.startsWith('pets.')) seen.push(`all ${type}`)
    })
    runtime.bus.subscribe('pets.input.*', ({ type }) => void seen.push(`other ${type}`))
    const party = await runtime.parties.create()
    await runtime.bus.publish(command({ word: 'sit' }), { party: party.id })
    await party.idle()
    expect(seen).toEqual([
      'group pets.command',
      'all pets.command',
      'definition sit 1',
      'type pets.barked',
      'group pets.barked',
      'all pets.barked',
    ])
  })

  it('delivers envelopes with the source, the party and the cause of an event', async () => {
    const { runtime } = await start()
    const party = await runtime.parties.create({ id: 'p1' })
    const sent = await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1', correlationId: 'chain-1' })
    await party.idle()
    const [bark] = runtime.bus.history({ type: 'pets.barked' })
    expect(bark).toMatchObject({
      source: 'party/p1/dog',
      party: 'p1',
      correlationid: 'chain-1',
      causationid: sent.id,
      priority: 5,
      version: 1,
      id: `party/p1/${sent.seq}/dog/0`,
    })
  })

  it('delivers nothing after unsubscribe, also when a subscriber of the same event ends another one', async () => {
    const { runtime } = await start()
    const seen: string[] = []
    const first = runtime.bus.subscribe(command, ({ data }) => {
      seen.push(`first ${data.word}`)
      second.unsubscribe()
    })
    const second = runtime.bus.subscribe(command, ({ data }) => void seen.push(`second ${data.word}`))
    await runtime.bus.publish(command({ word: 'a' }))
    first.unsubscribe()
    await runtime.bus.publish(command({ word: 'b' }))
    expect(seen).toEqual(['first a'])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('ouch')
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('ouch')
      },
    ],
  ])('delivers to the others when a subscriber %s, and reports that', async (_, fails) => {
    const { runtime } = await start()
    const seen: string[] = []
    const errors: unknown[] = []
    runtime.bus.subscribe(systemError, ({ data }) => void errors.push(data))
    runtime.bus.subscribe(command, fails)
    runtime.bus.subscribe(command, ({ data }) => void seen.push(data.word))
    const party = await runtime.parties.create()
    await runtime.bus.publish(command({ word: 'sit' }), { party: party.id })
    await party.idle()
    await runtime.idle()
    expect(seen).toEqual(['sit'])
    expect(party.state.barks).toBe(1)
    expect(errors).toEqual([expect.objectContaining({ severity: 'warning', code: 'SUBSCRIBER_FAILED' })])
  })

  it('survives a subscriber to all events that always throws', async () => {
    const { runtime } = await start()
    runtime.bus.subscribe('*', () => {
      throw new Error('always')
    })
    const party = await runtime.parties.create({ inputs: ['sit'] })
    expect(await party.idle()).toMatchObject({ reason: 'settled' })
  })

  it('keeps the newest 1,000 events, by party, type and number', async () => {
    const { runtime } = await start()
    const [one, two] = [await runtime.parties.create({ id: 'one' }), await runtime.parties.create({ id: 'two' })]
    for (let count = 0; count < 600; count++) {
      await runtime.bus.publish(command({ word: `${count}` }), { party: 'one' })
      await one.idle()
    }
    await runtime.bus.publish(command({ word: 'last' }), { party: 'two' })
    await two.idle()
    expect(runtime.bus.history()).toHaveLength(1_000)
    expect(runtime.bus.history({ party: 'two', type: 'pets.*' }).map(({ type }) => type)).toEqual([
      'pets.command',
      'pets.barked',
    ])
    const newest = runtime.bus.history({ party: 'one', type: 'pets.barked', limit: 2 })
    expect(newest.map(({ data }) => data)).toEqual([
      { word: '598', count: 599 },
      { word: '599', count: 600 },
    ])
  })

  it('keeps no events of a deleted party', async () => {
    const { runtime } = await start()
    for (const party of ['one', 'two']) {
      await runtime.parties.create({ id: party })
      await runtime.bus.publish(command({ word: party }), { party })
    }
    await runtime.idle()
    const left = runtime.bus.history({ party: 'two' })
    await runtime.parties.delete('one')
    expect(runtime.bus.history({ party: 'one' })).toEqual([])
    expect(runtime.bus.history({ party: 'two' })).toEqual(left)
    expect(runtime.bus.history().at(-1)).toMatchObject({ type: 'system.party.deleted' })
  })

  it('refuses patterns that can match no event', async () => {
    const { runtime } = await start()
    for (const pattern of ['', 'pets.*.barked', '**', 'pets.', '.pets', 'pets  barked'])
      expect(() => runtime.bus.subscribe(pattern, () => {})).toThrow(IllegalPatternError)
  })

  it('refuses an invalid event from outside, and delivers it to no subscriber', async () => {
    const { runtime } = await start()
    const party = await runtime.parties.create()
    await expect(runtime.bus.publish({ type: 'pets.unheard', data: {} })).rejects.toBeInstanceOf(UnknownEventError)
    await expect(runtime.bus.publish({ type: 'pets.command', data: {} }, { party: party.id })).rejects.toBeInstanceOf(
      EventPayloadError,
    )
    expect(runtime.bus.history({ type: 'pets.*' })).toEqual([])
  })

  it('delivers events that are not persistent without journalling them', async () => {
    const { runtime } = await start()
    const seen: unknown[] = []
    runtime.bus.subscribe(glance, ({ data }) => void seen.push(data.at))
    const party = await runtime.parties.create()
    const { version } = party
    await runtime.bus.publish(glance({ at: 'ball' }), { party: party.id })
    expect(seen).toEqual(['ball'])
    expect(party.version).toBe(version)
  })
})
