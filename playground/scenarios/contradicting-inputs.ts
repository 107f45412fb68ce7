import { deepEqual, equal, match } from 'node:assert/strict'
import { agentFailed } from 'troupe'
import { briefUpdated, partyPlanner } from 'troupe/agents'
import { defineScenario } from '../stage/scenario.ts'

export const scenario = defineScenario({
  id: 'contradicting-inputs',
  title: 'A family that cannot agree',
  shows:
    'Inputs that contradict each other, are beyond all measure or mean nothing become questions, not crashes: the rest is planned.',
  seed: 1,
  runtime: { party: partyPlanner },
  steps: [
    {
      does: 'A family wants a jungle party for 75 guests.',
      run: ({ runtime }) => runtime.parties.create({ id: 'torn', inputs: ['jungle party for 75 guests'] }),
      idle: true,
    },
    {
      does: 'Somebody says 120 guests, somebody else 7,500.',
      run: ({ runtime }) => runtime.parties.get('torn').update({ add: ['120 guests', '7500 guests'] }),
      idle: true,
    },
    {
      does: 'A child types something.',
      run: ({ runtime }) => runtime.parties.get('torn').addInput('zzz qqq'),
      idle: true,
    },
  ],
  asserts: [
    {
      that: 'The newest number holds, and the contradiction is told.',
      check: ({ runtime }) => {
        const { brief } = runtime.parties.get('torn').state
        equal(brief?.guests?.value, 120)
        equal(brief.contradictions.length, 1)
      },
    },
    {
      that: 'What is beyond all measure is not used, and the plan says why.',
      check: ({ runtime }) => {
        const { brief, plan } = runtime.parties.get('torn').state
        deepEqual(
          brief?.ignored.map(({ text }) => text),
          ['7500 guests'],
        )
        match(JSON.stringify(plan?.recommendations), /we plan for 5 to 500 guests/)
      },
    },
    {
      that: 'The family is asked once what was not understood.',
      check: ({ said }) => {
        const questions = said(briefUpdated).flatMap(({ data }) => data.clarification ?? [])
        equal(questions.length, 1)
      },
    },
    {
      that: 'The theme is found, and nobody crashed.',
      check: ({ runtime, said }) => {
        equal(runtime.parties.get('torn').state.results.theme?.name, 'jungle')
        deepEqual(said(agentFailed), [])
      },
    },
  ],
})
