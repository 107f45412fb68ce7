import { deepEqual, equal, ok } from 'node:assert/strict'
import { agentCompleted, agentShouldExecute, partyPlanner } from 'troupe/agents'
import { defineScenario } from '../stage/scenario.ts'

export const scenario = defineScenario({
  id: 'jungle-party',
  title: 'A jungle party for 75 guests',
  shows:
    'Eight agents plan a party together. Each one searches when those whose results it uses are done, and nobody tells them in which order.',
  seed: 1,
  runtime: { party: partyPlanner },
  steps: [
    {
      does: 'A family says what it wants, in six sentences.',
      run: ({ runtime }) =>
        runtime.parties.create({
          id: 'jungle',
          inputs: [
            'jungle theme party for 75 guests',
            'outdoor venue downtown under $1500',
            'two tier vegan chocolate cake',
            'photographer and balloons',
            'buffet, two guests are gluten free',
            'we want to spend at most $3000',
          ],
        }),
      idle: true,
    },
  ],
  asserts: [
    {
      that: 'The plan is complete.',
      check: ({ runtime }) => {
        const { plan, status } = runtime.parties.get('jungle').state
        deepEqual([plan?.completionPercent, status], [100, 'completed'])
      },
    },
    {
      that: 'There is a theme before anybody looks for a venue, a cake or people to hire.',
      check: ({ said }) => {
        const theme = said(agentCompleted).find(({ data }) => data.agentName === 'theme')
        const ordered = said(agentShouldExecute).filter(({ data }) =>
          ['venue', 'cake', 'vendor'].includes(data.agentName),
        )
        equal(new Set(ordered.map(({ data }) => data.agentName)).size, 3)
        for (const { seq } of ordered) ok(theme && theme.seq < seq)
      },
    },
    {
      that: 'There is a venue before anybody looks for a caterer.',
      check: ({ said }) => {
        const venue = said(agentCompleted).find(({ data }) => data.agentName === 'venue')
        const catering = said(agentShouldExecute).find(({ data }) => data.agentName === 'catering')
        ok(venue && catering && venue.seq < catering.seq)
      },
    },
    {
      that: 'Those who are hired have confirmed what they charge: the desk that all parties share was asked.',
      check: ({ runtime }) => equal(runtime.parties.get('jungle').state.results.vendor?.prices, 'confirmed'),
    },
    {
      that: 'The budget rests on all that costs money, and says that it may go over the limit.',
      check: ({ runtime }) => {
        const { budget } = runtime.parties.get('jungle').state
        deepEqual(
          [budget?.basedOnAgents, budget?.limit, budget?.withinLimit],
          [['venue', 'cake', 'catering', 'vendor'], 3_000, false],
        )
      },
    },
  ],
})
