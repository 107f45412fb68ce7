import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { briefOf } from '../../../agents/input-analyzer/brief.ts'
import { classify } from '../../../agents/input-analyzer/classify.ts'
import { extract } from '../../../agents/input-analyzer/extract.ts'
import { dependsOn, needsOf, partyLimit, priorityOf } from '../../../agents/party/dependencies.ts'
import { builtInDirectory } from '../../../agents/party/directory.ts'
import { needs, type SearchAgent, searchAgents } from '../../../agents/party/schemas.ts'
import { searchTheme } from '../../../agents/theme/search.ts'
import { searchVenues } from '../../../agents/venue/search.ts'

const briefly = (...contents: string[]) =>
  briefOf(
    contents.map((content, index) => ({
      inputId: `inp_${index}`,
      categories: classify({ content }).categories,
      facts: extract(content, { today: '2026-11-21' }),
    })),
  )
const theme = searchTheme({ theme: 'jungle', words: ['jungle'] }, await builtInDirectory.themes()).result
const general = searchTheme({ words: [] }, await builtInDirectory.themes()).result
const venue = searchVenues({ guests: 50, guestsKnown: false }, await builtInDirectory.venues()).result

test.each<[SearchAgent, number, SearchAgent[]]>([
  ['theme', 1, []],
  ['venue', 2, ['theme']],
  ['cake', 2, ['theme']],
  ['catering', 3, ['venue']],
  ['vendor', 3, ['theme']],
])('%s has priority %d and depends on %j', (agent, priority, givers) => {
  expect(priorityOf(agent)).toBe(priority)
  expect(dependsOn(agent)).toEqual(givers)
})

test('the budget depends on everything that costs money', () => {
  expect(dependsOn('budget')).toEqual(['venue', 'cake', 'catering', 'vendor'])
})

describe('the needs of an agent', () => {
  it('do not exist while no input asks for it', () => {
    for (const agent of searchAgents) expect(needsOf(agent, briefly('for 20 guests'), { theme, venue })).toBeUndefined()
  })

  it('assume 50 guests until somebody says a number', () => {
    expect(needsOf('venue', briefly('a venue'), {})).toEqual({ guests: 50, guestsKnown: false })
    expect(needsOf('venue', briefly('a venue for 20 guests'), {})).toEqual({ guests: 20, guestsKnown: true })
  })

  it('carry what the agents before it have found', () => {
    const brief = briefly('a venue', 'cake', 'buffet', 'balloons')
    expect(needsOf('venue', brief, { theme })?.theme).toBe('jungle')
    expect(needsOf('cake', brief, { theme })).toMatchObject({
      theme: 'jungle',
      decorations: ['animal figurines', 'leaf patterns', 'safari colors'],
    })
    expect(needsOf('vendor', brief, { theme })?.theme).toBe('jungle')
    expect(needsOf('catering', brief, { venue })?.venue?.name).toBe('Crystal Ballroom')
  })

  it('hold no theme wish while the theme is only the general one', () => {
    expect(needsOf('venue', briefly('a venue'), { theme: general })).not.toHaveProperty('theme')
  })

  it('stay the same when something changes that the agent does not use', () => {
    const venueNeeds = (...contents: string[]) => JSON.stringify(needsOf('venue', briefly('a venue', ...contents), {}))
    expect(venueNeeds('vegan cake', 'dj', 'buffet')).toBe(venueNeeds())
    expect(venueNeeds('40 guests')).not.toBe(venueNeeds())
  })

  it('are equal as JSON in whatever order the wishes were said', () => {
    const wishes = [
      'lemon cake',
      'vegan chocolate cake',
      'balloons',
      'dj and photographer',
      'halal food',
      'vegan buffet',
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(wishes, { minLength: wishes.length }), shuffled => {
        for (const agent of searchAgents) {
          const one = needsOf(agent, briefly(...wishes), { theme })
          const other = needsOf(agent, briefly(...shuffled), { theme })
          expect(JSON.stringify(other)).toBe(JSON.stringify(one))
          if (one !== undefined) expect(needs[agent].parse(one)).toEqual(one)
        }
      }),
    )
  })

  it('ask for a vegan cake only if the cake or everybody is vegan, but always for one without nuts', () => {
    const diets = (...contents: string[]) => needsOf('cake', briefly('cake', ...contents), {})?.dietary
    expect(diets('two guests are vegan')).toEqual([])
    expect(diets('we are all vegan')).toEqual(['vegan'])
    expect(diets('vegan cake')).toEqual(['vegan'])
    expect(diets('vegan buffet')).toEqual([])
    expect(diets('one kid has a nut allergy')).toEqual(['nut-free'])
  })

  it('ask for a cake without whatever somebody is allergic to, unless no cake holds it', () => {
    const diets = (...contents: string[]) => needsOf('cake', briefly('cake', ...contents), {})?.dietary
    expect(diets('two kids are allergic to eggs')).toEqual(['egg-free'])
    expect(diets('two kids are allergic to eggs', 'two guests need egg-free food')).toEqual(['egg-free'])
    expect(diets('we are allergic to shellfish')).toEqual([])
  })

  it('tell the caterer how many guests need a diet, unless all of them do', () => {
    const diets = (...contents: string[]) => needsOf('catering', briefly('buffet', ...contents), {})?.dietary
    expect(diets('two guests are vegan')).toEqual([{ need: 'vegan', guests: 2 }])
    expect(diets('two guests are vegan', 'vegan buffet')).toEqual([{ need: 'vegan' }])
    expect(diets('vegan cake')).toEqual([])
  })

  it('take the limit of the whole party where nothing else is said', () => {
    const brief = briefly('venue', 'cake under $90', 'photographer under $300 and a dj', 'total budget $1000')
    expect(needsOf('venue', brief, {})?.maxPerDay).toBe(1000)
    expect(needsOf('cake', brief, {})?.maxPrice).toBe(90)
    expect(needsOf('vendor', brief, {})).toMatchObject({ maxPrice: 1000, maxPrices: { photography: 300 } })
  })
})

test('a limit per person is multiplied by the guests', () => {
  expect(partyLimit(briefly('party for $40 per person, 20 guests'))).toBe(800)
  expect(partyLimit(briefly('total budget $900'))).toBe(900)
  expect(partyLimit(briefly('20 guests'))).toBeUndefined()
})
