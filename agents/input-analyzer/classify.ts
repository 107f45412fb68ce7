import * as z from 'zod'
import wordLists from '../party/data/words.json' with { type: 'json' }
import type { Category, Classification, Setting, VendorService } from '../party/schemas.ts'
import { categories, category, setting, vendorService } from '../party/schemas.ts'

/** A keyword that was found in a text, where it stands, and everything it stands for. */
export interface FoundWord extends Meaning {
  readonly at: number
  readonly end: number
}

interface Meaning {
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

/** Plain lower case without accents, with plain quotes, dashes and spaces; every rule reads this form. */
export const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/[^\S\n]+/g, ' ')

/**
 * The keywords in a folded text, from left to right. Whole words only; the longest phrase wins and uses its words up,
 * so an "event space" is no space theme. What the text rules out ("no clowns") is not found.
 */
export const wordsIn = (text: string): FoundWord[] => {
  const tokens = [...text.matchAll(wordPattern)].map(match => ({
    stem: stem(match[0]),
    at: match.index,
    end: match.index + match[0].length,
  }))
  const found: FoundWord[] = []
  let ruledOutUntil = -1
  for (let first = 0; first < tokens.length; ) {
    const hit = longestPhrase(text, tokens, first)
    if (hit === undefined) {
      first += 1
      continue
    }
    if (isRuledOut(text, tokens, first, ruledOutUntil)) ruledOutUntil = hit.last
    else found.push({ ...hit.meaning, at: hit.at, end: hit.end })
    first = hit.last + 1
  }
  return found
}

/**
 * What an input is about: +2 for each keyword in the content, +3 for each in a tag, +5 for the category that
 * `metadata.agent` or `metadata.category` names. Dietary words and flavours fit both cake and food, so they decide
 * only when nothing else does: then a diet means catering and a flavour means cake.
 */
export const classify = (input: {
  content: string
  tags?: readonly string[]
  metadata?: Readonly<Record<string, unknown>> | undefined
}): Classification => {
  const inContent = keywordsOf(fold(input.content))
  const inTags = (input.tags ?? []).flatMap(tag => keywordsOf(fold(tag)))
  const named = namedIn(input.metadata)
  const scored = categories.map(name => {
    const content = wordsFor(name, inContent)
    const tags = wordsFor(name, inTags)
    const score = 2 * content.length + 3 * tags.length + (named.includes(name) ? 5 : 0)
    return { category: name, score, words: [...new Set([...content, ...tags])] }
  })
  const hits = scored.filter(({ score }) => score > 0).toSorted((a, b) => b.score - a.score)
  return { categories: hits, unclassified: hits.length === 0 }
}

const wordsFor = (name: Category, hits: readonly [Category, string][]): string[] => [
  ...new Set(hits.flatMap(([hit, word]) => (hit === name ? [word] : []))),
]

const keywordsOf = (folded: string): [Category, string][] => {
  const found = wordsIn(folded)
  const hits = found.flatMap(({ categories: names, phrase }) => names.map((name): [Category, string] => [name, phrase]))
  if (amountOfMoney.test(folded)) hits.push(['budget', '$'])
  if (numberOfGuests.test(folded)) hits.push(['guest', 'number of guests'])
  if (hits.some(([name]) => name === 'cake' || name === 'catering')) return hits
  for (const { dietary, flavour, phrase } of found) {
    if (dietary !== undefined) hits.push(['catering', phrase])
    if (flavour !== undefined) hits.push(['cake', phrase])
  }
  return hits
}

const amountOfMoney = /(?:\$|us\$|usd) ?\d|\d ?(?:dollars|bucks|usd)\b|(?<![\w.,])\d+(?:\.\d+)?k(?!\w)/
const numberOfGuests = /(?<![\w.$])\d+ (?:kids|children|adults|toddlers|teens|friends|classmates)(?!\w)/

/** Reads `cake`, `cake_agent`, `CakeAgent` and lists of such names. */
const namedIn = (metadata: Readonly<Record<string, unknown>> | undefined): Category[] => {
  const said = [metadata?.agent, metadata?.category].flat()
  return said.flatMap(value => {
    if (typeof value !== 'string') return []
    const name = category.safeParse(fold(value).replace(/[-_ ]?agent$/, ''))
    return name.success ? [name.data] : []
  })
}

// ---------------------------------------------------------------- finding words

interface Token {
  readonly stem: string
  readonly at: number
  readonly end: number
}

const wordPattern = /[\p{L}\p{N}]+(?:'\p{L}+)*/gu

/** Cuts plural and possessive endings, in the texts and in our own lists alike. */
const stem = (word: string): string => {
  const bare = word.replace(/'s$/, '')
  if (bare.length < 3 || /(?:ss|us)$/.test(bare)) return bare
  if (bare.length > 4 && /ies?$/.test(bare)) return bare.replace(/ies?$/, 'y')
  if (/(?:ss|x|zz|ch|sh|o)es$/.test(bare)) return bare.slice(0, -2)
  return bare.replace(/s$/, '')
}

const keyOf = (phrase: string): string => [...fold(phrase).matchAll(wordPattern)].map(([word]) => stem(word)).join(' ')

const longestPhrase = (
  text: string,
  tokens: readonly Token[],
  first: number,
): { meaning: Meaning; at: number; end: number; last: number } | undefined => {
  const start = tokens[first]
  if (start === undefined) return undefined
  let key = start.stem
  let best: { meaning: Meaning; at: number; end: number; last: number } | undefined
  for (let last = first; last < first + mostWords; last += 1) {
    const token = tokens[last]
    const previous = tokens[last - 1]
    if (token === undefined) break
    if (last > first) {
      // Punctuation ends a phrase: "a space, a party" holds no "space party".
      if (previous === undefined || !/^[ -]$/.test(text.slice(previous.end, token.at))) break
      key = `${key} ${token.stem}`
    }
    const meaning = lexicon.get(key)
    if (meaning !== undefined) best = { meaning, at: start.at, end: token.end, last }
  }
  return best
}

const ruleOut = new Set(['no', 'not', 'without', 'never', 'avoid', 'skip', "don't", "doesn't", "won't"])
const between = new Set(['a', 'an', 'any', 'the', 'want', 'need', 'like', 'have', 'really', 'for'].map(stem))
const joins = new Set(['or', 'nor'])

/** "no clowns", "we don't want a clown", and the balloons of "no clowns or balloons". */
const isRuledOut = (text: string, tokens: readonly Token[], first: number, ruledOutUntil: number): boolean => {
  for (let index = first - 1; index >= 0; index -= 1) {
    const token = tokens[index]
    const next = tokens[index + 1]
    if (token === undefined || next === undefined) return false
    if (text.slice(token.end, next.at) !== ' ') return false
    if (ruleOut.has(token.stem)) return tokens[index - 1]?.stem !== 'why'
    if (joins.has(token.stem)) return index - 1 === ruledOutUntil
    if (!between.has(token.stem)) return false
  }
  return false
}

// ---------------------------------------------------------------- the word lists

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

const lexicon = new Map<string, Meaning>()

const add = (list: readonly string[], means: Partial<Meaning>): void => {
  for (const phrase of list) {
    const key = keyOf(phrase)
    const known = lexicon.get(key) ?? { phrase, categories: [], themes: [] }
    lexicon.set(key, {
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
// Phrases that only look like keywords: they use their words up and mean nothing.
for (const phrase of lists.plain) lexicon.set(keyOf(phrase), { phrase, categories: [], themes: [] })

const mostWords = Math.max(...[...lexicon.keys()].map(key => key.split(' ').length))
