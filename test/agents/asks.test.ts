import { agentTypes, defineAgent, defineParty } from 'troupe'
import {
  agentCompleted,
  agentFailed,
  agentShouldExecute,
  builtInDirectory,
  guestCount,
  inputAdded,
  inputRemoved,
  quotesSilenced,
} from 'troupe/agents'
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { cateringAgent } from '../../agents/catering/agent.ts'
import { guestCountDeadline } from '../../agents/catering/machine.ts'
import { quotesDeadline } from '../../agents/vendor/machine.ts'
import { settle, startRuntime } from '../support/runtime.ts'
import { planned, startPlanner, townSilentFor, townWith } from './support.ts'

describe('the catering agent', () => {
  const context = { unanswered: 0 }
  const hears = [guestCount]
  const says = [guestCount]
  const silentAnalyzer = defineAgent({
    name: 'input-analyzer',
    machine: setup({
      types: agentTypes({ context, hears, says }),
      actions: { leave: assign(({ context: { unanswered } }) => ({ unanswered: unanswered + 1 })) },
    }).createMachine({ id: 'input-analyzer', context, on: { 'guests.count': { actions: 'leave' } } }),
    hears,
    says,
  })
  const partyOf = (...agents: (typeof silentAnalyzer | ReturnType<typeof cateringAgent>)[]) =>
    defineParty({
      name: 'hungry',
      agents,
      events: [],
      inputs: { added: inputAdded, removed: inputRemoved },
      state: { initial: {}, on: {} },
    })
  const order = agentShouldExecute({
    agentName: 'catering',
    executionId: 'exec-1',
    executionType: 'start',
    inputIds: [],
    priority: 3,
    reason: 'Somebody is hungry.',
    needs: { guests: 30, guestsKnown: true, dietary: [] },
  })

  it('fails after 5 seconds when the input analyzer does not say how many guests come', async () => {
    const { runtime, clock } = await startRuntime({ party: partyOf(silentAnalyzer, cateringAgent(builtInDirectory)) })
    const party = await runtime.parties.create()
    await runtime.bus.publish(order, { party: party.id })
    await settle()
    expect(runtime.bus.metrics().pendingAsks).toBe(1)
    clock.advance(guestCountDeadline - 1)
    expect(runtime.bus.metrics().pendingAsks).toBe(1)
    clock.advance(1)
    expect(await party.idle()).toEqual({ reason: 'settled', waitingFor: [] })
    expect(guestCountDeadline).toBe(5_000)
    expect(runtime.bus.history({ type: agentFailed.type }).map(({ data }) => data)).toEqual([
      {
        agentName: 'catering',
        executionId: 'exec-1',
        error: expect.stringContaining('guests.count'),
        errorType: 'timeout',
        retryCount: 0,
      },
    ])
    expect(party.agent('catering').snapshot()?.value).toBe('failed')
  })

  it('fails as broken inside when there is nobody to ask', async () => {
    const { runtime } = await startRuntime({ party: partyOf(cateringAgent(builtInDirectory)) })
    const party = await runtime.parties.create()
    await runtime.bus.publish(order, { party: party.id })
    await party.idle()
    expect(runtime.bus.history({ type: agentFailed.type })).toMatchObject([{ data: { errorType: 'internal' } }])
  })

  it('tries again on the next order', async () => {
    const { runtime, clock } = await startRuntime({ party: partyOf(silentAnalyzer, cateringAgent(builtInDirectory)) })
    const party = await runtime.parties.create()
    for (const tries of [1, 2]) {
      await runtime.bus.publish(order, { party: party.id })
      await settle()
      expect(runtime.bus.metrics().pendingAsks).toBe(1)
      clock.advance(guestCountDeadline)
      await party.idle()
      expect(runtime.bus.history({ type: agentFailed.type })).toHaveLength(tries)
    }
    expect(runtime.bus.history({ type: agentCompleted.type })).toEqual([])
  })
})

describe('the input analyzer', () => {
  it('answers anybody who asks how many guests come', async () => {
    const { runtime, party } = await planned(['a party for 75 guests'])
    const answer = await runtime.ask(`party/${party.id}/input-analyzer`, guestCount, { why: 'chairs' })
    expect(answer).toEqual({ guests: 75, known: true })
  })

  it('answers with 50 while nobody has said a number', async () => {
    const { party } = await planned(['vegan cake'])
    expect(await party.agent('input-analyzer').ask(guestCount, { why: 'chairs' })).toEqual({ guests: 50, known: false })
  })
})

