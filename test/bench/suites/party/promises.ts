import { partyRounds } from './rounds.ts'
import { analyse, find, inputFor, plan, searches, total } from './work.ts'

/** The steps as async functions, and nothing around them. */
export const promises = partyRounds(() => ({
  async plan(guests) {
    const brief = await (async () => analyse(inputFor(guests)))()
    const found = await Promise.all(searches.map(async search => find(search, brief)))
    const sum = await (async () => total(found))()
    return await (async () => plan(sum))()
  },
}))
