import type { FoundVendors } from '../party/events.ts'
import type { Quotes } from '../party/schemas.ts'
import { withQuotes } from './search.ts'

/** The share of the confidence that is left without confirmed prices. */
const unconfirmedShare = 0.75

/** The result with confirmed prices, or with less confidence without them. */
export const quoted = (found: FoundVendors | null, prices: Quotes | undefined): FoundVendors => {
  if (!found) throw new TypeError('Prices came for vendors that nobody searched.')
  const confidence =
    prices === undefined ? Math.round(found.confidence * unconfirmedShare * 100) / 100 : found.confidence
  return { ...found, result: withQuotes(found.result, prices), confidence }
}
