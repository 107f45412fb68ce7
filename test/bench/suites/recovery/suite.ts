import type { Suite } from '../../suite.ts'
import { recoveryCase } from './sizes.ts'

export const recovery: Suite = {
  name: 'recovery',
  title: 'What a run has left that was killed, read back and taken up by the next one',
  cases: [recoveryCase],
  // Two million events are written first.
  rounds: 1,
  patience: 3,
  figures: [
    { name: 'decoded a second', better: 'higher' },
    { name: 'applied a second', better: 'higher' },
    { name: 'ready s', better: 'lower' },
  ],
  contestants: [
    { name: 'Troupe', role: 'troupe', load: async () => (await import('./troupe.ts')).troupe },
    {
      name: 'node:sqlite by hand',
      role: 'limit',
      load: async () => (await import('./sqlite-by-hand.ts')).sqliteByHand,
    },
  ],
  goals: [
    { text: 'events decoded', of: 'figure', figure: 'decoded a second', case: recoveryCase, atLeast: 600_000 },
    {
      text: 'events applied to states',
      of: 'figure',
      figure: 'applied a second',
      case: recoveryCase,
      atLeast: 200_000,
    },
    { text: 'seconds until all are ready', of: 'figure', figure: 'ready s', case: recoveryCase, atMost: 10 },
  ],
}