describe('the vendor agent', () => {
  const silenced = async (silent: boolean, runtime: Awaited<ReturnType<typeof startPlanner>>['runtime']) => {
    await runtime.bus.publish(quotesSilenced({ silent }))
    await runtime.idle()
  }
  const withoutQuotes = async () => {
    const { runtime, clock, heard } = await startPlanner()
    await silenced(true, runtime)
    const party = await runtime.parties.create({ inputs: ['photographer and balloons'] })
    await settle()
    expect(runtime.bus.metrics().pendingAsks).toBe(1)
    clock.advance(quotesDeadline)
    await party.idle()
    return { runtime, clock, heard, party }
  }

  it('asks the quotes desk for prices that stand', async () => {
    const { party } = await planned(['photographer and balloons'])
    expect(party.state.results.vendor).toMatchObject({ prices: 'confirmed', choices: [{}, {}] })
    expect(party.state.agents.vendor?.confidence).toBe(0.8)
    for (const { best } of party.state.results.vendor?.choices ?? []) expect(best.confirmed).toBe(true)
  })

  it('is told of more on a Saturday', async () => {
    const { party } = await planned(['photographer and balloons', 'on December 5'])
    for (const { best } of party.state.results.vendor?.choices ?? [])
      expect(best.price).toBe(Math.round(best.listPrice * 1.1))
  })

  it('keeps list prices, marked as unconfirmed, when the desk does not answer within 5 seconds', async () => {
    const { party, heard } = await withoutQuotes()
    expect(quotesDeadline).toBe(5_000)
    expect(party.state.results.vendor?.prices).toBe('unconfirmed')
    for (const { best, alternative } of party.state.results.vendor?.choices ?? [])
      for (const option of [best, alternative])
        expect(option).toMatchObject({ confirmed: false, price: option?.listPrice })
    expect(party.state.agents.vendor).toMatchObject({ status: 'completed', confidence: 0.6 })
    expect(heard.failures).toEqual([])
  })

  it('makes the budget wider, and the plan say so, while prices are unconfirmed', async () => {
    const { party } = await withoutQuotes()
    const listed = party.state.results.vendor?.choices.reduce((sum, { best }) => sum + best.listPrice, 0) ?? 0
    expect(party.state.budget?.breakdown.vendor).toEqual({
      min: listed * 0.8,
      max: listed * 1.2,
      note: expect.stringContaining('Not confirmed yet'),
    })
    expect(party.state.plan?.recommendations).toContainEqual({
      category: 'vendor',
      priority: 'low',
      description: expect.stringContaining('not confirmed yet'),
    })
  })

  it('has its prices confirmed when it searches again and the desk is back', async () => {
    const { runtime, party } = await withoutQuotes()
    await silenced(false, runtime)
    await party.addInput('a clown')
    await party.idle()
    expect(party.state.results.vendor?.prices).toBe('confirmed')
    expect(party.state.agents.vendor?.confidence).toBe(0.8)
  })

  it('keeps list prices when the desk cannot read its own directory', async () => {
    let asked = 0
    const directory = townWith({
      vendors: async () => {
        asked++
        if (asked === 2) throw new Error('The town hall is closed.')
        return builtInDirectory.vendors()
      },
    })
    const { runtime, clock } = await startPlanner({ directory })
    const party = await runtime.parties.create({ inputs: ['balloons'] })
    await settle()
    expect(asked).toBe(2)
    expect(runtime.bus.metrics().pendingAsks).toBe(1)
    clock.advance(quotesDeadline)
    await party.idle()
    expect(party.state.results.vendor?.prices).toBe('unconfirmed')
    await party.addInput('a clown')
    await party.idle()
    expect(party.state.results.vendor?.prices).toBe('confirmed')
  })

  it('that is called off while it waits for prices tells nothing', async () => {
    const { runtime, heard } = await startPlanner()
    await silenced(true, runtime)
    const party = await runtime.parties.create({ inputs: [{ inputId: 'vendor', content: 'balloons' }] })
    await settle()
    expect(runtime.bus.metrics().pendingAsks).toBe(1)
    await party.removeInput('vendor')
    await party.idle()
    expect(runtime.bus.metrics().pendingAsks).toBe(0)
    expect(heard.completions).toEqual([])
    expect(party.state.results).toEqual({})
  })

  it('of one party does not wait for the desk longer because that of another does', async () => {
    const { runtime, clock } = await startPlanner({ directory: townSilentFor('venue').directory })
    await silenced(true, runtime)
    const parties = await Promise.all(
      [1, 2, 3].map(() => runtime.parties.create({ inputs: ['photographer and balloons'] })),
    )
    await settle()
    expect(runtime.bus.metrics().pendingAsks).toBe(3)
    clock.advance(quotesDeadline)
    for (const party of parties) {
      await party.idle()
      expect(party.state.results.vendor?.prices).toBe('unconfirmed')
    }
  })
})
