import { builtInDirectory, readByRules, type SearchAgent } from 'troupe/agents'
import { describe, expect, it, test } from 'vitest'
import { silence } from '../../agents/input-analyzer/machine.ts'
import { settle } from '../support/runtime.ts'
import { outcomeOf, planned, sample, startPlanner, townSilentFor, townWith } from './support.ts'

const agents = ['theme', 'venue', 'cake', 'catering', 'vendor'] as const

/** The sample with one agent that has been silent for 30 seconds while the others had nothing left to wait for. */
async function silentFor(agent: SearchAgent, waitingForIt: readonly SearchAgent[]) {
  const { directory, release } = townSilentFor(agent)
  const { runtime, clock, heard } = await startPlanner({ directory })
  const party = await runtime.parties.create({ inputs: sample })
  const free = agents.filter(other => other !== agent && !waitingForIt.includes(other))
  const done = (others: readonly SearchAgent[]) =>
    others.every(other => party.state.agents[other]?.status === 'completed')
  await settle()
  expect(party.state.agents[agent]?.status).toBe('running')
  expect(done(free)).toBe(true)
  clock.advance(silence - 1)
  expect(heard.failures).toEqual([])
  clock.advance(1)
  const said = () =>
    party.state.plan?.recommendations.some(({ category, priority }) => category === agent && priority === 'high')
  await settle()
  expect(heard.failures.length).toBeGreaterThan(0)
  expect(done(agents.filter(other => other !== agent))).toBe(true)
  expect(said()).toBe(true)
  return { runtime, clock, heard, party, release }
}

describe.each<{ agent: SearchAgent; waitingForIt: SearchAgent[]; percent: number }>([
  { agent: 'theme', waitingForIt: ['venue', 'cake', 'vendor'], percent: 80 },
  { agent: 'venue', waitingForIt: ['catering'], percent: 80 },
  { agent: 'cake', waitingForIt: [], percent: 80 },
  { agent: 'catering', waitingForIt: [], percent: 80 },
  { agent: 'vendor', waitingForIt: [], percent: 100 },
])('when the $agent agent is silent', ({ agent, waitingForIt, percent }) => {
  it('the input analyzer tells after 30 seconds that it failed', async () => {
    const { runtime, heard, party } = await silentFor(agent, waitingForIt)
    expect(silence).toBe(30_000)
    expect(heard.failures).toEqual([
      {
        agentName: agent,
        executionId: party.state.agents[agent]?.executionId,
        error: 'It was silent for 30 seconds.',
        errorType: 'timeout',
        retryCount: 0,
      },
    ])
    const [told] = runtime.bus.history({ type: 'party.agent.failed' })
    expect(told?.source).toBe(`party/${party.id}/input-analyzer`)
    expect(party.state.agents[agent]).toMatchObject({ status: 'failed', error: 'It was silent for 30 seconds.' })
  })

  it('the others plan the rest, and the plan says what is missing', async () => {
    const { party } = await silentFor(agent, waitingForIt)
    // The plan is written last, and `idle` would wait for the silent agent.
    await settle()
    expect(party.state.plan?.missingAgents.join()).toBe(agent)
    expect(party.state.plan?.completionPercent).toBe(percent)
    expect(Object.keys(party.state.results).toSorted()).toEqual(agents.filter(other => other !== agent).toSorted())
    expect(party.state.plan?.nextSteps).toContain(`Try the ${agent} search again.`)
    expect(party.state.plan?.recommendations).toContainEqual({
      category: agent,
      priority: 'high',
      description: expect.stringContaining('It was silent for 30 seconds.'),
    })
  })

  it('a result that comes late is still taken', async () => {
    const { party, release } = await silentFor(agent, waitingForIt)
    release()
    await party.idle()
    const usual = await planned(sample)
    expect(outcomeOf(party.state)).toEqual(outcomeOf(usual.party.state))
    expect(party.state.status).toBe('completed')
  })
})

test('a result that comes after a newer order is not taken', async () => {
  const late = Promise.withResolvers<void>()
  let asked = 0
  const directory = townWith({
    themes: async () => {
      asked++
      if (asked === 1) await late.promise
      return builtInDirectory.themes()
    },
  })
  const { runtime, clock, heard } = await startPlanner({ directory })
  const party = await runtime.parties.create({ inputs: ['jungle theme'] })
  await settle()
  expect(asked).toBe(1)
  clock.advance(silence)
  await settle()
  expect(party.state.agents.theme?.status).toBe('failed')
  await party.addInput('space theme')
  await party.idle()
  late.resolve()
  await party.idle()
  expect(party.state.results.theme?.name).toBe('space')
  expect(heard.completions).toHaveLength(1)
})

test('an agent that is ordered anew has its 30 seconds anew', async () => {
  const { directory } = townSilentFor('theme')
  const { runtime, clock, heard } = await startPlanner({ directory })
  const party = await runtime.parties.create({ inputs: ['jungle theme'] })
  await settle()
  expect(heard.orders).toHaveLength(1)
  clock.advance(20_000)
  await party.addInput('space theme')
  await settle()
  expect(heard.orders).toHaveLength(2)
  clock.advance(20_000)
  await party.addInput('vegan cake')
  expect(heard.failures).toEqual([])
  clock.advance(10_000)
  await settle()
  expect(heard.failures).toMatchObject([{ agentName: 'theme', executionId: 'exec-2' }])
})

test('an agent that has answered, or that nobody asks any more, is not waited for', async () => {
  const { runtime, clock, heard } = await startPlanner({ directory: townSilentFor('cake').directory })
  const party = await runtime.parties.create({ inputs: sample })
  await settle()
  expect(heard.completions).toHaveLength(4)
  await party.removeInput('cake')
  await party.idle()
  clock.advance(10 * silence)
  expect(await party.idle()).toEqual({ reason: 'settled', waitingFor: [] })
  expect(heard.failures).toEqual([])
})

test('a reader that is silent holds up its own input, not the others', async () => {
  const { runtime, clock, heard } = await startPlanner({
    read: (input, scope) => (input.inputId === 'venue' ? new Promise(() => {}) : readByRules(input, scope)),
  })
  const party = await runtime.parties.create({ inputs: sample })
  await settle()
  expect(party.state.results.theme).toBeDefined()
  clock.advance(silence)
  await party.idle()
  expect(heard.failures).toMatchObject([{ agentName: 'input-analyzer', executionId: 'venue', errorType: 'timeout' }])
  expect(Object.keys(party.state.results).toSorted()).toEqual(['cake', 'catering', 'theme', 'vendor'])
  expect(party.state.plan?.recommendations).toContainEqual({
    category: 'input-analyzer',
    priority: 'high',
    description: expect.stringContaining('Nobody had read the input after 30 seconds.'),
  })
})
