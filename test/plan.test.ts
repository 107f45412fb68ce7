import { partyPlanner } from 'troupe/agents'
import { describe, expect, it } from 'vitest'
import { startRuntime } from './support/runtime.ts'

const inputs = [
  'jungle theme party for 75 guests',
  'outdoor venue downtown under $1500',
  'two tier vegan chocolate cake',
  'photographer and balloons',
  'buffet, two guests are gluten free',
]

describe('a party planned from plain sentences', () => {
  it('ends with a complete plan', async () => {
    const { runtime } = await startRuntime({ party: partyPlanner })
    const party = await runtime.parties.create({ inputs })
    expect(await party.idle()).toEqual({ reason: 'settled', waitingFor: [] })
    expect(party.state.plan?.completionPercent).toBe(100)
    expect(party.state.status).toBe('completed')
  })
})
