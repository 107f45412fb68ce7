import type { Cases, Goal, Suite } from '../../suite.ts'
import { alone, together } from './rounds.ts'
import { updateCases } from './updates.ts'

const figure = 'per second'
const many = updateCases[1] ?? ''
const onSqlite = 'Troupe on SQLite'
const stateAlone = 'Troupe, the state alone'

const atOnce = (text: string, against: string, atLeast: number): Goal => ({
  text: `${text}, ${together}`,
  figure,
  case: together,
  against: [against],
  atLeast,
})

export const party: Suite = {
  name: 'party',
  title:
    'A party from its first input to its plan, in eight steps, five of them at the same time; changes of its state',
  cases: [together, alone, ...updateCases],
  smokeCases: [together, alone, ...updateCases.slice(0, 2)],
  figures: [
    { name: figure, better: 'higher' },
    { name: 'p50 ms', better: 'lower' },
    { name: 'p99 ms', better: 'lower' },
    { name: 'p99 / p50', better: 'lower' },
    { name: 'syncs more', better: 'lower' },
    { name: 'kept', better: 'higher' },
  ],
  contestants: [
    {
      name: 'Troupe',
      role: 'troupe',
      load: async (): Promise<Cases> => ({
        ...(await import('./troupe.ts')).inMemory,
        ...(await import('./troupe-updates.ts')).throughTheDoor,
      }),
    },
    { name: onSqlite, role: 'troupe', load: async () => (await import('./troupe-sqlite.ts')).onSqlite },
    {
      name: 'Troupe, searches as effects',
      role: 'troupe',
      load: async () => (await import('./troupe.ts')).searchesOutside,
    },
    { name: stateAlone, role: 'troupe', load: async () => (await import('./troupe-updates.ts')).stateAlone },
    { name: 'Mastra workflow', role: 'peer', load: async () => (await import('./mastra.ts')).mastra },
    { name: 'LangGraph', role: 'peer', load: async () => (await import('./langgraph.ts')).langgraph },
    { name: 'XState, parallel invoke', role: 'peer', load: async () => (await import('./xstate.ts')).xstate },
    { name: 'nact, 8 shared actors', role: 'peer', load: async () => (await import('./nact.ts')).nact },
    { name: '@xstate/store, spread', role: 'peer', load: async () => (await import('./xstate-store.ts')).xstateStore },
    { name: 'promises', role: 'floor', load: async () => (await import('./promises.ts')).promises },
  ],
  goals: [
    atOnce('against Mastra', 'Mastra workflow', 1.2),
    atOnce('against LangGraph', 'LangGraph', 8),
    atOnce('against XState', 'XState, parallel invoke', 0.8),
    atOnce('against nact, one day', 'nact, 8 shared actors', 1),
    {
      text: `on SQLite against in memory, ${together}`,
      who: onSqlite,
      figure,
      case: together,
      against: ['Troupe'],
      atLeast: 0.5,
    },
    {
      text: `on SQLite: syncs more than in memory, ${alone}`,
      who: onSqlite,
      of: 'figure',
      figure: 'syncs more',
      case: alone,
      atMost: 2,
    },
    ...updateCases.slice(1).flatMap(one =>
      ['Troupe', stateAlone].map(
        who =>
          ({
            text: `${who}: speed kept, ${one}`,
            who,
            of: 'figure',
            figure: 'kept',
            case: one,
            atLeast: 0.5,
          }) as const,
      ),
    ),
    {
      text: `the state alone against @xstate/store, ${many}`,
      who: stateAlone,
      figure,
      case: many,
      against: ['@xstate/store, spread'],
      atLeast: 1,
    },
    { text: `slowest to middle, ${together}`, of: 'figure', figure: 'p99 / p50', case: together, atMost: 5 },
  ],
}
