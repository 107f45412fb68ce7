import { describe, expect, it } from 'vitest'
import { clock, createRecord, live } from '../support/lives.ts'
import { command, petsParty, runnerAgent } from '../support/pets.ts'

/** A party whose last process ended while it handed over an event that the journal does not hold. */
async function suspicious() {
  const record = createRecord()
  const party = petsParty(runnerAgent(() => 'far'))
  const first = await live(record.next(), { party })
  await first.parties.create({ id: 'p1' })
  const life = record.next()
  const inHand = async () => ({ partition: 'party/p1', agent: 'dog', seq: 1_000 })
  const runtime = await live(life, { party, journal: { ...life, inHand } })
  return { runtime, party: runtime.parties.get('p1') }
}

describe('a party whose agents get only durable events', () => {
  it('is idle only when an agent has handled the outcome of its work', async () => {
    const { runtime, party } = await suspicious()
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await party.idle()
    expect(party.state.barks).toBe(1)
  })

  it('is idle only when an agent has handled a timer that fired', async () => {
    const { runtime, party } = await suspicious()
    await runtime.bus.publish(command({ word: 'nap' }), { party: 'p1' })
    await party.idle()
    clock.advance(1_000)
    await party.idle()
    expect(party.agent('dog').snapshot()?.value).toBe('awake')
  })
})
