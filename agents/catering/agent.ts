import { defineAgent, type EffectLogic, effect } from 'troupe'
import type { Directory } from '../party/directory.ts'
import { type Found, orders } from '../party/events.ts'
import { searchHears, searchSays } from '../party/search-machine.ts'
import { type CateringWish, cateringMachine } from './machine.ts'
import { searchCaterers } from './search.ts'

/** Finds a caterer for the number of guests that the input analyzer knows. */
export const cateringAgent = (directory: Directory) => {
  const search: EffectLogic<CateringWish, Found> = effect(
    'search-caterers',
    async ({ order, guests }: CateringWish, { signal, now }): Promise<Found> => {
      const startedAt = now()
      const { agentName, needs } = orders.catering.parse(order)
      const finding = searchCaterers(needs, guests, await directory.caterers(signal))
      return { agentName, ...finding, executionTimeMs: now() - startedAt }
    },
  )
  return defineAgent({ name: 'catering', machine: cateringMachine(search), hears: searchHears, says: searchSays })
}
