import type { Suite } from '../../suite.ts'
import { journalCases } from './rounds.ts'

const figure = 'events a second'
const byFile = 'file, fdatasync'
const [hundred = '', thousand = ''] = journalCases

export const journal: Suite = {
  name: 'journal',
  title: 'Frames appended one after the other, each on the disk before the next; serialising included',
  cases: journalCases,
  figures: [
    { name: figure, better: 'higher' },
    { name: 'ms an append', better: 'lower' },
  ],
  contestants: [
    { name: 'Troupe, SQLite', role: 'troupe', load: async () => (await import('./troupe.ts')).troupe },
    { name: byFile, role: 'limit', load: async () => (await import('./file.ts')).file },
    {
      name: 'node:sqlite by hand',
      role: 'limit',
      load: async () => (await import('./sqlite-by-hand.ts')).sqliteByHand,
    },
  ],
  goals: [
    { text: `against a file, ${hundred}`, figure, case: hundred, against: [byFile], atLeast: 0.9 },
    { text: `against a file, ${thousand}`, figure, case: thousand, against: [byFile], atLeast: 0.25 },
  ],
}
