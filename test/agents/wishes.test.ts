import { describe, expect, it, test } from 'vitest'
import { planned } from './support.ts'

describe('the number of guests', () => {
  it('is 50 until somebody says one, and the plan asks for it', async () => {
    const { party } = await planned(['a venue', 'vegan cake', 'buffet'])
    const { results, plan } = party.state
    expect(results).toMatchObject({ venue: { guests: 50 }, cake: { guests: 50 }, catering: { guests: 50 } })
    expect(plan?.nextSteps).toContain('Tell us how many guests come.')
  })

  it('is what anybody says about it, whatever else the input is about', async () => {
    const { party } = await planned(['vegan cake for 24 guests', 'a venue', 'buffet'])
    const { results, brief } = party.state
    expect(results).toMatchObject({ venue: { guests: 24 }, cake: { guests: 24 }, catering: { guests: 24 } })
    expect(brief?.guests?.value).toBe(24)
  })

  it('is no number that cannot be meant, and the plan says what was not used', async () => {
    const { party } = await planned(['a venue for 9000 guests'])
    expect(party.state.results.venue?.guests).toBe(50)
    expect(party.state.plan?.recommendations).toContainEqual({
      category: 'clarification',
      priority: 'low',
      description: 'We did not use "9000 guests": we plan for 5 to 500 guests.',
    })
  })
})

describe('two inputs that contradict each other', () => {
  it('leave the later one standing', async () => {
    const { party } = await planned(['a venue for 75 guests', 'it is for 40 guests'])
    expect(party.state.brief?.guests?.value).toBe(40)
    expect(party.state.results.venue?.guests).toBe(40)
  })

  it('are told in the plan, with the input to remove if the later one is wrong', async () => {
    const { party } = await planned(['a venue for 75 guests', 'it is for 40 guests'])
    expect(party.state.plan?.recommendations).toContainEqual({
      category: 'clarification',
      priority: 'medium',
      description:
        'You said two things about guests: first 75, then 40. The later one counts; remove "it is for 40 guests" if it is wrong.',
    })
  })

  it('contradict no longer when one of them is removed', async () => {
    const { party } = await planned(['a venue for 75 guests'])
    const { inputId } = await party.addInput('it is for 40 guests')
    await party.idle()
    expect(party.state.brief?.contradictions).toHaveLength(1)
    await party.removeInput(inputId)
    await party.idle()
    expect(party.state.brief).toMatchObject({ guests: { value: 75 }, contradictions: [] })
    expect(party.state.results.venue?.guests).toBe(75)
  })

  it.each([
    ['jungle theme', 'space theme', 'theme'],
    ['outdoor venue', 'indoor venue', 'setting'],
    ['two tier cake', 'three tier cake', 'tiers'],
    ['buffet', 'barbecue', 'style'],
    ['on December 5', 'on December 12', 'date'],
    ['our budget is $3000', 'our budget is $2000', 'money for the party'],
  ])('are found when "%s" is followed by "%s"', async (earlier, later, subject) => {
    const { party } = await planned([earlier, later])
    expect(party.state.brief?.contradictions.map(({ field }) => field)).toEqual([expect.stringContaining(subject)])
  })

  it('are no contradiction when they say the same', async () => {
    const { party } = await planned(['a venue for 75 guests', 'we are 75 people'])
    expect(party.state.brief?.contradictions).toEqual([])
  })
})

describe('the day of the party', () => {
  it('is the next such day after today, in the summary of the plan', async () => {
    // The simulated clock starts on January 1, 2026.
    const { party } = await planned(['jungle theme', 'on December 5'])
    expect(party.state.brief?.date?.value).toBe('2026-12-05')
    expect(party.state.plan?.summary).toContain('on December 5, 2026')
  })

  it.each([
    ['on February 30', 'is not a day of the calendar'],
    ['on 2025-06-01', 'has already passed'],
    ['on 2033-06-01', 'is more than three years away'],
  ])('is not "%s"', async (content, reason) => {
    const { party } = await planned([content])
    expect(party.state.brief?.date).toBeUndefined()
    expect(party.state.brief?.ignored).toMatchObject([{ field: 'date', reason }])
  })

  it('is asked for while nobody has said it', async () => {
    const { party } = await planned(['jungle theme for 20 guests'])
    expect(party.state.plan?.nextSteps).toContain('Choose the day of the party.')
  })
})

test('a wish that no venue can meet is told as what the nearest one lacks', async () => {
  const { party } = await planned(['outdoor venue downtown under $10 for 400 guests'])
  const venue = party.state.results.venue
  expect(venue?.fits).toBe(false)
  expect(venue?.options[0]?.misses).not.toEqual([])
  expect(venue?.summary).toContain('No venue meets every wish')
  expect(party.state.agents.venue?.confidence).toBeLessThan(0.85)
})
