import type { Catalog } from '../events/catalog.ts'
import type { Place } from './seal.ts'

/** Where events are sealed that no partition has: outside a runtime, without a date. @param seq the position of the next event */
export function lonePlace(catalog: Catalog, seq: number): Place {
  return {
    address: 'outside',
    party: undefined,
    partition: undefined,
    nextId: () => `event-${seq}`,
    nextSeq: () => seq,
    now: () => 0,
    date: () => 0,
    definitionOf: ({ type }) => catalog.event(type),
    persistsAsk: () => true,
  }
}
