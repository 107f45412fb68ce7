import { createRuntime } from 'troupe'
import { double, doubler } from '../../agents.ts'
import { askRounds, timeLimit } from './rounds.ts'

/** A machine agent answers, as nothing smaller can yet. */
export const troupe = askRounds(async () => {
  const runtime = await createRuntime({ agents: [doubler] }).start()
  return async n => (await runtime.ask('runtime/doubler', double, { n }, { deadline: timeLimit })).doubled
})
