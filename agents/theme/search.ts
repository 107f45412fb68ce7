import type { ThemeEntry } from '../party/directory.ts'
import type { Needs, Results } from '../party/schemas.ts'

/** The general theme: used when no theme is named, or a theme that the directory does not have. */
export const generalTheme: ThemeEntry = {
  name: 'general',
  colours: ['red', 'yellow', 'blue', 'white'],
  decorations: ['balloons', 'bunting', 'paper lanterns', 'a birthday banner'],
  activities: ['musical chairs', 'treasure hunt', 'dance contest'],
  cakeDecorations: ['colourful sprinkles', 'candles', 'a name in icing'],
}

/**
 * How clearly words name a theme, in points up to 10: 9 for its name, 5 for a word that only belongs to it ("zoo"), and 2 more
 * for each further word.
 */
export const themeScore = (name: string, words: readonly string[]): number => {
  if (words.length === 0) return 0
  // The lists hold "space theme" beside "space": both say the name.
  const named = words.some(word => ` ${word} `.includes(` ${name} `))
  return (named ? 9 : 5) + 2 * (words.length - 1)
}

/** Picks the named theme; the confidence is its score out of 10, at most 1, and 0.5 for the general theme. */
export const searchTheme = (
  needs: Needs['theme'],
  entries: readonly ThemeEntry[],
): { result: Results['theme']; confidence: number } => {
  const found = entries.find(({ name }) => name === needs.theme)
  if (found === undefined) {
    const summary =
      needs.theme === undefined
        ? 'No theme is named yet, so these ideas suit any party.'
        : `We have no ideas for a ${needs.theme} theme, so these suit any party.`
    return { result: { ...copyOf(generalTheme), fits: false, summary }, confidence: 0.5 }
  }
  const summary = `A ${found.name} party in ${listed(found.colours)}.`
  return {
    result: { ...copyOf(found), fits: true, summary },
    confidence: Math.min(themeScore(found.name, needs.words) / 10, 1),
  }
}

const copyOf = ({ name, colours, decorations, activities, cakeDecorations }: ThemeEntry) => ({
  name,
  colours: [...colours],
  decorations: [...decorations],
  activities: [...activities],
  cakeDecorations: [...cakeDecorations],
})

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
