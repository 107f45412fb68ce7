import { deepEqual, equal } from 'node:assert/strict'
import { agentCompleted, agentDataRemoved, agentShouldExecute, partyPlanner } from 'troupe/agents'
import { defineScenario } from '../stage/scenario.ts'

const wishes = [
  { inputId: 'theme', content: 'jungle theme party for 75 guests' },
  { inputId: 'venue', content: 'outdoor venue downtown under $1500' },
  { inputId: 'cake', content: 'two tier vegan chocolate cake' },
  { inputId: 'food', content: 'buffet, two guests are gluten free' },
]

export const scenario = defineScenario({
  id: 'add-remove-cascade',
  title: 'A party whose theme is taken back',
  shows:
    'Removing an input removes what stood on it, and repeats what used that, in order. What does not depend on it is not touched.',
  seed: 1,
  runtime: { party: partyPlanner },
  steps: [
    {
      does: 'A family wants a theme, a venue, a cake and food.',
      run: ({ runtime }) => runtime.parties.create({ id: 'garden', inputs: wishes }),
      idle: true,
    },
    {
      does: 'It does not want the theme any more.',
      run: ({ runtime }) => runtime.parties.get('garden').removeInput('theme'),
      idle: true,
    },
    {
      does: 'It wants another one.',
      run: ({ runtime }) =>
        runtime.parties.get('garden').addInput({ inputId: 'other', content: 'space theme, 40 guests' }),
      idle: true,
    },
    {
      does: 'It does not want the cake any more.',
      run: ({ runtime }) => runtime.parties.get('garden').removeInput('cake'),
      idle: true,
    },
  ],
  asserts: [
    {
      that: 'No result is left whose input is gone.',
      check: ({ runtime }) => {
        const { inputs, results } = runtime.parties.get('garden').state
        deepEqual(Array.from(inputs, ({ inputId }) => inputId).toSorted(), ['food', 'other', 'venue'])
        deepEqual(Object.keys(results).toSorted(), ['catering', 'theme', 'venue'])
        equal(results.theme?.name, 'space')
      },
    },
    {
      that: 'What is withdrawn is told once each: the theme, then the cake.',
      check: ({ said }) => {
        const told = said(agentDataRemoved).map(({ data }) => [data.agentName, data.removedInputId])
        deepEqual(told, [
          ['theme', 'theme'],
          ['cake', 'cake'],
        ])
      },
    },
    {
      that: 'Without the theme, those who used it search again.',
      check: ({ said }) => {
        const [withdrawn] = said(agentDataRemoved)
        const again = said(agentShouldExecute)
          .filter(({ causationid }) => causationid !== undefined && causationid === withdrawn?.causationid)
          .map(({ data }) => `${data.executionType} ${data.agentName}`)
        deepEqual(again, ['rerun venue', 'rerun cake'])
      },
    },
    {
      that: 'Each theme had a cake of its own, and so had the time without one.',
      check: ({ said }) => {
        const cakes = said(agentCompleted).flatMap(({ data }) => (data.agentName === 'cake' ? [data.result] : []))
        deepEqual(
          cakes.map(({ decorations: [first] }) => first),
          ['animal figurines', undefined, 'galaxy frosting'],
        )
      },
    },
    {
      that: 'Nobody searches because the cake is gone.',
      check: ({ said }) => {
        const withdrawn = said(agentDataRemoved).at(-1)
        const after = said(agentShouldExecute).filter(({ seq }) => withdrawn && seq > withdrawn.seq)
        deepEqual(withdrawn && after, [])
      },
    },
    {
      that: 'The budget and the plan rest on what is left, and name the cake among what is missing.',
      check: ({ runtime }) => {
        const { budget, plan } = runtime.parties.get('garden').state
        deepEqual(
          [budget?.basedOnAgents, budget?.missing],
          [
            ['venue', 'catering'],
            ['cake', 'vendor'],
          ],
        )
        deepEqual([plan?.activeAgents, plan?.missingAgents], [['theme', 'venue', 'catering'], ['cake']])
      },
    },
  ],
})
