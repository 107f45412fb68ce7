import type { EnvelopeOf } from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, petsParty } from '../support/pets.ts'
import { createProgram } from '../support/program.ts'
import { turn } from '../support/runtime.ts'

const given = { party: petsParty(dogAgent()) }

/** As far as things get. */
async function someTurns() {
  for (let turns = 0; turns < 60; turns++) await turn()
}

describe('a subscriber who takes a new name before the runtime has started', () => {
  it.each([
    ['from now', 'now', 0],
    ['from the start', 'start', 120],
  ] as const)('%s is told nothing while parties come back, and then what he wants', async (_, from, expected) => {
    const program = createProgram()
    const told: string[] = []
    const first = await program.start(given)
    for (let n = 0; n < 40; n++) {
      const { id: party } = await first.parties.create({ id: `p${n}` })
      for (const word of 'abc') await first.bus.publish(command({ word }), { party })
    }
    await first.idle()
    await first.stop()
    const second = program.create(given)
    const tell = ({ party, data }: EnvelopeOf<typeof barked>) => void told.push(`${party} ${data.word}`)
    second.bus.subscribe(barked, tell, { durable: 'diary', from })
    await second.start()
    expect(told).toEqual([])
    await second.idle()
    await someTurns()
    expect(told).toHaveLength(expected)
    await second.bus.publish(command({ word: 'new' }), { party: 'p39' })
    await second.idle()
    await someTurns()
    expect(told.slice(expected)).toEqual(['p39 new'])
  })
})
