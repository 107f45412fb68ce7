import { builtInDirectory, type Reader, readByRules, type SearchAgent } from 'troupe/agents'
import { describe, expect, it, test } from 'vitest'
import { outcomeOf, planned, sample, sampleWithout, townWith } from './support.ts'

const agents = ['theme', 'venue', 'cake', 'catering', 'vendor'] as const

const shut = () => Promise.reject(new Error('The town hall is closed.'))
const closedFor = {
  theme: townWith({ themes: shut }),
  venue: townWith({ venues: shut }),
  cake: townWith({ bakeries: shut }),
  catering: townWith({ caterers: shut }),
  vendor: townWith({ vendors: shut }),
}

describe.each(agents)('when the list of the %s agent cannot be had', agent => {
  it('that search fails as one that depends on others', async () => {
    const { heard, party } = await planned(sample, { directory: closedFor[agent] })
    expect(heard.failures).toEqual([
      {
        agentName: agent,
        executionId: party.state.agents[agent]?.executionId,
        error: 'The town hall is closed.',
        errorType: 'external_api',
        retryCount: 0,
      },
    ])
    expect(party.state.agents[agent]?.status).toBe('failed')
  })

  it('the others find what they find, and the plan says what happened', async () => {
    const { party } = await planned(sample, { directory: closedFor[agent] })
    expect(Object.keys(party.state.results).toSorted()).toEqual(agents.filter(other => other !== agent).toSorted())
    expect(party.state.plan?.recommendations).toContainEqual({
      category: agent,
      priority: 'high',
      description: `We could not finish the ${agent} search: The town hall is closed. Try again, or change what you ask for.`,
    })
  })

  it('the failure is forgotten with the input that asked for it', async () => {
    const { party, runtime } = await planned(sample, { directory: closedFor[agent] })
    await party.removeInput(agent)
    await party.idle()
    const fresh = await runtime.parties.create({ inputs: sampleWithout(agent) })
    await fresh.idle()
    expect(outcomeOf(party.state)).toEqual(outcomeOf(fresh.state))
  })
})

test.each<{ agent: SearchAgent; later: string }>([
  { agent: 'theme', later: 'space theme' },
  { agent: 'venue', later: 'a venue indoors' },
  { agent: 'cake', later: 'lemon cake' },
  { agent: 'catering', later: 'barbecue' },
  { agent: 'vendor', later: 'a clown' },
])('a later input that changes what is needed makes the $agent agent try again', async ({ agent, later }) => {
  let isOpen = false
  const whenOpen = <T>(list: () => Promise<T>) => (isOpen ? list() : shut())
  const directory = townWith({
    themes: () => (agent === 'theme' ? whenOpen(builtInDirectory.themes) : builtInDirectory.themes()),
    venues: () => (agent === 'venue' ? whenOpen(builtInDirectory.venues) : builtInDirectory.venues()),
    bakeries: () => (agent === 'cake' ? whenOpen(builtInDirectory.bakeries) : builtInDirectory.bakeries()),
    caterers: () => (agent === 'catering' ? whenOpen(builtInDirectory.caterers) : builtInDirectory.caterers()),
    vendors: () => (agent === 'vendor' ? whenOpen(builtInDirectory.vendors) : builtInDirectory.vendors()),
  })
  const { party } = await planned(sample, { directory })
  isOpen = true
  await party.addInput('see you all soon')
  await party.idle()
  expect(party.state.agents[agent]?.status).toBe('failed')
  await party.addInput(later)
  await party.idle()
  expect(party.state.agents[agent]?.status).toBe('completed')
  expect(party.state.plan?.completionPercent).toBe(100)
  expect(party.state.status).toBe('completed')
})

