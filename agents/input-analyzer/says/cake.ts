import type { FoundWord } from '../text/words-in.ts'
import { within } from './answer.ts'
import { dishOf } from './dish.ts'
import { each } from './words.ts'

const namedTiers: Readonly<Record<string, number>> = { single: 1, double: 2, triple: 3 }

/** The number of tiers of the cake. */
export const readTiers = (text: string) => {
  const matches = [...text.matchAll(/(?<![\w.])(\d+|single|double|triple)[ -](?:tiers?|tiered)(?!\w)/g)]
  const said = matches.map(match => ({ text: match[0], value: namedTiers[match[1] ?? ''] ?? Number(match[1]) }))
  const used = matches.map(match => ({ at: match.index, end: match.index + match[0].length }))
  return { ...within('tiers', said, 1, 10, 'tiers'), used }
}

/** The flavours of the cake. "Chocolate milk" is no wish for the cake, so flavours that are nearer to the food are left out. */
export const readFlavours = (text: string, words: readonly FoundWord[]): string[] =>
  each(words, word =>
    word.flavour !== undefined && dishOf(text, words, word) !== 'catering' ? word.flavour : undefined,
  )
