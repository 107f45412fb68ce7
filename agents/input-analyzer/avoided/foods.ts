import { allergens } from '../../party/allergens.ts'
import { Phrases, tokensOf } from '../text/tokens.ts'

/** What is to be left out, by food: "almonds" is "nut-free". */
export const foods = new Phrases<string>()
/** What is to be left out, by what people call it: "celiac" is "gluten-free". */
export const names = new Phrases<string>()

for (const { need, words, names: own } of allergens) {
  for (const word of words) foods.set(word, need)
  for (const name of own) names.set(name, need)
}

/** The foods within a passage, and how many of its letters do not belong to them. */
export const foodsWithin = (text: string): { needs: string[]; rest: string } => {
  const tokens = tokensOf(text)
  const needs: string[] = []
  let rest = text
  for (let first = 0; first < tokens.length; ) {
    const hit = foods.longestAt(text, tokens, first)
    if (hit === undefined) {
      first += 1
      continue
    }
    needs.push(hit.meaning)
    rest = rest.slice(0, hit.at) + ' '.repeat(hit.end - hit.at) + rest.slice(hit.end)
    first = hit.last + 1
  }
  return { needs, rest: rest.trim() }
}
