import * as z from 'zod'
import allergenList from './data/allergens.json' with { type: 'json' }

/**
 * A need, the foods that have to be left out for it, and words that name the need itself ("celiac"). What no cake
 * holds anyway, such as shellfish, concerns only the food.
 */
const allergen = z.object({
  need: z.string(),
  words: z.array(z.string()),
  names: z.array(z.string()).default([]),
  inCakes: z.boolean().default(true),
})

export const allergens = z.array(allergen).parse(allergenList)

const neverInCakes = new Set(allergens.flatMap(({ need, inCakes }) => (inCakes ? [] : [need])))

/** Whether a cake can hold what a need forbids. */
export const canBeInCakes = (need: string): boolean => !neverInCakes.has(need)
