import { describe, expect, it } from 'vitest'
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
