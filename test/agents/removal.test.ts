import type { SearchAgent } from 'troupe/agents'
import { describe, expect, it, test } from 'vitest'
import { settle } from '../support/runtime.ts'
import { outcomeOf, planned, sample, sampleWithout, startPlanner, townSilentFor } from './support.ts'

const agents = ['theme', 'venue', 'cake', 'catering', 'vendor'] as const

// What stands on each input of the sample: the agent that only it asks for, and those that used what it said.
describe.each<{ removed: SearchAgent; reruns: SearchAgent[] }>([
  { removed: 'theme', reruns: ['cake', 'catering', 'vendor', 'venue'] },
  { removed: 'venue', reruns: ['catering'] },
  { removed: 'cake', reruns: [] },
  { removed: 'vendor', reruns: [] },
  { removed: 'catering', reruns: [] },
])('removing the input about the $removed', ({ removed, reruns }) => {
  const removedFromSample = async () => {
    const { heard, party, runtime } = await planned(sample)
    const before = heard.orders.length
    await party.removeInput(removed)
    await party.idle()
    return { heard, party, runtime, orders: heard.orders.slice(before) }
  }

  it('takes back what that agent had found', async () => {
    const { heard, party } = await removedFromSample()
    expect(heard.removals).toEqual([
      { agentName: removed, reason: 'No input asks for it any more.', removedInputId: removed },
    ])
    expect(Object.keys(party.state.results).toSorted()).toEqual(agents.filter(agent => agent !== removed).toSorted())
    expect(party.state.agents).not.toHaveProperty(removed)
  })

  it('repeats exactly the searches that used what it said', async () => {
    const { orders } = await removedFromSample()
    expect(orders.map(({ agentName }) => agentName).toSorted()).toEqual(reruns)
  })

  it('leaves the party as if it had never been there', async () => {
    const { party, runtime } = await removedFromSample()
    const fresh = await runtime.parties.create({ inputs: sampleWithout(removed) })
    await fresh.idle()
    expect(outcomeOf(party.state)).toEqual(outcomeOf(fresh.state))
  })
})

test('when the only input about the theme goes, whoever used the theme searches without one', async () => {
  const { heard, party } = await planned(['75 guests', 'a venue downtown', 'vegan cake', 'balloons'])
  const { inputId } = await party.addInput('jungle theme')
  await party.idle()
  expect(party.state.results.vendor?.choices[0]?.best.why).toContain('knows jungle parties')
  const before = heard.orders.length
  await party.removeInput(inputId)
  await party.idle()
  const orders = heard.orders.slice(before)
  expect(orders.map(({ agentName }) => agentName).toSorted()).toEqual(['cake', 'vendor', 'venue'])
  for (const { needs, executionType } of orders) {
    expect(needs).not.toHaveProperty('theme')
    expect(executionType).toBe('rerun')
  }
  expect(party.state.results).not.toHaveProperty('theme')
  expect(JSON.stringify(party.state.results)).not.toContain('jungle')
})

test('when another input still asks for an agent, its result is searched again rather than taken back', async () => {
  const { heard, party } = await planned(['a cake'])
  const { inputId } = await party.addInput('lemon cake with three tiers')
  await party.idle()
  await party.removeInput(inputId)
  await party.idle()
  expect(heard.removals).toEqual([])
  expect(heard.orders.map(({ executionType, reason }) => [executionType, reason])).toEqual([
    ['start', 'An input asks for it.'],
    ['rerun', 'An input asks for it.'],
    ['rerun', 'An input that it stood on was removed.'],
  ])
  expect(party.state.results.cake).toMatchObject({ tiers: 1, flavours: [] })
})

test('removing all inputs leaves no results and a plan of nothing', async () => {
  const { party } = await planned(sample)
  for (const { inputId } of sample) await party.removeInput(inputId)
  await party.idle()
  const { inputs, results, agents, budget, plan, status } = party.state
  expect([...inputs]).toEqual([])
  expect(results).toEqual({})
  expect(agents).toEqual({})
  expect(budget).toMatchObject({ basedOnAgents: [] })
  expect(plan).toMatchObject({ summary: expect.stringMatching(/^A party\.$/), completionPercent: 0, activeAgents: [] })
  expect(status).toBe('planning')
})

test.each(agents)('removing the input while the %s agent still searches leaves nothing of it', async agent => {
  const { directory } = townSilentFor(agent)
  const { runtime, heard } = await startPlanner({ directory })
  const party = await runtime.parties.create({ inputs: sample })
  await settle()
  expect(party.state.agents[agent]?.status).toBe('running')
  await party.removeInput(agent)
  expect(await party.idle()).toEqual({ reason: 'settled', waitingFor: [] })
  expect(party.state.results).not.toHaveProperty(agent)
  expect(party.state.agents).not.toHaveProperty(agent)
  const fresh = await planned(sampleWithout(agent))
  expect(outcomeOf(party.state)).toEqual(outcomeOf(fresh.party.state))
  expect(heard.failures).toEqual([])
})

test('removing all inputs at once, before they were read, leaves nothing', async () => {
  const { runtime } = await startPlanner()
  const party = await runtime.parties.create({ inputs: sample })
  await Promise.all(sample.map(({ inputId }) => party.removeInput(inputId)))
  await party.idle()
  expect(party.state.results).toEqual({})
  expect(party.state.plan?.completionPercent).toBe(0)
})

test('an input that was removed can be added again under its id', async () => {
  const { party, heard } = await planned(sample)
  await party.removeInput('cake')
  await party.idle()
  await party.addInput({ inputId: 'cake', content: 'two tier vegan chocolate cake' })
  await party.idle()
  expect(heard.orders.at(-1)).toMatchObject({ agentName: 'cake', executionType: 'start' })
  expect(party.state.plan?.completionPercent).toBe(100)
})
