import { dispatch, type Reference, spawn, start } from '../../peers/nact.ts'
import { type Planner, partyRounds } from './rounds.ts'
import {
  analyse,
  type Brief,
  type Found,
  find,
  inputFor,
  type Plan,
  plan,
  searches,
  type Total,
  total,
} from './work.ts'

interface About<T> {
  readonly party: number
  readonly it: T
}

/** Eight actors that all parties share, each party a number; nobody stands between them. */
function createPlanner(): Planner {
  const system = start()
  const waiting = new Map<number, (plan: Plan) => void>()
  const actor = <T>(name: string, handle: (about: About<T>) => void): Reference =>
    spawn(
      system,
      (state: undefined, about: About<T>) => {
        handle(about)
        return state
      },
      name,
      { initialState: undefined },
    )
  const planner = actor<Total>('planner', ({ party, it }) => {
    waiting.get(party)?.(plan(it))
    waiting.delete(party)
  })
  const all = new Map<number, Found[]>()
  const budget = actor<Found>('budget', ({ party, it }) => {
    const found = [...(all.get(party) ?? []), it]
    all.set(party, found)
    if (found.length < searches.length) return
    all.delete(party)
    dispatch(planner, { party, it: total(found) })
  })
  const searchers = searches.map(search =>
    actor<Brief>(search, ({ party, it }) => dispatch(budget, { party, it: find(search, it) })),
  )
  const analyzer = actor<string>('analyzer', ({ party, it }) => {
    const brief = analyse(it)
    for (const searcher of searchers) dispatch(searcher, { party, it: brief })
  })
  let parties = 0
  return {
    plan: guests =>
      new Promise(resolve => {
        const party = ++parties
        waiting.set(party, resolve)
        dispatch(analyzer, { party, it: inputFor(guests) })
      }),
  }
}

export const nact = partyRounds(createPlanner)
