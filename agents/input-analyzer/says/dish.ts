import { nearest, type Span } from '../text/passage.ts'
import type { FoundWord } from '../text/words-in.ts'

/** The dish that a word describes. */
export const dishOf = (text: string, words: readonly FoundWord[], word: Span): 'cake' | 'catering' | undefined => {
  const dishes = words.flatMap(({ categories, at, end }): (Span & { dish: 'cake' | 'catering' })[] => {
    if (categories.includes('cake')) return [{ dish: 'cake', at, end }]
    return categories.includes('catering') ? [{ dish: 'catering', at, end }] : []
  })
  return nearest(text, word, dishes)?.dish
}
