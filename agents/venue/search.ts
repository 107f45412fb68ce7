import { inNameOrder, type VenueEntry } from '../party/directory.ts'
import { dollars, type Needs, type Results, type VenueOption } from '../party/schemas.ts'

const offered = 3

/**
 * Ranks the venues: a home first if the family asked for one, however small it is; then fewest unmet wishes (too small counts three
 * times), then the nearest to the number of guests and the price, then venues that suit the theme, then rating, price and name. The
 * confidence is 0.85, less 0.15 for each wish that the best venue does not meet, and at least 0.1; it is 0 if there are no venues.
 */
export const searchVenues = (
  needs: Needs['venue'],
  entries: readonly VenueEntry[],
): { result: Results['venue']; confidence: number } => {
  // A home is offered only if the family asked for one.
  const possible = entries.filter(({ kind }) => kind !== 'home' || needs.place === 'home')
  const options = possible
    .map(entry => ({ entry, option: judge(entry, needs), ...distance(entry, needs) }))
    .toSorted(
      (a, b) =>
        a.notAtHome - b.notAtHome ||
        a.unmet - b.unmet ||
        a.seatsShort - b.seatsShort ||
        a.overspent - b.overspent ||
        a.offTheme - b.offTheme ||
        b.entry.rating - a.entry.rating ||
        a.entry.pricePerDay - b.entry.pricePerDay ||
        inNameOrder(a.entry, b.entry),
    )
    .slice(0, offered)
    .map(({ option }) => option)
  const best = options[0]
  const misses = best?.misses.length ?? 0
  return {
    result: { options, guests: needs.guests, fits: best !== undefined && misses === 0, summary: summaryOf(best) },
    confidence: best === undefined ? 0 : Math.max(0.1, Math.round(85 - 15 * misses) / 100),
  }
}

const summaryOf = (best: VenueOption | undefined): string => {
  if (best === undefined) return 'There is no venue to choose from.'
  if (best.misses.length === 0) return `${best.name} meets every wish.`
  return `No venue meets every wish; the nearest is ${best.name}, which ${best.misses.join(' and ')}.`
}

const distance = (entry: VenueEntry, needs: Needs['venue']) => {
  const seatsShort = Math.max(0, needs.guests - entry.capacity)
  const overspent =
    Math.max(0, entry.pricePerDay - (needs.maxPerDay ?? Infinity)) +
    Math.max(0, entry.pricePerHour - (needs.maxPerHour ?? Infinity))
  const unmet = wishes(entry, needs).filter(({ met }) => !met).length + (seatsShort > 0 ? 2 : 0)
  const offTheme = needs.theme !== undefined && entry.themes.includes(needs.theme) ? 0 : 1
  const notAtHome = needs.place === 'home' && entry.kind !== 'home' ? 1 : 0
  return { notAtHome, seatsShort, overspent, unmet, offTheme }
}

const judge = (entry: VenueEntry, needs: Needs['venue']): VenueOption => {
  const judged = wishes(entry, needs)
  const suits = needs.theme !== undefined && entry.themes.includes(needs.theme)
  return {
    id: entry.id,
    name: entry.name,
    kind: entry.kind,
    capacity: entry.capacity,
    pricePerDay: entry.pricePerDay,
    pricePerHour: entry.pricePerHour,
    rating: entry.rating,
    setting: entry.setting,
    area: entry.area,
    notes: entry.notes,
    ...(entry.permitNote !== undefined && { permitNote: entry.permitNote }),
    why: [
      ...judged.flatMap(({ met, why }) => (met ? [why] : [])),
      ...(suits ? [`suits a ${needs.theme} theme`] : []),
      `is rated ${entry.rating}`,
    ],
    misses: judged.flatMap(({ met, miss }) => (met ? [] : [miss])),
  }
}

interface Wish {
  readonly met: boolean
  readonly why: string
  readonly miss: string
}

const wishes = (entry: VenueEntry, needs: Needs['venue']): Wish[] => {
  const expected = needs.guestsKnown ? `you expect ${needs.guests}` : `we plan for ${needs.guests} until you say`
  const list: Wish[] = [
    {
      met: entry.capacity >= needs.guests,
      why: `holds ${entry.capacity}, ${expected}`,
      miss: `holds only ${entry.capacity}, ${expected}`,
    },
  ]
  if (needs.setting !== undefined) {
    const met = entry.setting === 'both' || entry.setting === needs.setting
    list.push({ met, why: `is ${needs.setting}`, miss: `is not ${needs.setting}` })
  }
  if (needs.area !== undefined) {
    list.push({ met: entry.area === needs.area, why: `is ${inArea(needs.area)}`, miss: `is not ${inArea(needs.area)}` })
  }
  if (needs.place !== undefined) {
    const wanted = needs.place === 'home' ? 'your home' : `a ${needs.place}`
    list.push({ met: entry.places.includes(needs.place), why: `is ${wanted}`, miss: `is not ${wanted}` })
  }
  if (needs.maxPerDay !== undefined) list.push(priceWish(entry.pricePerDay, needs.maxPerDay, 'a day'))
  if (needs.maxPerHour !== undefined) list.push(priceWish(entry.pricePerHour, needs.maxPerHour, 'an hour'))
  return list
}

const inArea = (area: string): string => (area === 'suburbs' ? 'in the suburbs' : area)

const priceWish = (price: number, most: number, unit: string): Wish => ({
  met: price <= most,
  why: price === 0 ? 'is free' : `costs ${dollars(price)} ${unit}, within your ${dollars(most)}`,
  miss: `costs ${dollars(price)} ${unit}, more than your ${dollars(most)}`,
})
