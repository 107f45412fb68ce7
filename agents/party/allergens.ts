import * as z from 'zod'
import allergenList from './data/allergens.json' with { type: 'json' }

/**
 * A need, the foods that it forbids, and words that name the need itself ("celiac"). Foods that no cake contains, such as
 * shellfish, concern only the food.
 */
const allergen = z.object({
  need: z.string(),
  words: z.array(z.string()),
  names: z.array(z.string()).default([]),
  inCakes: z.boolean().default(true),
})

export const allergens = z.array(allergen).parse(allergenList)

const neverInCakes = new Set(allergens.flatMap(({ need, inCakes }) => (inCakes ? [] : [need])))

/** Whether a cake can contain what a need forbids. */
export const canBeInCakes = (need: string): boolean => !neverInCakes.has(need)
