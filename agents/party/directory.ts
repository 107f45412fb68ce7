import * as z from 'zod'
import bakeryList from './data/bakeries.json' with { type: 'json' }
import catererList from './data/caterers.json' with { type: 'json' }
import themeList from './data/themes.json' with { type: 'json' }
import vendorList from './data/vendors.json' with { type: 'json' }
import venueList from './data/venues.json' with { type: 'json' }
import { vendorService } from './schemas.ts'

const words = z.array(z.string().min(1))
const price = z.int().min(0)
const rating = z.number().min(0).max(5)
const id = z.string().min(1)
const name = z.string().min(1)

export const themeEntry = z.object({
  name,
  colours: words,
  decorations: words,
  activities: words,
  cakeDecorations: words,
})
export type ThemeEntry = z.infer<typeof themeEntry>

/** `places` are the words a family would use for it ("park", "hall"); `themes` are those it suits. */
export const venueEntry = z.object({
  id,
  name,
  kind: z.string().min(1),
  places: words,
  capacity: z.int().min(1),
  pricePerDay: price,
  pricePerHour: price,
  rating,
  setting: z.enum(['indoor', 'outdoor', 'both']),
  area: z.string().min(1),
  themes: words,
  notes: z.string(),
  permitNote: z.string().optional(),
})
export type VenueEntry = z.infer<typeof venueEntry>

/** `prices` are for a cake of one tier; each further tier costs `extraTierPrice`. */
export const bakeryEntry = z.object({
  id,
  name,
  prices: z.object({ small: price, medium: price, large: price }),
  extraTierPrice: price,
  maxTiers: z.int().min(1),
  rating,
  custom: z.boolean(),
  flavours: words,
  dietary: words,
})
export type BakeryEntry = z.infer<typeof bakeryEntry>

export const catererEntry = z.object({
  id,
  name,
  pricePerPerson: price,
  rating,
  dietary: words,
  styles: words,
  minimumGuests: z.int().min(0),
})
export type CatererEntry = z.infer<typeof catererEntry>

/** A vendor without `themes` works for any theme. */
export const vendorEntry = z.object({ id, name, service: vendorService, price, rating, themes: words })
export type VendorEntry = z.infer<typeof vendorEntry>

/** Decides between equals, so that a ranking never depends on the order of a list. */
export const inNameOrder = (a: { name: string; id: string }, b: { name: string; id: string }): number =>
  `${a.name}\n${a.id}` < `${b.name}\n${b.id}` ? -1 : 1

/** The source of themes and businesses; replace it to plan with the businesses of your own town. */
export interface Directory {
  /** The themes of parties. */
  themes(signal?: AbortSignal): Promise<readonly ThemeEntry[]>
  /** Where parties can be. */
  venues(signal?: AbortSignal): Promise<readonly VenueEntry[]>
  /** The bakeries. */
  bakeries(signal?: AbortSignal): Promise<readonly BakeryEntry[]>
  /** The caterers. */
  caterers(signal?: AbortSignal): Promise<readonly CatererEntry[]>
  /** Decorators, entertainers, photographers, rentals and planners. */
  vendors(signal?: AbortSignal): Promise<readonly VendorEntry[]>
}

/** The unchecked lists of a source. */
export type DirectorySource = { [List in keyof Directory]: (signal?: AbortSignal) => unknown }

const checked =
  <Entry extends z.ZodType>(list: string, entry: Entry, keyOf: (value: z.infer<Entry>) => string) =>
  (value: unknown): readonly z.infer<Entry>[] => {
    const parsed = z.array(entry).safeParse(value)
    if (!parsed.success)
      throw new TypeError(`The directory's ${list} cannot be used:\n${z.prettifyError(parsed.error)}`)
    const keys = parsed.data.map(keyOf)
    const twice = keys.find((key, index) => keys.indexOf(key) !== index)
    // Results and quotes are keyed by id, so a double id would give the price of another business.
    if (twice !== undefined) throw new TypeError(`The directory's ${list} cannot be used: "${twice}" is there twice`)
    return parsed.data
  }

const readThemes = checked('themes', themeEntry, theme => theme.name)
const readVenues = checked('venues', venueEntry, venue => venue.id)
const readBakeries = checked('bakeries', bakeryEntry, bakery => bakery.id)
const readCaterers = checked('caterers', catererEntry, caterer => caterer.id)
const readVendors = checked('vendors', vendorEntry, vendor => vendor.id)

/**
 * Turns any source of lists into a directory that checks each list, and stops when its signal is aborted.
 *
 * @example
 * const directory = checkedDirectory({
 *   themes: () => readJson('themes.json'),
 *   venues: signal => fetchJson('https://example.org/venues', signal),
 *   bakeries: () => [],
 *   caterers: () => [],
 *   vendors: () => [],
 * })
 */
export const checkedDirectory = (source: DirectorySource): Directory => ({
  themes: async signal => readThemes(await read(() => source.themes(signal), signal)),
  venues: async signal => readVenues(await read(() => source.venues(signal), signal)),
  bakeries: async signal => readBakeries(await read(() => source.bakeries(signal), signal)),
  caterers: async signal => readCaterers(await read(() => source.caterers(signal), signal)),
  vendors: async signal => readVendors(await read(() => source.vendors(signal), signal)),
})

const read = async (list: () => unknown, signal: AbortSignal | undefined): Promise<unknown> => {
  signal?.throwIfAborted()
  const value = await list()
  signal?.throwIfAborted()
  return value
}

/** The directory that comes with the planner: a small invented town, read from the files in `data/`. */
export const builtInDirectory: Directory = checkedDirectory({
  themes: () => themeList,
  venues: () => venueList,
  bakeries: () => bakeryList,
  caterers: () => catererList,
  vendors: () => vendorList,
})
