import { IllegalPatternError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, petsParty, urgent } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const hour = 60 * 60 * 1_000

async function partyWithDog(dog = dogAgent(), deadLetters = {}) {
  const { runtime, clock } = await startRuntime({
    party: petsParty(dog),
    deadLetters,
    intensity: { max: 10, within: 1_000 },
  })
  const party = await runtime.parties.create({ id: 'p1' })
  const say = async (...words: string[]) => {
    for (const word of words) await runtime.bus.publish(command({ word }), { party: 'p1' })
    await party.idle()
  }
  return { runtime, clock, party, say, letters: runtime.bus.deadLetters }
}

describe('a dead letter', () => {
  it('says what it was, for whom, why it died, how often it was tried, and when', async () => {
    const { say, letters, clock } = await partyWithDog()
    clock.advance(5)
    await say('boom')
    const now = clock.now()
    expect(letters.list()).toMatchObject([
      {
        envelope: { type: 'pets.command', data: { word: 'boom' }, party: 'p1' },
        to: 'party/p1/dog',
        partition: 'party/p1',
        reason: 'failed',
        attempts: 1,
        first: now,
        last: now,
      },
    ])
  })

  it('counts every crash as an attempt when its agent is handed crashed events again', async () => {
    const { say, letters } = await partyWithDog({ ...dogAgent(), onCrash: 'redeliver' })
    await say('boom')
    expect(letters.list()).toMatchObject([{ attempts: 4 }])
  })

  it('is found by event, type, pattern, party, agent, reason, age and number', async () => {
    const { runtime, party, clock, say, letters } = await partyWithDog()
    await say('boom')
    clock.advance(hour)
    const { id } = await party.agent('dog').send(urgent({ word: 'up' }))
    await party.idle()
    const reasons = (query: Parameters<typeof letters.list>[0]) => letters.list(query).map(({ reason }) => reason)
    expect(reasons({ id })).toEqual(['ignored'])
    expect(reasons({ type: 'pets.command' })).toEqual(['failed'])
    expect(reasons({ type: 'pets.*' })).toEqual(['failed', 'ignored'])
    expect(reasons({ party: 'p2' })).toEqual([])
    expect(reasons({ to: 'party/p1/dog', reason: 'ignored' })).toEqual(['ignored'])
    expect(reasons({ before: clock.now() })).toEqual(['failed'])
    expect(reasons({ limit: 1 })).toEqual(['ignored'])
    expect(() => letters.list({ type: '**' })).toThrow(IllegalPatternError)
    expect(runtime.bus.metrics().deadLetters).toBe(2)
  })
})

describe('redrive', () => {
  it('hands an event to its agent again, which may be able to handle it now', async () => {
    const { runtime, party, letters } = await partyWithDog()
    // Ignored while awake, taken while it rests.
    await party.agent('dog').send(urgent({ word: 'up' }))
    await party.idle()
    await runtime.bus.publish(command({ word: 'rest' }), { party: 'p1' })
    expect(await letters.redrive({ reason: 'ignored' })).toBe(1)
    await party.idle()
    expect(letters.list()).toEqual([])
    expect(party.agent('dog').snapshot()?.value).toBe('awake')
    expect(party.state).toMatchObject({ barks: 1 })
    const { created, handled, dead } = runtime.bus.metrics()
    expect({ created, handled, dead }).toEqual({ created: 3, handled: 2, dead: 1 })
  })

  it('takes each letter once, however many redrive at the same time', async () => {
    const { party, say, letters } = await partyWithDog()
    await say('boom')
    expect(await Promise.all([letters.redrive(), letters.redrive()])).toEqual([1, 0])
    await party.idle()
    expect(letters.list()).toMatchObject([{ reason: 'failed', attempts: 2 }])
  })

  it('makes it a dead letter again when it dies again, which knows when it first died', async () => {
    const { party, clock, say, letters } = await partyWithDog()
    await say('boom')
    const first = clock.now()
    clock.advance(hour)
    await letters.redrive()
    await party.idle()
    expect(letters.list()).toMatchObject([{ attempts: 2, first, last: clock.now() }])
    expect(letters.total).toBe(2)
  })

  it('makes it a dead letter again when its agent, or its party, is gone', async () => {
    const { runtime, party, say, letters } = await partyWithDog()
    await say('boom')
    await party.agent('dog').stop()
    expect(await letters.redrive()).toBe(1)
    expect(letters.list()).toMatchObject([{ reason: 'stopped', attempts: 2 }])
    await runtime.parties.delete('p1')
    expect(await letters.redrive()).toBe(1)
    expect(letters.list()).toMatchObject([{ reason: 'stopped', attempts: 3, to: 'party/p1/dog' }])
  })

  it('does not change the party state a second time', async () => {
    const { runtime, party, letters } = await partyWithDog()
    await party.addInput('ball')
    const { version } = party
    await party.agent('dog').send(urgent({ word: 'up' }))
    await party.idle()
    await letters.redrive()
    await party.idle()
    expect(party.version).toBe(version)
    expect(runtime.bus.history({ type: 'pets.urgent' })).toHaveLength(1)
  })

  it('gives an event that expired as much time as it had at first', async () => {
    const { runtime, party, clock, say, letters } = await partyWithDog()
    await say('rest')
    await runtime.bus.publish(command({ word: 'soon' }), { party: 'p1', ttl: 1_000 })
    clock.advance(2_000)
    await runtime.bus.publish(urgent({ word: 'up' }), { party: 'p1' })
    await party.idle()
    expect(letters.list()).toMatchObject([{ reason: 'expired' }])
    await letters.redrive()
    await party.idle()
    expect(letters.list()).toEqual([])
    expect(party.state).toMatchObject({ barks: 2 })
  })
})

describe('dead letters', () => {
  it('are forgotten when somebody purges them', async () => {
    const { say, letters } = await partyWithDog()
    await say('boom', 'boom')
    expect(letters.purge({ reason: 'stopped' })).toBe(0)
    expect(letters.purge()).toBe(2)
    expect(letters.list()).toEqual([])
    expect(letters.total).toBe(2)
  })

  it('are kept up to a number and an age', async () => {
    const { clock, say, letters } = await partyWithDog(dogAgent(), { most: 2, retention: hour })
    await say('boom')
    clock.advance(hour / 2)
    await say('boom', 'boom')
    expect(letters.list()).toHaveLength(2)
    clock.advance(hour)
    expect(letters.list()).toEqual([])
    expect(letters.total).toBe(3)
  })
})
