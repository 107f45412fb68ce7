import { type CatererEntry, inNameOrder } from '../party/directory.ts'
import { type CatererOption, dollars, type Needs, type Results } from '../party/schemas.ts'

const offered = 3

/**
 * Ranks the caterers for a number of guests: fewest unmet wishes first (a dietary need counts three times), then the
 * smallest overspending, then rating, price and name. The estimate is the price per person times the guests (or the
 * caterer's minimum), up to 15 % more with drinks and service. The confidence is 0.8, less 0.15 for each wish that the
 * best one does not meet, and at least 0.1; it is 0 if there are no caterers.
 */
export const searchCaterers = (
  needs: Needs['catering'],
  guests: number,
  entries: readonly CatererEntry[],
): { result: Results['catering']; confidence: number } => {
  const options = entries
    .map(entry => {
      const option = judge(entry, needs, guests)
      const unmetDiets = needs.dietary.filter(({ need }) => !entry.dietary.includes(need)).length
      const overspent =
        Math.max(0, option.estimate.min - (needs.maxTotal ?? Infinity)) +
        Math.max(0, entry.pricePerPerson - (needs.maxPerPerson ?? Infinity))
      return { option, unmet: option.misses.length + 2 * unmetDiets, overspent }
    })
    .toSorted(
      (a, b) =>
        a.unmet - b.unmet ||
        a.overspent - b.overspent ||
        b.option.rating - a.option.rating ||
        a.option.pricePerPerson - b.option.pricePerPerson ||
        inNameOrder(a.option, b.option),
    )
    .slice(0, offered)
    .map(({ option }) => option)
  const best = options[0]
  const misses = best?.misses.length ?? 0
  return {
    result: {
      options,
      guests,
      estimate: best === undefined ? { min: 0, max: 0 } : { ...best.estimate },
      fits: best !== undefined && misses === 0,
      summary: summaryOf(best, guests),
    },
    confidence: best === undefined ? 0 : Math.max(0.1, Math.round(80 - 15 * misses) / 100),
  }
}

const summaryOf = (best: CatererOption | undefined, guests: number): string => {
  if (best === undefined) return 'There is no caterer to choose from.'
  if (best.misses.length === 0) {
    return `${best.name} feeds ${guests} guests for ${dollars(best.pricePerPerson)} per person.`
  }
  return `No caterer meets every wish; the nearest is ${best.name}, which ${best.misses.join(' and ')}.`
}

const judge = (entry: CatererEntry, needs: Needs['catering'], guests: number): CatererOption => {
  const billed = Math.max(guests, entry.minimumGuests)
  const price = billed * entry.pricePerPerson
  const why = [`feeds ${guests} guests at ${dollars(entry.pricePerPerson)} per person`]
  const misses: string[] = []

  if (billed > guests) misses.push(`bills at least ${billed} guests`)
  if (needs.style !== undefined) {
    const offers = entry.styles.includes(needs.style)
    ;(offers ? why : misses).push(offers ? `offers ${needs.style}` : `does not offer ${needs.style}`)
  }
  for (const { need, guests: eaters } of needs.dietary) {
    const forWhom = eaters === undefined ? '' : ` for ${eaters} ${eaters === 1 ? 'guest' : 'guests'}`
    const cooks = entry.dietary.includes(need)
    ;(cooks ? why : misses).push(cooks ? `cooks ${need}${forWhom}` : `does not cook ${need}${forWhom}`)
  }
  if (needs.maxPerPerson !== undefined && entry.pricePerPerson > needs.maxPerPerson) {
    misses.push(`costs ${dollars(entry.pricePerPerson)} per person, more than your ${dollars(needs.maxPerPerson)}`)
  }
  if (needs.maxTotal !== undefined && price > needs.maxTotal) {
    misses.push(`costs ${dollars(price)} in all, more than your ${dollars(needs.maxTotal)}`)
  }
  if (needs.venue !== undefined) why.push(`comes to ${needs.venue.name}`)
  why.push(`is rated ${entry.rating}`)

  const { id, name, rating, pricePerPerson, minimumGuests } = entry
  return {
    id,
    name,
    rating,
    pricePerPerson,
    minimumGuests,
    dietary: [...entry.dietary],
    styles: [...entry.styles],
    estimate: { min: price, max: Math.round(price * 1.15) },
    why,
    misses,
  }
}
