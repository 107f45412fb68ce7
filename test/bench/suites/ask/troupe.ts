import { createRuntime } from 'troupe'
import { double } from '../../agents.ts'
import { askRounds, timeLimit } from './rounds.ts'

/** A handler answers; asks to machine agents are in the suite `agent`. */
export const troupe = askRounds(async () => {
  const runtime = await createRuntime().start()
  const { address } = runtime.handle(double, ({ n }) => ({ doubled: n * 2 }))
  return async n => (await runtime.ask(address, double, { n }, { deadline: timeLimit })).doubled
})
