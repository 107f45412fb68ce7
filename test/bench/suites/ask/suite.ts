import type { Goal, Suite } from '../../suite.ts'
import { askCases } from './rounds.ts'

const figure = 'requests a second'
const byHand = ['XState machines, sendTo', 'XState fromTransition']

const goals = (text: string, against: readonly string[], atLeast: number): Goal[] =>
  askCases.map(one => ({ text: `${text}, ${one}`, figure, case: one, against, atLeast }))

export const ask: Suite = {
  name: 'ask',
  title: 'Request and reply, each with a time limit',
  cases: askCases,
  figures: [{ name: figure, better: 'higher' }],
  contestants: [
    { name: 'Troupe', role: 'troupe', load: async () => (await import('./troupe.ts')).troupe },
    { name: 'promise, map, one timer', role: 'limit', load: async () => (await import('./promise.ts')).oneTimer },
    { name: 'promise, map, a timer each', role: 'limit', load: async () => (await import('./promise.ts')).timerEach },
    { name: 'XState fromTransition', role: 'peer', load: async () => (await import('./xstate.ts')).transitions },
    { name: 'XState machines, sendTo', role: 'peer', load: async () => (await import('./xstate.ts')).machines },
    { name: 'moleculer', role: 'peer', load: async () => (await import('./moleculer.ts')).moleculer },
    { name: 'nact', role: 'peer', load: async () => (await import('./nact.ts')).nact },
  ],
  goals: [
    ...goals('against the best by hand with XState', byHand, 1.5),
    ...goals('against moleculer', ['moleculer'], 2),
    ...goals('against nact', ['nact'], 4),
  ],
}
