import { taskCompleted } from 'troupe/agents'
import { describe, expect, it } from 'vitest'
import { planned, sample } from './support.ts'

describe('the plan', () => {
  it('is 60 % complete with theme and venue found, and cake and food missing, and lists 12 tasks', async () => {
    const { party } = await planned(['jungle theme', 'a venue downtown for 75 guests'])
    expect(party.state.plan).toMatchObject({
      completionPercent: 60,
      activeAgents: ['theme', 'venue'],
      missingAgents: ['cake', 'catering'],
      checklistSummary: { totalTasks: 12, completedTasks: 0, pendingTasks: 12 },
    })
  })

  it.each([
    [['balloons'], 20],
    [['jungle theme'], 20],
    [['vegan cake'], 40],
    [['jungle theme', 'vegan cake', 'buffet'], 80],
    [['jungle theme', 'vegan cake', 'buffet', 'a venue'], 100],
  ])('of %j is %d %% complete', async (inputs, percent) => {
    const { party } = await planned(inputs)
    expect(party.state.plan?.completionPercent).toBe(percent)
  })

  it('names at most five next steps', async () => {
    const { heard } = await planned(sample)
    for (const { nextSteps } of heard.plans) expect(nextSteps.length).toBeLessThanOrEqual(5)
  })

  it('is not told again when nothing in it has changed', async () => {
    const { heard, party } = await planned(sample)
    const plans = heard.plans.map(plan => JSON.stringify(plan))
    expect(plans.filter((plan, index) => plan === plans[index - 1])).toEqual([])
    await party.addInput('a venue, please')
    await party.idle()
    expect(heard.plans).toHaveLength(plans.length)
  })

  it('moves the party from planning to completed, and back when something is missing again', async () => {
    const { party } = await planned(sample)
    expect(party.state.status).toBe('completed')
    await party.removeInput('cake')
    await party.idle()
    expect(party.state.status).toBe('planning')
  })
})

describe('the checklist', () => {
  it('has a task ticked off when somebody tells so', async () => {
    const { runtime, party } = await planned(sample)
    await runtime.bus.publish(taskCompleted({ taskId: 'cake-order' }), { party: party.id })
    await party.idle()
    const done = party.state.plan?.checklist.filter(task => task.done).map(({ id }) => id)
    expect(done).toEqual(['cake-order'])
    expect(party.state.plan?.checklistSummary).toEqual({ totalTasks: 12, completedTasks: 1, pendingTasks: 11 })
    expect(party.state.plan?.nextSteps.join()).not.toContain('Order the cake')
  })

  it('counts a task once, however often it is told', async () => {
    const { runtime, party } = await planned(sample)
    for (const taskId of ['cake-order', 'cake-order', 'venue-book'])
      await runtime.bus.publish(taskCompleted({ taskId }), { party: party.id })
    await party.idle()
    expect(party.state.plan?.checklistSummary.completedTasks).toBe(2)
  })

  it('knows nothing of tasks that it does not list', async () => {
    const { runtime, party } = await planned(sample)
    await runtime.bus.publish(taskCompleted({ taskId: 'buy-a-horse' }), { party: party.id })
    await party.idle()
    expect(party.state.plan?.checklistSummary.completedTasks).toBe(0)
  })

  it('keeps what was ticked off when the plan is written anew', async () => {
    const { runtime, party } = await planned(sample)
    await runtime.bus.publish(taskCompleted({ taskId: 'venue-visit' }), { party: party.id })
    await party.addInput('it is for 40 guests')
    await party.idle()
    expect(party.state.plan?.checklistSummary.completedTasks).toBe(1)
  })
})

describe('the budget', () => {
  it('tells its previous total and the difference', async () => {
    const { heard } = await planned(sample)
    const [first, ...later] = heard.budgets
    expect(later.length).toBeGreaterThan(0)
    expect(first).not.toHaveProperty('previousTotal')
    let before = first?.totalBudget
    for (const { previousTotal, totalBudget, delta } of later) {
      expect(previousTotal).toEqual(before)
      expect(delta).toEqual({
        min: totalBudget.min - (before?.min ?? 0),
        max: totalBudget.max - (before?.max ?? 0),
      })
      before = totalBudget
    }
  })

  it('falls by what a removed cake would have cost', async () => {
    const { party } = await planned(sample)
    const cake = party.state.results.cake?.estimate
    await party.removeInput('cake')
    await party.idle()
    expect(party.state.budget?.delta).toEqual({ min: -(cake?.min ?? 0), max: -(cake?.max ?? 0) })
  })

  it('stands on usual prices while no agent has found anything that costs money', async () => {
    const { party } = await planned(['jungle theme for 20 guests'])
    expect(party.state.budget).toMatchObject({ basedOnAgents: [], totalBudget: { min: 1_030, max: 3_500 } })
    expect(Object.keys(party.state.budget?.breakdown ?? {})).toContain('entertainment')
    expect(party.state.budget?.totalBudget.note).toContain('usual prices')
  })

  it('stands on results alone as soon as there is one', async () => {
    const { party } = await planned(['vegan cake'])
    expect(Object.keys(party.state.budget?.breakdown ?? {})).toEqual(['cake'])
    expect(party.state.budget?.totalBudget).toEqual(party.state.results.cake?.estimate)
    expect(party.state.budget?.missing).toEqual(['venue', 'catering', 'vendor'])
  })

  it('is held against what the family wants to spend', async () => {
    const { party } = await planned([...sample, 'our budget is $3000'])
    expect(party.state.budget).toMatchObject({ limit: 3_000, withinLimit: false })
    expect(party.state.plan?.budgetSummary).toMatchObject({ limit: 3_000, withinLimit: false })
  })
})
