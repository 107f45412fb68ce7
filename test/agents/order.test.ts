import { agentCompleted, agentFailed, agentShouldExecute } from 'troupe/agents'
import { describe, expect, it, test } from 'vitest'
import { settle } from '../support/runtime.ts'
import { outcomeOf, planned, sample, startPlanner, townSilentFor } from './support.ts'

const names = (orders: readonly { agentName: string }[]) => orders.map(({ agentName }) => agentName)
const typed = (orders: readonly { agentName: string; executionType: string }[]) =>
  Object.fromEntries(orders.map(({ agentName, executionType }) => [agentName, executionType]))

describe('the agents of the sample party', () => {
  it('search once each', async () => {
    const { heard } = await planned(sample)
    expect(names(heard.orders).toSorted()).toEqual(['cake', 'catering', 'theme', 'vendor', 'venue'])
    expect(names(heard.completions).toSorted()).toEqual(['cake', 'catering', 'theme', 'vendor', 'venue'])
  })

  it('start for the first time, each at its own urgency', async () => {
    const { heard } = await planned(sample)
    expect(typed(heard.orders)).toEqual({
      theme: 'start',
      venue: 'start',
      cake: 'start',
      catering: 'start',
      vendor: 'start',
    })
    const priorities = Object.fromEntries(heard.orders.map(({ agentName, priority }) => [agentName, priority]))
    expect(priorities).toEqual({ theme: 1, venue: 2, cake: 2, catering: 3, vendor: 3 })
  })

  it('are told which inputs ask for them', async () => {
    const { heard } = await planned(sample)
    for (const { agentName, inputIds } of heard.orders) expect(inputIds).toEqual([agentName])
  })

  it('wait for the theme before venue, cake and vendors are searched, and for the venue before the food is', async () => {
    const { runtime } = await startPlanner()
    const told: string[] = []
    runtime.bus.subscribe(agentShouldExecute, ({ data }) => void told.push(`${data.agentName} ordered`))
    runtime.bus.subscribe(agentCompleted, ({ data }) => void told.push(`${data.agentName} completed`))
    const party = await runtime.parties.create({ inputs: sample })
    await party.idle()
    const place = (what: string) => {
      expect(told).toContain(what)
      return told.indexOf(what)
    }
    for (const agent of ['venue', 'cake', 'vendor'])
      expect(place('theme completed')).toBeLessThan(place(`${agent} ordered`))
    expect(place('venue completed')).toBeLessThan(place('catering ordered'))
  })

  it('wait however long the theme takes', async () => {
    const { directory, release } = townSilentFor('theme')
    const { runtime, heard } = await startPlanner({ directory })
    const party = await runtime.parties.create({ inputs: sample })
    await settle()
    expect(party.state.agents.catering?.status).toBe('completed')
    expect(names(heard.orders)).toEqual(['theme', 'catering'])
    release()
    await party.idle()
    expect(party.state.plan?.completionPercent).toBe(100)
  })
})

describe('a search is repeated', () => {
  const rerun = async (content: string) => {
    const { heard, party } = await planned(sample)
    const before = heard.orders.length
    await party.addInput(content)
    await party.idle()
    return { orders: heard.orders.slice(before), party }
  }

  it.each(['see you all soon', 'What a great party, pricey juice', 'a venue, please'])(
    'by nobody after "%s"',
    async content => {
      const { orders } = await rerun(content)
      expect(orders).toEqual([])
    },
  )

  it('by venue, cake and catering when the number of guests changes', async () => {
    const { orders, party } = await rerun('it is for 40 guests')
    expect(typed(orders)).toEqual({ venue: 'rerun', cake: 'rerun', catering: 'recalculate' })
    expect(orders).toHaveLength(3)
    expect(party.state.results).toMatchObject({ venue: { guests: 40 }, cake: { guests: 40 }, catering: { guests: 40 } })
  })

  it('by those that use the theme when the theme changes', async () => {
    const { orders, party } = await rerun('make it a space theme')
    expect(typed(orders)).toMatchObject({
      theme: 'rerun',
      venue: 'recalculate',
      cake: 'recalculate',
      vendor: 'recalculate',
    })
    expect(party.state.results.theme?.name).toBe('space')
    expect(party.state.results.cake?.decorations).toContain('planet toppers')
  })

  it('by the vendors alone when the day changes', async () => {
    const { orders } = await rerun('on December 5')
    expect(typed(orders)).toEqual({ vendor: 'rerun' })
  })

  it('by the caterer when another venue is found', async () => {
    const { orders, party } = await rerun('a hall indoors')
    expect(typed(orders)).toEqual({ venue: 'rerun', catering: 'recalculate' })
    const venue = party.state.results.venue?.options[0]
    expect(party.state.results.catering?.options[0]?.why).toContain(`comes to ${venue?.name}`)
  })

  it('not by the caterer when a search for venues finds the same one', async () => {
    const { orders, party } = await rerun('the venue may cost $1400')
    expect(typed(orders)).toEqual({ venue: 'rerun' })
    expect(party.state.plan?.completionPercent).toBe(100)
  })
})

test('a search that is ordered anew while it runs is finished once, for the newer order', async () => {
  const { directory, release } = townSilentFor('theme')
  const { runtime, heard } = await startPlanner({ directory })
  const party = await runtime.parties.create({ inputs: ['jungle theme'] })
  await settle()
  expect(party.state.agents.theme?.status).toBe('running')
  await party.addInput('space theme')
  await settle()
  expect(heard.orders).toHaveLength(2)
  release()
  await party.idle()
  expect(heard.completions).toMatchObject([{ agentName: 'theme', executionId: 'exec-2', result: { name: 'space' } }])
})

test('a completion or failure of an order that a newer one has replaced changes nothing', async () => {
  const { runtime, heard, party } = await planned(sample)
  const [first] = heard.completions
  expect(first?.agentName).toBe('theme')
  await party.addInput('make it a space theme')
  await party.idle()
  const orders = heard.orders.length
  const before = outcomeOf(party.state)
  if (first) await runtime.bus.publish(agentCompleted(first), { party: party.id })
  await runtime.bus.publish(
    agentFailed({ agentName: 'theme', executionId: 'exec-1', error: 'late', errorType: 'timeout', retryCount: 0 }),
    { party: party.id },
  )
  await party.idle()
  expect(outcomeOf(party.state)).toEqual(before)
  expect(party.state.agents.theme?.status).toBe('completed')
  expect(heard.orders).toHaveLength(orders)
})
