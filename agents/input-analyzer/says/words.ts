import type { Setting, ThemeFact } from '../../party/schemas.ts'
import { themeScore } from '../../theme/search.ts'
import type { FoundWord } from '../text/words-in.ts'
import { type Answer, latest } from './answer.ts'

/** What the keywords say, each thing once. */
export const each = <T>(words: readonly FoundWord[], read: (word: FoundWord) => T | undefined): T[] => [
  ...new Set(words.map(read).filter(value => value !== undefined)),
]

/** The answer of the keywords to a question with one answer. */
export const readOne = (field: string, words: readonly FoundWord[], read: (word: FoundWord) => string | undefined) =>
  latest(
    field,
    words.flatMap(word => {
      const value = read(word)
      return value === undefined ? [] : [{ text: word.phrase, value }]
    }),
  )

/** Indoors or outdoors; nothing if the text mentions both. */
export const readSetting = (words: readonly FoundWord[]): Answer<Setting | undefined> => {
  const said = each(words, ({ setting }) => setting)
  if (said.length < 2) return { value: said[0], ignored: [] }
  return {
    value: undefined,
    ignored: [{ field: 'setting', text: said.join(', '), reason: 'both are mentioned, so either will do' }],
  }
}

/** The theme of the party: the clearest one, and the first of equally clear ones. */
export const readTheme = (words: readonly FoundWord[]): Answer<ThemeFact | undefined> => {
  const names = [...new Set(words.flatMap(({ themes }) => themes))]
  const themes = names.map(name => {
    const own = [...new Set(words.filter(word => word.themes.includes(name)).map(({ phrase }) => phrase))]
    return { value: { name, words: own }, score: themeScore(name, own) }
  })
  // The sort is stable: of equally clear themes, the one that is mentioned first stays first.
  const [best, ...others] = themes.toSorted((a, b) => b.score - a.score)
  const reason = `a party has one theme, and ${best?.value.name} is clearer or comes first`
  const named = others.filter(({ value }) => value.words.includes(value.name))
  return { value: best?.value, ignored: named.map(({ value }) => ({ field: 'theme', text: value.name, reason })) }
}
