import type { Suite } from '../../suite.ts'

const figure = 'per second'
const against = ['bare XState']

const cases = [
  'event to one agent',
  'event to one agent, journalled',
  'events to 1,000 agents in turn',
  'agent asks agent by events',
  'agent asks agent by events, journalled',
  'ask, one at a time',
  'ask, one at a time, journalled',
  'ask, 1,000 in flight',
]

export const agent: Suite = {
  name: 'agent',
  title: 'Events and asks to machine agents, through bus, mailbox and step',
  cases,
  figures: [{ name: figure, better: 'higher' }],
  contestants: [
    { name: 'Troupe', role: 'troupe', load: async () => (await import('./troupe.ts')).troupe },
    { name: 'bare XState', role: 'limit', load: async () => (await import('./xstate.ts')).xstate },
  ],
  goals: cases.map(one => ({ text: one, figure, case: one, against, atLeast: 0.8 })),
}
