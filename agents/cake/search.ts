import { type BakeryEntry, inNameOrder } from '../party/directory.ts'
import { type CakeOption, dollars, type Needs, type Results } from '../party/schemas.ts'

const offered = 3

/** The size of a cake: small below 20 guests, medium below 50, else large. */
export const cakeSize = (guests: number): 'small' | 'medium' | 'large' =>
  guests < 20 ? 'small' : guests < 50 ? 'medium' : 'large'

/**
 * Ranks the bakeries: fewest unmet wishes first (a dietary need counts twice), then the smallest overspending, then
 * rating, price and name. A cake costs the price of its size plus each further tier; the estimate adds up to 20 % for
 * decorations. The confidence is 0.85, less 0.15 for each wish that the best one does not meet, and at least 0.1; it
 * is 0 if there are no bakeries.
 */
export const searchCakes = (
  needs: Needs['cake'],
  entries: readonly BakeryEntry[],
): { result: Results['cake']; confidence: number } => {
  const size = cakeSize(needs.guests)
  const options = entries
    .map(entry => {
      const option = judge(entry, needs, size)
      const unmetDiets = needs.dietary.filter(need => !entry.dietary.includes(need)).length
      const overspent = Math.max(0, option.price - (needs.maxPrice ?? Infinity))
      return { option, unmet: option.misses.length + unmetDiets, overspent }
    })
    .toSorted(
      (a, b) =>
        a.unmet - b.unmet ||
        a.overspent - b.overspent ||
        b.option.rating - a.option.rating ||
        a.option.price - b.option.price ||
        inNameOrder(a.option, b.option),
    )
    .slice(0, offered)
    .map(({ option }) => option)
  const best = options[0]
  const misses = best?.misses.length ?? 0
  const { guests, tiers, flavours, dietary, decorations } = needs
  return {
    result: {
      options,
      size,
      guests,
      tiers,
      flavours: [...flavours],
      dietary: [...dietary],
      decorations: [...decorations],
      estimate: best === undefined ? { min: 0, max: 0 } : { ...best.estimate },
      fits: best !== undefined && misses === 0,
      summary: summaryOf(best, size),
    },
    confidence: best === undefined ? 0 : Math.max(0.1, Math.round(85 - 15 * misses) / 100),
  }
}

const summaryOf = (best: CakeOption | undefined, size: string): string => {
  if (best === undefined) return 'There is no bakery to choose from.'
  if (best.misses.length === 0) return `${best.name} bakes this ${size} cake for about ${dollars(best.price)}.`
  return `No bakery meets every wish; the nearest is ${best.name}, which ${best.misses.join(' and ')}.`
}

const judge = (entry: BakeryEntry, needs: Needs['cake'], size: 'small' | 'medium' | 'large'): CakeOption => {
  // A bakery that cannot bake so many tiers gets the price of the cake that it can bake.
  const tiers = Math.min(needs.tiers, entry.maxTiers)
  const price = entry.prices[size] + (tiers - 1) * entry.extraTierPrice
  const why = [`bakes a ${size} cake for ${needs.guests} guests at ${dollars(price)}`]
  const misses: string[] = []

  for (const need of needs.dietary) (entry.dietary.includes(need) ? why : misses).push(saysDiet(entry, need))
  for (const flavour of needs.flavours) {
    const offers = entry.flavours.includes(flavour)
    ;(offers ? why : misses).push(offers ? `offers ${flavour}` : `does not offer ${flavour}`)
  }
  if (needs.tiers > entry.maxTiers) misses.push(`bakes at most ${inTiers(entry.maxTiers)}, you want ${needs.tiers}`)
  else if (needs.tiers > 1) why.push(`bakes up to ${inTiers(entry.maxTiers)}`)
  if (needs.maxPrice !== undefined && price > needs.maxPrice) {
    misses.push(`costs ${dollars(price)}, more than your ${dollars(needs.maxPrice)}`)
  } else if (needs.maxPrice !== undefined) {
    why.push(`stays within your ${dollars(needs.maxPrice)}`)
  }
  if (needs.theme !== undefined && entry.custom) why.push(`decorates for a ${needs.theme} theme`)
  if (needs.theme !== undefined && !entry.custom) misses.push(`does not decorate for a ${needs.theme} theme`)
  why.push(`is rated ${entry.rating}`)

  const { id, name, rating, custom } = entry
  const flavours = needs.flavours.filter(flavour => entry.flavours.includes(flavour))
  const dietary = needs.dietary.filter(need => entry.dietary.includes(need))
  const estimate = { min: price, max: Math.round(price * 1.2) }
  return { id, name, rating, custom, tiers, flavours, dietary, price, estimate, why, misses }
}

const saysDiet = (entry: BakeryEntry, need: string): string =>
  entry.dietary.includes(need) ? `bakes ${need}` : `does not bake ${need}`

const inTiers = (tiers: number): string => (tiers === 1 ? '1 tier' : `${tiers} tiers`)
