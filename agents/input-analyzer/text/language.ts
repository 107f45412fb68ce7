import { allergens } from '../../party/allergens.ts'
import languages from '../../party/data/languages.json' with { type: 'json' }
import { lexicon } from './lexicon.ts'
import { type Span, sentence } from './passage.ts'
import { isSmallTalk } from './small-talk.ts'
import { stem, tokensOf } from './tokens.ts'

const foods = allergens.flatMap(({ words }) => words.flatMap(word => tokensOf(word).map(token => token.stem)))
const english = new Set([...[...lexicon.keys()].flatMap(key => key.split(' ')), ...foods])
const isEnglish = (word: string): boolean => isSmallTalk(stem(word)) || english.has(stem(word))

// A star stands for any ending.
const foreign = Object.entries(languages)
  .map(([name, words]) => ({ name, list: words.split(' ') }))
  .map(({ name, list }) => ({
    name,
    words: new Set(list.filter(word => !word.endsWith('*') && !isEnglish(word))),
    beginnings: list.filter(word => word.endsWith('*')).map(word => word.slice(0, -1)),
  }))

/**
 * The sentences of a folded text that are not English. Small words show the language: libraries that look at letters
 * take "two tier vegan chocolate cake" for Spanish.
 */
export const foreignIn = (text: string): (Span & { language: string })[] =>
  [...text.matchAll(sentence)].flatMap(match => {
    const language = languageOf(match[0])
    return language === undefined ? [] : [{ at: match.index, end: match.index + match[0].length, language }]
  })

const languageOf = (text: string): string | undefined => {
  const words = text.match(/\p{L}+(?:'\p{L}+)*/gu) ?? []
  const ours = words.filter(isEnglish).length
  if (words.length > 0 && words.every(word => !/\p{Script=Latin}/u.test(word))) return 'another language'
  const theirs = foreign.map(({ name, words: known, beginnings }) => {
    const hits = words.filter(word => known.has(word) || beginnings.some(beginning => word.startsWith(beginning)))
    return { name, hits: hits.length }
  })
  const [best] = theirs.toSorted((a, b) => b.hits - a.hits)
  if (best === undefined || best.hits <= ours) return undefined
  return best.hits > 1 || best.hits === words.length ? best.name : undefined
}
