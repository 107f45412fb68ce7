import { populationCases } from '../../population.ts'
import type { Suite } from '../../suite.ts'

const against = ['XState children of one supervisor with a map']
const largest = '100,000'

export const spawn: Suite = {
  name: 'spawn',
  title: 'N machine agents (two states, one event, an assign): started all at once, then stopped together',
  cases: populationCases,
  smokeCases: populationCases.slice(0, 1),
  figures: [
    { name: 'µs a spawn', better: 'lower', grows: true },
    { name: 'µs a stop', better: 'lower', grows: true },
    { name: 'bytes an agent', better: 'lower' },
  ],
  contestants: [
    { name: 'Troupe', role: 'troupe', load: async () => (await import('./troupe.ts')).troupe },
    {
      name: 'XState children of one supervisor with a map',
      role: 'limit',
      load: async () => (await import('./xstate.ts')).children,
    },
    { name: 'XState root actors', role: 'peer', load: async () => (await import('./xstate.ts')).roots },
    { name: 'nact', role: 'peer', load: async () => (await import('./nact.ts')).nact },
    { name: 'plain class', role: 'floor', load: async () => (await import('./plain.ts')).plain },
  ],
  goals: [
    { text: 'growth of spawning', of: 'growth', figure: 'µs a spawn', case: largest, atMost: 1.1 },
    { text: 'growth of stopping', of: 'growth', figure: 'µs a stop', case: largest, atMost: 1.1 },
    { text: 'spawn, against bare XState', figure: 'µs a spawn', case: largest, against, atMost: 1.3 },
    { text: 'stop, against bare XState', figure: 'µs a stop', case: largest, against, atMost: 1.3 },
    { text: 'bytes an agent', of: 'figure', figure: 'bytes an agent', case: largest, atMost: 2.3 * 1_024 },
  ],
}