test('a search that fails takes back what an earlier one had found for other needs', async () => {
  let isOpen = true
  const directory = townWith({ bakeries: () => (isOpen ? builtInDirectory.bakeries() : shut()) })
  const { party } = await planned(sample, { directory })
  isOpen = false
  await party.addInput('lemon cake')
  await party.idle()
  expect(party.state.results).not.toHaveProperty('cake')
  expect(party.state.budget?.missing).toEqual(['cake'])
  expect(party.state.plan?.completionPercent).toBe(80)
})

describe('a list that cannot be used', () => {
  it('fails the search in words, instead of the agent', async () => {
    const directory = townWith({
      venues: async () => (await builtInDirectory.venues()).map(venue => ({ ...venue, rating: 11 })),
    })
    const { heard, party, runtime } = await planned(sample, { directory })
    expect(heard.failures).toMatchObject([
      {
        agentName: 'venue',
        errorType: 'external_api',
        error: expect.stringContaining("directory's venues cannot be used"),
      },
    ])
    expect(party.agent('venue').incarnation).toBe(1)
    expect(runtime.bus.metrics().failed).toBe(0)
  })

  it('may come from an object with methods of its own', async () => {
    class Town {
      readonly #open = builtInDirectory
      async themes() {
        return this.#open.themes()
      }
      async venues() {
        return this.#open.venues()
      }
      async bakeries() {
        return this.#open.bakeries()
      }
      async caterers() {
        return this.#open.caterers()
      }
      async vendors() {
        return this.#open.vendors()
      }
    }
    const { party } = await planned(sample, { directory: new Town() })
    expect(party.state.plan?.completionPercent).toBe(100)
  })

  it('of nobody at all is a result with nothing to offer', async () => {
    const { party, heard } = await planned(sample, { directory: townWith({ caterers: async () => [] }) })
    expect(heard.failures).toEqual([])
    expect(party.state.results.catering).toMatchObject({ options: [], fits: false })
    expect(party.state.agents.catering?.confidence).toBe(0)
  })
})

describe('a reader', () => {
  const broken: Reader = (input, scope) =>
    input.inputId === 'cake' ? Promise.reject(new Error('No model answers.')) : readByRules(input, scope)

  it('that fails leaves one input unread, and the plan says so', async () => {
    const { heard, party } = await planned(sample, { read: broken })
    expect(heard.failures).toEqual([
      {
        agentName: 'input-analyzer',
        executionId: 'cake',
        error: 'No model answers.',
        errorType: 'external_api',
        retryCount: 0,
      },
    ])
    expect(Object.keys(party.state.results).toSorted()).toEqual(['catering', 'theme', 'vendor', 'venue'])
    expect(party.state.plan?.nextSteps).toContain('Try the input-analyzer search again.')
  })

  it('that failed is forgiven when the input is removed', async () => {
    const { party } = await planned(sample, { read: broken })
    await party.removeInput('cake')
    await party.idle()
    const usual = await planned(sampleWithout('cake'))
    expect(outcomeOf(party.state)).toEqual(outcomeOf(usual.party.state))
  })

  it('that answers nonsense fails on that input alone', async () => {
    const nonsense: Reader = async (input, scope) => {
      const answer = await readByRules(input, scope)
      return input.inputId === 'cake' ? { ...answer, facts: { ...answer.facts, tiers: -7 } } : answer
    }
    const { heard, party } = await planned(sample, { read: nonsense })
    expect(heard.failures).toMatchObject([
      { agentName: 'input-analyzer', executionId: 'cake', error: expect.stringContaining('facts.tiers') },
    ])
    expect(party.agent('input-analyzer').incarnation).toBe(1)
    expect(party.state.plan?.completionPercent).toBe(80)
  })

  it('that answers under another id is understood as speaking of the input that it was given', async () => {
    const confused: Reader = async (input, scope) => ({ ...(await readByRules(input, scope)), inputId: 'something' })
    const { party } = await planned(sample, { read: confused })
    await party.removeInput('cake')
    await party.idle()
    expect(party.state.results).not.toHaveProperty('cake')
  })
})
