import { deadLettered } from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, petsParty, urgent } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

async function partyWithDog(options?: Parameters<typeof dogAgent>[0]) {
  const { runtime, clock } = await startRuntime({ party: petsParty(dogAgent(options)) })
  const party = await runtime.parties.create({ id: 'p1' })
  const say = (...words: string[]) =>
    Promise.all(words.map(word => runtime.bus.publish(command({ word }), { party: 'p1' })))
  const barks = () => runtime.bus.history({ type: barked.type }).map(({ data }) => data)
  return { runtime, clock, party, say, barks }
}

describe('a mailbox', () => {
  it('hands over in the order of publishing', async () => {
    const { party, say, barks } = await partyWithDog()
    await say('a', 'b', 'c')
    await party.idle()
    expect(barks()).toEqual([
      { word: 'a', count: 1 },
      { word: 'b', count: 2 },
      { word: 'c', count: 3 },
    ])
  })

  it('hands over what is more urgent first, and equals by position', async () => {
    const { runtime, party, barks } = await partyWithDog()
    const publish = (word: string, priority: number) =>
      runtime.bus.publish(command({ word }), { party: 'p1', priority })
    await Promise.all([publish('late', 9), publish('first', 2), publish('second', 2), publish('middle', 5)])
    await party.idle()
    expect(barks()).toMatchObject([{ word: 'first' }, { word: 'second' }, { word: 'middle' }, { word: 'late' }])
  })

  it('keeps mail while the agent is busy, except what its active states declare', async () => {
    const { runtime, party, say, barks } = await partyWithDog()
    await say('rest', 'a', 'b')
    expect(await party.idle()).toEqual({
      reason: 'waiting',
      waitingFor: [{ agent: 'party/p1/dog', what: 'mail', name: 'pets.command' }],
    })
    expect(barks()).toEqual([])
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await party.idle()
    expect(barks()).toMatchObject([{ word: 'up' }, { word: 'a' }, { word: 'b' }])
  })

  it('says that it waits when only a timer can go on', async () => {
    const { clock, party, say, barks } = await partyWithDog()
    await say('nap', 'a')
    expect(await party.idle()).toMatchObject({ reason: 'waiting', waitingFor: [{ what: 'timer' }, { what: 'mail' }] })
    clock.advance(1_000)
    expect(await party.idle()).toEqual({ reason: 'settled', waitingFor: [] })
    expect(barks()).toMatchObject([{ word: 'a' }])
  })

  it('rejects what does not fit, as dead letters that are told and counted', async () => {
    const { runtime, party, say } = await partyWithDog({ mailbox: { capacity: 2, overflow: 'reject' } })
    const told: unknown[] = []
    runtime.bus.subscribe(deadLettered, ({ data }) => void told.push(data))
    await say('rest')
    await party.idle()
    await say('a', 'b', 'c', 'd')
    await party.idle()
    expect(runtime.bus.deadLetters.list({ party: 'p1' })).toMatchObject([
      { reason: 'overflow', to: 'party/p1/dog', envelope: { data: { word: 'c' } } },
      { reason: 'overflow', to: 'party/p1/dog', envelope: { data: { word: 'd' } } },
    ])
    expect(told).toMatchObject([{ reason: 'overflow', type: 'pets.command' }, { reason: 'overflow' }])
    expect(runtime.bus.metrics()).toMatchObject({ created: 5, handled: 1, dead: 2, waiting: 2, deadLetters: 2 })
  })

  it('makes dead letters of what waits for an agent that is stopped, and of what comes after', async () => {
    const { runtime, party, say } = await partyWithDog()
    await say('rest', 'a')
    await party.idle()
    const dog = party.agent('dog')
    await dog.stop()
    await dog.send(command({ word: 'b' }))
    await party.idle()
    expect(runtime.bus.deadLetters.list({ reason: 'stopped' }).map(({ envelope }) => envelope.data)).toEqual([
      { word: 'a' },
      { word: 'b' },
    ])
  })

  it('counts a broadcast that the machine does not take as ignored, and a directed one as a dead letter', async () => {
    const { runtime, party } = await partyWithDog()
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await party.idle()
    expect(runtime.bus.metrics()).toMatchObject({ created: 1, ignored: 1, dead: 0 })
    await party.agent('dog').send(urgent({ word: 'up' }))
    await party.idle()
    expect(runtime.bus.metrics()).toMatchObject({ created: 2, ignored: 1, dead: 1 })
    expect(runtime.bus.deadLetters.list({ reason: 'ignored' })).toHaveLength(1)
  })
})
