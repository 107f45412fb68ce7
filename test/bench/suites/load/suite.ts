import type { Suite } from '../../suite.ts'
import { hopCases } from './hops.ts'

const floodCases = [
  '1,000,000 events, backpressure, published',
  '1,000,000 events, backpressure, said by an agent',
  '1,000,000 events, reject',
  '1,000,000 events, drop-newest',
  '1,000,000 events, drop-oldest',
  '1,000,000 events, coalesce',
]

const partyCases = ['100,000 agents in one party', '100,000 agents in 10,000 parties']

const minuteCase = '1,000 parties, 100 subscribers, 60 s'

export const load: Suite = {
  name: 'load',
  title: 'Tokens through many agents; more events than fit at one busy agent; many agents in parties; a minute of work',
  cases: [...hopCases, ...floodCases, ...partyCases, minuteCase],
  smokeCases: [...hopCases, ...floodCases.slice(0, 2), ...partyCases, minuteCase],
  // A case takes up to a minute, and what is asked for is not a matter of a few per cent.
  rounds: 1,
  figures: [
    { name: 'per second', better: 'higher' },
    { name: 'p99 ms', better: 'lower' },
    { name: 'MB grown', better: 'lower' },
    { name: 'µs an agent', better: 'lower' },
    { name: 'bytes an agent', better: 'lower' },
    { name: 'missing', better: 'lower' },
    { name: 'out of order', better: 'lower' },
  ],
  contestants: [
    { name: 'Troupe', role: 'troupe', load: async () => (await import('./troupe.ts')).troupe },
    { name: 'XState, a queue by hand', role: 'limit', load: async () => (await import('./xstate-hops.ts')).xstateHops },
  ],
  goals: [
    ...[...hopCases, minuteCase].map(
      one => ({ text: `event-loop delay, ${one}`, of: 'figure', figure: 'p99 ms', case: one, atMost: 50 }) as const,
    ),
    ...floodCases.map(
      one =>
        ({ text: `MB grown from 100,000, ${one}`, of: 'figure', figure: 'MB grown', case: one, atMost: 10 }) as const,
    ),
    { text: `missing, ${minuteCase}`, of: 'figure', figure: 'missing', case: minuteCase, atMost: 0 },
    { text: `out of order, ${minuteCase}`, of: 'figure', figure: 'out of order', case: minuteCase, atMost: 0 },
  ],
}
