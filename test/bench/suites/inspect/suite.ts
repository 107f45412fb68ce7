import type { Suite } from '../../suite.ts'

const kept = 'kept'
const cases = ['events to 10,000 agents', 'events to 10,000 agents, journalled']
const never = 'never observed'
const noMore = 'observed no more'
const ten = 'ten observed'

export const inspect: Suite = {
  name: 'inspect',
  title: 'Events to 10,000 machine agents in turn, and what it costs that somebody looks, or could',
  cases,
  rounds: 5,
  figures: [
    { name: 'per second', better: 'higher' },
    { name: kept, better: 'higher' },
  ],
  contestants: [
    { name: noMore, role: 'troupe', load: async () => (await import('./rounds.ts')).observedNoMore },
    { name: ten, role: 'troupe', load: async () => (await import('./rounds.ts')).tenObserved },
    { name: never, role: 'limit', load: async () => (await import('./rounds.ts')).neverObserved },
  ],
  goals: cases.flatMap(one => [
    {
      text: `nobody looks any more: ${one}`,
      who: noMore,
      of: 'figure' as const,
      figure: kept,
      case: one,
      atLeast: 0.95,
    },
    { text: `ten are looked at: ${one}`, who: ten, of: 'figure' as const, figure: kept, case: one, atLeast: 0.9 },
  ]),
}
