import { inNameOrder, type VendorEntry } from '../party/directory.ts'
import {
  dollars,
  type Needs,
  type Quotes,
  type Results,
  type VendorOption,
  type VendorService,
} from '../party/schemas.ts'

/** Below this rating, a vendor is recommended only when there is no better one, and the option says so. */
export const leastRating = 4

/** The services that are looked for when the family wants vendors and names none. */
export const usualServices: readonly VendorService[] = ['decorations', 'entertainment', 'photography', 'rentals']

/**
 * Finds the best vendor and one alternative for each service: fewest unmet wishes first, then the smallest
 * overspending, then those that suit the theme, then rating, price and name. The confidence is 0.8, less 0.15 for each
 * unmet wish of a best vendor and for each service that no vendor offers, and at least 0.1; it is 0 if no vendor is found.
 */
export const searchVendors = (
  needs: Needs['vendor'],
  entries: readonly VendorEntry[],
): { result: Results['vendor']; confidence: number } => {
  const services = needs.services.length > 0 ? needs.services : usualServices
  const choices = services.flatMap(service => {
    const [best, alternative] = ranked(service, needs, entries)
    return best === undefined ? [] : [{ service, best, ...(alternative && { alternative }) }]
  })
  const missingServices = services.filter(service => choices.every(choice => choice.service !== service))
  const unmet = choices.reduce((sum, { best }) => sum + best.misses.length, missingServices.length)
  return {
    result: {
      choices,
      missingServices,
      vendorIds: choices.flatMap(({ best, alternative }) => [best.id, ...(alternative ? [alternative.id] : [])]),
      prices: 'listed',
      fits: unmet === 0,
      summary: summaryOf(choices, missingServices),
    },
    confidence: choices.length === 0 ? 0 : Math.max(0.1, Math.round(80 - 15 * unmet) / 100),
  }
}

/**
 * The same result with the prices that the vendors confirmed. Without quotes, or for a vendor that gave none, the list
 * price stays and is marked as not confirmed.
 */
export const withQuotes = (result: Results['vendor'], quotes: Quotes | undefined): Results['vendor'] => {
  const priced = new Map(Object.entries(quotes ?? {}))
  const confirm = (option: VendorOption): VendorOption => {
    const price = priced.get(option.id)
    return { ...option, price: price ?? option.listPrice, confirmed: price !== undefined }
  }
  const choices = result.choices.map(({ service, best, alternative }) => ({
    service,
    best: confirm(best),
    ...(alternative && { alternative: confirm(alternative) }),
  }))
  const allConfirmed = quotes !== undefined && choices.every(({ best }) => best.confirmed)
  return { ...result, choices, prices: allConfirmed ? 'confirmed' : 'unconfirmed' }
}

const ranked = (service: VendorService, needs: Needs['vendor'], entries: readonly VendorEntry[]): VendorOption[] => {
  const most = needs.maxPrices[service] ?? needs.maxPrice
  const offering = entries.filter(entry => entry.service === service)
  const recommended = offering.filter(({ rating }) => rating >= leastRating)
  return (recommended.length > 0 ? recommended : offering)
    .map(entry => ({
      option: judge(entry, needs.theme, most),
      overspent: Math.max(0, entry.price - (most ?? Infinity)),
      offTheme: offTheme(entry, needs.theme),
    }))
    .toSorted(
      (a, b) =>
        a.option.misses.length - b.option.misses.length ||
        a.overspent - b.overspent ||
        a.offTheme - b.offTheme ||
        b.option.rating - a.option.rating ||
        a.option.listPrice - b.option.listPrice ||
        inNameOrder(a.option, b.option),
    )
    .map(({ option }) => option)
}

/** 0 for a specialist of the theme, 1 for a vendor that works for any theme, 2 for a specialist of another theme. */
const offTheme = ({ themes }: VendorEntry, theme: string | undefined): number => {
  if (themes.length === 0) return 1
  return theme !== undefined && themes.includes(theme) ? 0 : 2
}

const judge = (entry: VendorEntry, theme: string | undefined, most: number | undefined): VendorOption => {
  const why: string[] = []
  const misses: string[] = []
  if (theme !== undefined && entry.themes.includes(theme)) why.push(`knows ${theme} parties`)
  const rated = `is rated ${entry.rating}`
  if (entry.rating >= leastRating) why.push(rated)
  else misses.push(`${rated}, below ${leastRating.toFixed(1)}`)
  if (most === undefined) why.push(`costs ${dollars(entry.price)}`)
  else if (entry.price <= most) why.push(`costs ${dollars(entry.price)}, within your ${dollars(most)}`)
  else misses.push(`costs ${dollars(entry.price)}, more than your ${dollars(most)}`)
  const { id, name, service, rating, price } = entry
  return { id, name, service, rating, listPrice: price, price, confirmed: false, why, misses }
}

const summaryOf = (choices: Results['vendor']['choices'], missing: readonly VendorService[]): string => {
  const found = choices.map(({ service, best }) => `${best.name} (${service})`)
  const nobody = missing.map(service => `Nobody offers ${service}.`)
  const unmet = choices.flatMap(({ best }) => best.misses.map(miss => `${best.name} ${miss}.`))
  return [found.length > 0 ? `${found.join(', ')}.` : 'No vendor was found.', ...nobody, ...unmet].join(' ')
}
