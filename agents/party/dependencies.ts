import { canBeInCakes } from './allergens.ts'
import type { Brief, MoneyFact, Needs, Results, SearchAgent, VendorService } from './schemas.ts'
import { vendorServices } from './schemas.ts'

/** Which agents use the result of an agent: the result of the agent on the left goes to the agents on the right. */
export const dependencies = {
  theme: { priority: 1, feeds: ['cake', 'venue', 'vendor'] },
  venue: { priority: 2, feeds: ['catering', 'budget'] },
  cake: { priority: 2, feeds: ['budget'] },
  catering: { priority: 3, feeds: ['budget'] },
  vendor: { priority: 3, feeds: ['budget'] },
} as const

/** The number of guests if no input says one. */
export const defaultGuests = 50

/** The priority of the search of an agent, from 1 (most urgent) to 3. */
export const priorityOf = (agent: SearchAgent): 1 | 2 | 3 => dependencies[agent].priority

/** The agents whose results this one uses: `dependsOn('catering')` is `['venue']`. */
export const dependsOn = (agent: SearchAgent | 'budget'): SearchAgent[] => {
  const feeds = (giver: SearchAgent): boolean => dependencies[giver].feeds.some(receiver => receiver === agent)
  const givers: SearchAgent[] = ['theme', 'venue', 'cake', 'catering', 'vendor']
  return givers.filter(feeds)
}

/** The most that the family wants to spend on the whole party, in whole dollars; undefined if no input says it. */
export const partyLimit = (brief: Brief): number | undefined => {
  const perPerson = mostFor(brief, 'party', 'person')
  return mostFor(brief, 'party', 'total') ?? (perPerson && perPerson * (brief.guests?.value ?? defaultGuests))
}

/**
 * Exactly what the search of an agent depends on, or undefined when no input asks for that agent. Keys are in a fixed order and
 * lists are sorted, so equal needs are equal as JSON, and the search does not run twice for them. If no input names a price for
 * one thing, the limit of the whole party is used.
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

/** The number of guests, and whether an input says it. */
export const guestsOf = (brief: Brief) => ({
  guests: brief.guests?.value ?? defaultGuests,
  guestsKnown: brief.guests !== undefined,
})

// The general theme suits all venues and vendors, so it is no wish that they could miss.
const themeOf = (results: Partial<Results>): { theme?: string } =>
  results.theme?.fits === true ? { theme: results.theme.name } : {}

// Two vegan guests need no vegan cake, but an allergy concerns all food on the table.
const concernsCake = ({ need, about, guests, allergy = false }: Brief['dietary'][number]['value']): boolean => {
  if (about !== 'guests') return about === 'cake'
  return canBeInCakes(need) && (guests === undefined || allergy || need === 'nut-free')
}

/** Each need once. A number of guests is kept, unless the whole menu must follow the need. */
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
