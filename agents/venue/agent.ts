import { defineAgent } from 'troupe'
import type { Directory } from '../party/directory.ts'
import { orders } from '../party/events.ts'
import { searchHears, searchMachine, searchSays, timedSearch } from '../party/search-machine.ts'
import { searchVenues } from './search.ts'

/** Finds a place that has room for the guests and meets the wishes of the family. */
export const venueAgent = (directory: Directory) => {
  const search = timedSearch('search-venues', async (order, { signal }) => {
    const { agentName, needs } = orders.venue.parse(order)
    return { agentName, ...searchVenues(needs, await directory.venues(signal)) }
  })
  return defineAgent({ name: 'venue', machine: searchMachine('venue', search), hears: searchHears, says: searchSays })
}
