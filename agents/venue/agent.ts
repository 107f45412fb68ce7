import { defineAgent } from 'troupe'
import type { Directory } from '../party/directory.ts'
import { orders } from '../party/events.ts'
import { searchHears, searchMachine, searchSays, timedSearch } from '../party/search-machine.ts'
import { searchVenues } from './search.ts'

/** Finds a place that holds the guests and meets the family's wishes. */
export const venueAgent = (directory: Directory) => {
  const search = timedSearch('search-venues', async (order, { signal }) => {
    const { agentName, needs } = orders.venue.parse(order)
    return { agentName, ...searchVenues(needs, await directory.venues(signal)) }
  })
  return defineAgent({ name: 'venue', machine: searchMachine('venue', search), hears: searchHears, says: searchSays })
}
