import { dollars, type PartyBudget, type Range, type Results, type SearchAgent } from '../party/schemas.ts'

/** The agents whose results cost money; a theme costs nothing by itself. */
const pricedAgents = ['venue', 'cake', 'catering', 'vendor'] as const

/** The usual costs, used until there is a result. */
const usual = {
  venue: { min: 200, max: 1000 },
  cake: { min: 80, max: 300 },
  catering: { min: 300, max: 800 },
  decorations: { min: 100, max: 400 },
  entertainment: { min: 200, max: 600 },
  photography: { min: 150, max: 400 },
}

/**
 * Adds up what the party costs, from the best option of each agent. A category without a result counts 0 and is listed
 * as missing; while no priced agent has a result, usual prices are used, and the note says so. `previous` is the total
 * before this one.
 */
export const totalBudget = ({
  results,
  limit,
  previous,
}: {
  results: Partial<Results>
  limit?: number | undefined
  previous?: Range | undefined
}): PartyBudget => {
  const basedOnAgents: SearchAgent[] = pricedAgents.filter(agent => results[agent] !== undefined)
  const isGuess = basedOnAgents.length === 0
  const breakdown = isGuess ? copyOf(usual) : pricesIn(results)
  const total = sumOf(Object.values(breakdown))
  const note = isGuess ? { note: 'A first guess from usual prices, until something has been found.' } : undefined
  return {
    totalBudget: { ...total, ...note },
    breakdown,
    ...(previous && {
      previousTotal: { ...previous },
      delta: { min: total.min - previous.min, max: total.max - previous.max },
    }),
    basedOnAgents,
    missing: pricedAgents.filter(agent => results[agent] === undefined),
    ...(limit !== undefined && { limit, withinLimit: total.max <= limit }),
    advice: adviceFor(total, isGuess ? {} : breakdown, limit),
  }
}

const copyOf = (prices: Readonly<Record<string, Range>>): Record<string, Range> =>
  Object.fromEntries(Object.entries(prices).map(([name, price]) => [name, { ...price }]))

const sumOf = (prices: readonly Range[]): { min: number; max: number } => ({
  min: prices.reduce((sum, { min }) => sum + min, 0),
  max: prices.reduce((sum, { max }) => sum + max, 0),
})

const pricesIn = ({ venue, cake, catering, vendor }: Partial<Results>): Record<string, Range> => ({
  ...(venue && { venue: venuePrice(venue) }),
  ...(cake && { cake: { ...cake.estimate } }),
  ...(catering && { catering: { ...catering.estimate } }),
  ...(vendor && { vendor: vendorPrice(vendor) }),
})

const venuePrice = ({ options }: Results['venue']): Range => {
  const best = options[0]
  if (best === undefined) return { min: 0, max: 0, note: 'No venue was found.' }
  const price = { min: best.pricePerDay, max: best.pricePerDay }
  if (best.pricePerDay > 0) return price
  const note = best.permitNote ?? (best.kind === 'home' ? undefined : 'Free of charge, but a permit may be needed.')
  return { ...price, ...(note !== undefined && { note }) }
}

const vendorPrice = ({ choices }: Results['vendor']): Range => {
  const prices = choices.map(({ best }) =>
    best.confirmed
      ? { min: best.price, max: best.price }
      : { min: Math.round(best.price * 0.8), max: Math.round(best.price * 1.2) },
  )
  const open = choices.filter(({ best }) => !best.confirmed).map(({ best }) => best.name)
  return { ...sumOf(prices), ...(open.length > 0 && { note: `Not confirmed yet: ${open.join(', ')}.` }) }
}

const adviceFor = (
  { min, max }: { min: number; max: number },
  breakdown: Readonly<Record<string, Range>>,
  limit: number | undefined,
): string[] => {
  const advice: string[] = []
  if (max > 2000) {
    const [dearest] = Object.entries(breakdown).toSorted(([, one], [, other]) => other.max - one.max)
    const where = dearest ? ` The largest part is ${dearest[0]}: saving there helps the most.` : ''
    advice.push(`This may come to ${dollars(max)}.${where}`)
  } else if (max > 1000) {
    advice.push(`This may come to ${dollars(max)}. Ask for package prices before you book things one by one.`)
  }
  if (limit === undefined) return advice
  if (max <= limit) advice.push(`You stay within your ${dollars(limit)}.`)
  else if (min <= limit)
    advice.push(`It can stay within your ${dollars(limit)}, but may go ${dollars(max - limit)} over.`)
  else advice.push(`It is at least ${dollars(min - limit)} over your ${dollars(limit)}.`)
  return advice
}
