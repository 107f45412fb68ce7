import { dispatch, query, type Reference, spawn, start } from '../../peers/nact.ts'
import { askRounds, timeLimit } from './rounds.ts'

interface Double {
  readonly n: number
  readonly sender: Reference
}

export const nact = askRounds(() => {
  const doubler = spawn(
    start(),
    (state: undefined, { n, sender }: Double) => {
      dispatch(sender, n * 2)
      return state
    },
    'doubler',
    { initialState: undefined },
  )
  return async n => Number(await query(doubler, sender => ({ n, sender }), timeLimit))
})
