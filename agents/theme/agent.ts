import { defineAgent } from 'troupe'
import type { Directory } from '../party/directory.ts'
import { orders } from '../party/events.ts'
import { searchHears, searchMachine, searchSays, timedSearch } from '../party/search-machine.ts'
import { searchTheme } from './search.ts'

/** Finds the theme that the inputs name. */
export const themeAgent = (directory: Directory) => {
  const search = timedSearch('search-themes', async (order, { signal }) => {
    const { agentName, needs } = orders.theme.parse(order)
    return { agentName, ...searchTheme(needs, await directory.themes(signal)) }
  })
  return defineAgent({ name: 'theme', machine: searchMachine('theme', search), hears: searchHears, says: searchSays })
}
