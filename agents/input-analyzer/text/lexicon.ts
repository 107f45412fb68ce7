import * as z from 'zod'
import wordLists from '../../party/data/words.json' with { type: 'json' }
import type { Category, Setting, VendorService } from '../../party/schemas.ts'
import { categories, category, setting, vendorService } from '../../party/schemas.ts'
import { Phrases } from './tokens.ts'

/** All meanings of a keyword. */
export interface Meaning {
  readonly phrase: string
  readonly categories: readonly Category[]
  readonly themes: readonly string[]
  readonly service?: VendorService
  readonly setting?: Setting
  readonly area?: string
  readonly place?: string
  readonly style?: string
  readonly flavour?: string
  readonly dietary?: string
}

const phrases = z.array(z.string())
const lists = z
  .object({
    categories: z.record(category, phrases),
    themes: z.record(z.string(), phrases),
    services: z.record(vendorService, phrases),
    settings: z.record(setting, phrases),
    areas: z.record(z.string(), phrases),
    places: z.record(z.string(), phrases),
    styles: z.record(z.string(), phrases),
    flavours: z.record(z.string(), phrases),
    dietary: z.record(z.string(), phrases),
    plain: phrases,
  })
  .parse(wordLists)

/** The keywords of `words.json`. */
export const lexicon = new Phrases<Meaning>()

const add = (list: readonly string[], means: Partial<Meaning>): void => {
  for (const phrase of list) {
    const known = lexicon.get(phrase) ?? { phrase, categories: [], themes: [] }
    lexicon.set(phrase, {
      ...known,
      ...means,
      categories: [...new Set([...known.categories, ...(means.categories ?? [])])],
      themes: [...known.themes, ...(means.themes ?? [])],
    })
  }
}

for (const name of categories) add(lists.categories[name], { categories: [name] })
for (const [theme, list] of Object.entries(lists.themes)) add(list, { categories: ['theme'], themes: [theme] })
for (const service of vendorService.options) add(lists.services[service], { categories: ['vendor'], service })
for (const where of setting.options) add(lists.settings[where], { categories: ['venue'], setting: where })
for (const [area, list] of Object.entries(lists.areas)) add(list, { categories: ['venue'], area })
for (const [place, list] of Object.entries(lists.places)) add(list, { categories: ['venue'], place })
for (const [style, list] of Object.entries(lists.styles)) add(list, { categories: ['catering'], style })
for (const [flavour, list] of Object.entries(lists.flavours)) add(list, { flavour })
for (const [dietary, list] of Object.entries(lists.dietary)) add(list, { dietary })
// Phrases that only look like keywords. Their words are used up, and have no meaning.
for (const phrase of lists.plain) lexicon.set(phrase, { phrase, categories: [], themes: [] })
