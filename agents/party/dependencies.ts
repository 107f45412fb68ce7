import { canBeInCakes } from './allergens.ts'
import type { Brief, MoneyFact, Needs, Results, SearchAgent, VendorService } from './schemas.ts'
import { vendorServices } from './schemas.ts'

/** Who uses what somebody found: the result of the agent on the left goes to those on the right. */
export const dependencies = {
  theme: { priority: 1, feeds: ['cake', 'venue', 'vendor'] },
  venue: { priority: 2, feeds: ['catering', 'budget'] },
  cake: { priority: 2, feeds: ['budget'] },
  catering: { priority: 3, feeds: ['budget'] },
  vendor: { priority: 3, feeds: ['budget'] },
} as const

/** How many guests are planned for while nobody has said a number. */
export const defaultGuests = 50

/** How urgent an agent's search is, from 1 (most urgent) to 3. */
export const priorityOf = (agent: SearchAgent): 1 | 2 | 3 => dependencies[agent].priority

/** The agents whose results this one uses: `dependsOn('catering')` is `['venue']`. */
export const dependsOn = (agent: SearchAgent | 'budget'): SearchAgent[] => {
  const feeds = (giver: SearchAgent): boolean => dependencies[giver].feeds.some(receiver => receiver === agent)
  const givers: SearchAgent[] = ['theme', 'venue', 'cake', 'catering', 'vendor']
  return givers.filter(feeds)
}

/** The most that the family wants to spend on the whole party, in whole dollars; undefined if nobody said. */
export const partyLimit = (brief: Brief): number | undefined => {
  const perPerson = mostFor(brief, 'party', 'person')
  return mostFor(brief, 'party', 'total') ?? (perPerson && perPerson * (brief.guests?.value ?? defaultGuests))
}

/**
 * Exactly what an agent's search depends on, or undefined when no input asks for that agent. Keys stand in a fixed
 * order and lists are sorted, so equal needs are equal as JSON and a search need not run twice for them. Where nobody
 * names a price for one thing, the limit of the whole party holds: nothing may cost more than everything.
 */
export const needsOf = <A extends SearchAgent>(
  agent: A,
  brief: Brief,
  results: Partial<Results>,
): Needs[A] | undefined => ((brief.wanted[agent] ?? []).length === 0 ? undefined : readers[agent](brief, results))

const readers: { [A in SearchAgent]: (brief: Brief, results: Partial<Results>) => Needs[A] } = {
  theme: brief => ({
    ...(brief.theme && { theme: brief.theme.value.name }),
    words: sorted(brief.theme?.value.words ?? []),
  }),

  venue: (brief, results) => ({
    ...guestsOf(brief),
    ...themeOf(results),
    ...(brief.setting && { setting: brief.setting.value }),
    ...(brief.area && { area: brief.area.value }),
    ...(brief.place && { place: brief.place.value }),
    ...bound('maxPerDay', mostFor(brief, 'venue', 'day') ?? partyLimit(brief)),
    ...bound('maxPerHour', mostFor(brief, 'venue', 'hour')),
  }),

  cake: (brief, results) => ({
    ...guestsOf(brief),
    ...themeOf(results),
    decorations: sorted(results.theme?.cakeDecorations ?? []),
    tiers: brief.tiers?.value ?? 1,
    flavours: sorted(brief.flavours.map(flavour => flavour.value)),
    dietary: sorted(brief.dietary.flatMap(({ value }) => (concernsCake(value) ? [value.need] : []))),
    ...bound('maxPrice', mostFor(brief, 'cake', 'total') ?? partyLimit(brief)),
  }),

  catering: (brief, results) => {
    const venue = results.venue?.options[0]
    return {
      ...guestsOf(brief),
      ...(venue && { venue: { id: venue.id, name: venue.name } }),
      ...(brief.style && { style: brief.style.value }),
      dietary: tableNeeds(brief),
      ...bound('maxPerPerson', mostFor(brief, 'catering', 'person')),
      ...bound('maxTotal', mostFor(brief, 'catering', 'total') ?? partyLimit(brief)),
    }
  },

  vendor: (brief, results) => ({
    ...themeOf(results),
    services: vendorServices.filter(service => brief.services.some(({ value }) => value === service)),
    ...bound('maxPrice', mostFor(brief, 'vendor', 'total') ?? partyLimit(brief)),
    maxPrices: Object.fromEntries(vendorServices.flatMap(service => pricePerService(brief, service))),
    ...(brief.date && { date: brief.date.value }),
  }),
}

/** How many guests are planned for, and whether anybody said so. */
export const guestsOf = (brief: Brief) => ({
  guests: brief.guests?.value ?? defaultGuests,
  guestsKnown: brief.guests !== undefined,
})

// The fallback theme suits everything, so it is no wish that a venue or vendor could miss.
const themeOf = (results: Partial<Results>): { theme?: string } =>
  results.theme?.fits === true ? { theme: results.theme.name } : {}

// Two vegan guests need no vegan cake, but an allergy concerns whatever stands on the table.
const concernsCake = ({ need, about, guests, allergy = false }: Brief['dietary'][number]['value']): boolean => {
  if (about !== 'guests') return about === 'cake'
  return canBeInCakes(need) && (guests === undefined || allergy || need === 'nut-free')
}

/** Each need once; a head count is kept unless the whole menu has to follow the need. */
const tableNeeds = (brief: Brief): Needs['catering']['dietary'] => {
  const atTable = brief.dietary.map(({ value }) => value).filter(({ about }) => about !== 'cake')
  return sorted(atTable.map(({ need }) => need)).map(need => {
    const said = atTable.filter(one => one.need === need)
    const guests = said.some(one => one.guests === undefined) ? undefined : said.at(-1)?.guests
    return { need, ...(guests !== undefined && { guests }) }
  })
}

const mostFor = (
  brief: Brief,
  about: MoneyFact['about'],
  unit: MoneyFact['unit'],
  service?: VendorService,
): number | undefined =>
  brief.money.find(({ value }) => value.about === about && value.unit === unit && value.service === service)?.value.max

const pricePerService = (brief: Brief, service: VendorService): [VendorService, number][] => {
  const most = mostFor(brief, 'vendor', 'total', service)
  return most === undefined ? [] : [[service, most]]
}

const bound = <Key extends string>(key: Key, most: number | undefined): { [K in Key]?: number } => {
  const found: { [K in Key]?: number } = {}
  if (most !== undefined) found[key] = most
  return found
}

const sorted = (values: readonly string[]): string[] => [...new Set(values)].toSorted()
