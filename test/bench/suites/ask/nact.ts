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
  const ask = async (n: number) => Number(await query(doubler, sender => ({ n, sender }), timeLimit))
  // Its queries have random keys of 32 bits, so that now and then two in flight share one and the first is never answered.
  // Asked again after its limit it is; that round is then slow, and the median of the rounds does not notice.
  return n => ask(n).catch(() => ask(n))
})
