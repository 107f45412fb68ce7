import type { Category, Classification } from '../party/schemas.ts'
import { categories, category } from '../party/schemas.ts'
import { countsGuests } from './says/guests.ts'
import { fold } from './text/fold.ts'
import { readingOf } from './text/reading.ts'

/**
 * What an input is about: +2 for each keyword in the content, +3 for each in a tag, +5 for the category that
 * `metadata.agent` or `metadata.category` names. Dietary words and flavours fit both cake and food, so they
 * decide only when no other word does: then a diet means catering and a flavour means cake.
 */
export const classify = (input: {
  content: string
  tags?: readonly string[]
  metadata?: Readonly<Record<string, unknown>> | undefined
}): Classification => {
  const inContent = keywordsOf(input.content)
  const inTags = (input.tags ?? []).flatMap(keywordsOf)
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

const keywordsOf = (content: string): [Category, string][] => {
  const { text, words, avoided } = readingOf(content)
  const hits = words.flatMap(({ categories: names, phrase }) => names.map((name): [Category, string] => [name, phrase]))
  if (amountOfMoney.test(text)) hits.push(['budget', '$'])
  if (countsGuests(text)) hits.push(['guest', 'number of guests'])
  if (hits.some(([name]) => name === 'cake' || name === 'catering')) return hits
  for (const { need } of avoided.found) hits.push(['catering', need])
  for (const { dietary, flavour, phrase } of words) {
    if (dietary !== undefined) hits.push(['catering', phrase])
    if (flavour !== undefined) hits.push(['cake', phrase])
  }
  return hits
}

const amountOfMoney = /(?:\$|us\$|usd) ?\d|\d ?(?:dollars|bucks|usd)\b|(?<![\w.,])\d+(?:\.\d+)?k(?!\w)/

/** Reads `cake`, `cake_agent`, `CakeAgent` and lists of such names. */
const namedIn = (metadata: Readonly<Record<string, unknown>> | undefined): Category[] => {
  const said = [metadata?.agent, metadata?.category].flat()
  return said.flatMap(value => {
    if (typeof value !== 'string') return []
    const name = category.safeParse(fold(value).replace(/[-_ ]?agent$/, ''))
    return name.success ? [name.data] : []
  })
}
