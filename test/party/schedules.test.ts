import { createRuntime, type Journal } from 'troupe'
import { createSimulatedClock, seededRandom } from 'troupe/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRecord, type Life } from '../support/lives.ts'
import { command, dogAgent, petsParty } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const party = petsParty(dogAgent())
const sit = command({ word: 'sit' })

describe('a schedule', () => {
  it('says its event at its time, once, and is over', async () => {
    const { runtime, clock } = await startRuntime({ party })
    const pets = await runtime.parties.create({ id: 'p1' })
    await runtime.schedules.set('reminder', { after: 5_000 }, sit, { party: 'p1' })
    expect(await pets.idle()).toMatchObject({ reason: 'waiting', waitingFor: [{ what: 'schedule', name: 'reminder' }] })
    await clock.advance(4_999)
    await pets.idle()
    expect(pets.state).toMatchObject({ barks: 0 })
    await clock.advance(1)
    expect(await pets.idle()).toMatchObject({ reason: 'settled' })
    expect(pets.state).toMatchObject({ barks: 1 })
    expect(runtime.schedules.list()).toEqual([])
  })

  it('says it every so often until it is removed', async () => {
    const { runtime, clock } = await startRuntime({ party })
    const pets = await runtime.parties.create({ id: 'p1' })
    await runtime.schedules.set('walk', { every: 1_000 }, sit, { party: 'p1' })
    for (let n = 0; n < 3; n++) await clock.advance(1_000)
    await pets.idle()
    expect(pets.state).toMatchObject({ barks: 3 })
    expect(await runtime.schedules.remove('walk', { party: 'p1' })).toBe(true)
    expect(await runtime.schedules.remove('walk', { party: 'p1' })).toBe(false)
    await clock.advance(5_000)
    expect(pets.state).toMatchObject({ barks: 3 })
  })

  it('that is set again as it is goes on as it was; another one takes its place', async () => {
    const { runtime, clock } = await startRuntime({ party })
    await runtime.parties.create({ id: 'p1' })
    const first = await runtime.schedules.set('walk', { every: 1_000 }, sit, { party: 'p1' })
    await clock.advance(400)
    expect(await runtime.schedules.set('walk', { every: 1_000 }, sit, { party: 'p1' })).toEqual(first)
    const second = await runtime.schedules.set('walk', { every: 2_000 }, sit, { party: 'p1' })
    expect(second.next).toBe(clock.now() + 2_000)
    expect(runtime.schedules.list()).toHaveLength(1)
  })

  it('goes with its party', async () => {
    const { runtime } = await startRuntime({ party })
    await runtime.parties.create({ id: 'p1' })
    await runtime.schedules.set('walk', { every: 1_000 }, sit, { party: 'p1' })
    await runtime.parties.delete('p1')
    expect(runtime.schedules.list()).toEqual([])
  })

  it('of an event that nobody declared, or of no party, is refused', async () => {
    const { runtime } = await startRuntime({ party })
    const set = (type: string, party?: string) =>
      runtime.schedules.set('x', { after: 1 }, { type, data: {} }, party === undefined ? {} : { party })
    await expect(set('pets.unknown')).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' })
    await expect(set('pets.command', 'nobody')).rejects.toMatchObject({ code: 'PARTY_NOT_FOUND' })
    await expect(runtime.schedules.set('x', { every: 0 }, sit)).rejects.toMatchObject({ code: 'SCHEDULE' })
  })
})

describe('a schedule whose process ended', () => {
  const clock = createSimulatedClock()
  const live = async (journal: Life & Journal) => {
    const runtime = createRuntime({ journal, clock, party, random: seededRandom(7) })
    onTestFinished(async () => {
      if (!journal.isOver) await runtime.stop({ timeout: 0 })
    })
    return runtime.start()
  }

  it.each([
    ['once', 1],
    ['all', 4],
    ['none', 0],
  ] as const)('makes up for what was missed: %s', async (missed, barks) => {
    const record = createRecord()
    const first = await live(record.next())
    await first.parties.create({ id: 'p1' })
    await first.schedules.set('walk', { every: 1_000, missed }, sit, { party: 'p1' })
    record.next()
    await clock.advance(4_500)
    const second = await live(record.next())
    const pets = second.parties.get('p1')
    await pets.idle()
    expect(pets.state).toMatchObject({ barks })
    await clock.advance(500)
    await pets.idle()
    expect(pets.state).toMatchObject({ barks: barks + 1 })
  })
})
