import { defineAgent } from 'troupe'
import type { Directory } from '../party/directory.ts'
import { orders } from '../party/events.ts'
import { searchHears, searchMachine, searchSays, timedSearch } from '../party/search-machine.ts'
import { searchCakes } from './search.ts'

/** Finds a bakery for the cake that the family wants. */
export const cakeAgent = (directory: Directory) => {
  const search = timedSearch('search-bakeries', async (order, { signal }) => {
    const { agentName, needs } = orders.cake.parse(order)
    return { agentName, ...searchCakes(needs, await directory.bakeries(signal)) }
  })
  return defineAgent({ name: 'cake', machine: searchMachine('cake', search), hears: searchHears, says: searchSays })
}
