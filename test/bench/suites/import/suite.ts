import type { Suite } from '../../suite.ts'

const inNew = 'in a new process'

export const imports: Suite = {
  name: 'import',
  title: 'The package, imported',
  cases: [inNew],
  figures: [
    { name: 'ms', better: 'lower' },
    { name: 'ms more', better: 'lower' },
  ],
  contestants: [
    { name: 'Troupe', role: 'troupe', load: async () => (await import('./rounds.ts')).troupe },
    { name: 'zod and xstate alone', role: 'limit', load: async () => (await import('./rounds.ts')).zodAndXState },
  ],
  goals: [
    { text: 'more than zod and xstate, which it stands on', figure: 'ms more', case: inNew, of: 'figure', atMost: 60 },
  ],
}
