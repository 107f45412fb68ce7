import type { Goal, Suite } from '../../suite.ts'
import { crowdCase, sizeCases } from './rounds.ts'

const figure = 'events a second'
const emitters = ['node EventEmitter', 'eventemitter3', 'mitt', 'rxjs Subject']

/** A bare emitter only calls; the more there is to call, the less weighs what Troupe does for each event. */
const shares = [0.15, 0.4, 0.65, 0.68]

const goals = (text: string, against: readonly string[], wanted: readonly number[]): Goal[] =>
  sizeCases.map((one, place) => ({ text: `${text}, ${one}`, figure, case: one, against, atLeast: wanted[place] ?? 0 }))

export const bus: Suite = {
  name: 'bus',
  title: 'An event that is not journalled, published to functions',
  cases: [...sizeCases, crowdCase],
  smokeCases: [...sizeCases.slice(0, 2), crowdCase],
  figures: [
    { name: figure, better: 'higher' },
    { name: 'kept', better: 'higher' },
  ],
  contestants: [
    { name: 'Troupe', role: 'troupe', load: async () => (await import('./troupe.ts')).troupe },
    { name: 'array of functions', role: 'limit', load: async () => (await import('./array.ts')).array },
    { name: 'node EventEmitter', role: 'peer', load: async () => (await import('./node.ts')).node },
    { name: 'eventemitter3', role: 'peer', load: async () => (await import('./eventemitter3.ts')).eventemitter3 },
    { name: 'mitt', role: 'peer', load: async () => (await import('./mitt.ts')).mitt },
    { name: 'rxjs Subject', role: 'peer', load: async () => (await import('./rxjs.ts')).rxjs },
    { name: 'emittery', role: 'peer', load: async () => (await import('./emittery.ts')).emittery },
    { name: 'moleculer', role: 'peer', load: async () => (await import('./moleculer.ts')).moleculer },
  ],
  goals: [
    ...goals('against the best bare emitter', emitters, shares),
    ...goals('against moleculer', ['moleculer'], [5, 5, 5, 5]),
    ...goals('against emittery', ['emittery'], [5, 5, 5, 5]),
    { text: `speed kept, ${crowdCase}`, of: 'figure', figure: 'kept', case: crowdCase, atLeast: 0.8 },
  ],
}
