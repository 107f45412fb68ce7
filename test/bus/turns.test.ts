import { createSimulatedClock } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { command, dogAgent, glance, petsParty, trick } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

/** A clock that advances by a millisecond each time it is read. */
const movingClock = () => {
  const { after } = createSimulatedClock()
  let time = 0
  return { now: () => ++time, after }
}

/** How often a call is repeated, one after the other, before the event loop turns. */
const timesPerTurn = async (once: () => Promise<unknown>) => {
  let hasTurned = false
  setImmediate(() => {
    hasTurned = true
  })
  let times = 0
  for (; !hasTurned && times < 10_000; times++) await once()
  return times
}

describe('publishers in a loop', () => {
  it.each([
    ['journalled events', command({ word: 'sit' })],
    ['events that are not journalled', glance({ at: 'x' })],
  ])('leave the event loop its turns with %s', async (_, event) => {
    const { runtime } = await startRuntime({ events: [command, glance], clock: movingClock() })
    expect(await timesPerTurn(() => runtime.bus.publish(event))).toBeLessThan(50)
  })

  it('leave the event loop its turns with events for one agent', async () => {
    const { runtime } = await startRuntime({ agents: [dogAgent()], clock: movingClock() })
    const dog = runtime.agent('dog')
    expect(await timesPerTurn(() => dog.send(command({ word: 'sit' })))).toBeLessThan(50)
  })

  it('leave the event loop its turns with inputs', async () => {
    const { runtime } = await startRuntime({ party: petsParty(), clock: movingClock() })
    const party = await runtime.parties.create({ id: 'p1' })
    expect(await timesPerTurn(() => party.addInput('a'))).toBeLessThan(50)
  })

  it('leave the event loop its turns when there are several', async () => {
    const { runtime } = await startRuntime({ events: [glance], clock: movingClock() })
    const publishing = Array.from({ length: 50 }, () => timesPerTurn(() => runtime.bus.publish(glance({ at: 'x' }))))
    expect(Math.max(...(await Promise.all(publishing)))).toBeLessThan(50)
  })

  it.each([
    ['is too much for the rate limit', command({ word: 'sit' })],
    ['is not declared', { type: 'pets.unknown', data: {} }],
    ['has the wrong payload', { type: command.type, data: {} }],
  ])('leave the event loop its turns when what they publish %s', async (_, event) => {
    const { runtime } = await startRuntime({ events: [command], clock: movingClock(), rateLimit: { perHour: 1 } })
    const refused = () => runtime.bus.publish(event).catch(() => {})
    expect(await timesPerTurn(refused)).toBeLessThan(1_000)
  })

  it('leave the event loop its turns also if the clock stands still', async () => {
    const { runtime } = await startRuntime({ events: [glance] })
    let hasTurned = false
    setImmediate(() => {
      hasTurned = true
    })
    let published = 0
    for (; !hasTurned && published < 50_000; published++) await runtime.bus.publish(glance({ at: 'x' }))
    expect(hasTurned).toBe(true)
  })

  it('leave the event loop its turns, and so do callers that ask in a loop', async () => {
    const { runtime } = await startRuntime({ clock: movingClock() })
    const { address } = runtime.handle(trick, ({ name }) => ({ done: name }))
    expect(await timesPerTurn(() => runtime.ask(address, trick, { name: 'roll' }))).toBeLessThan(1_000)
  })

  it('leave the event loop its turns, and so do callers that ask an unknown address in a loop', async () => {
    const { runtime } = await startRuntime({ clock: movingClock() })
    const refused = () => runtime.ask('runtime/nobody', trick, { name: 'roll' }).catch(() => {})
    expect(await timesPerTurn(refused)).toBeLessThan(1_000)
  })
})
