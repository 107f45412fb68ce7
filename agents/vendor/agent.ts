import { defineAgent, type EffectLogic, effect } from 'troupe'
import type { Directory } from '../party/directory.ts'
import { type FoundVendors, type Order, orders } from '../party/events.ts'
import { searchHears, searchSays } from '../party/search-machine.ts'
import { vendorMachine } from './machine.ts'
import { searchVendors } from './search.ts'

/** Finds decorators, entertainers, photographers and rentals, with prices asked from the quotes desk. */
export const vendorAgent = (directory: Directory) => {
  const search: EffectLogic<Order | null, FoundVendors> = effect(
    'search-vendors',
    async (order: Order | null, { signal, now }) => {
      const startedAt = now()
      const { agentName, needs } = orders.vendor.parse(order)
      const finding = searchVendors(needs, await directory.vendors(signal))
      return { agentName, ...finding, executionTimeMs: now() - startedAt }
    },
  )
  return defineAgent({ name: 'vendor', machine: vendorMachine(search), hears: searchHears, says: searchSays })
}
