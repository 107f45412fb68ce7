import * as z from 'zod'

/** The five agents that search for something. */
export const searchAgents = ['theme', 'venue', 'cake', 'catering', 'vendor'] as const
export const searchAgent = z.enum(searchAgents)
/**
 * An agent that searches for something.
 *
 * @useDeclaredType
 */
export type SearchAgent = z.infer<typeof searchAgent>

/** What an input can be about: something to search for, the money, or who comes. */
export const categories = [...searchAgents, 'budget', 'guest'] as const
export const category = z.enum(categories)
export type Category = z.infer<typeof category>

export const vendorServices = ['decorations', 'entertainment', 'photography', 'rentals', 'planning'] as const
export const vendorService = z.enum(vendorServices)
export type VendorService = z.infer<typeof vendorService>

export const setting = z.enum(['indoor', 'outdoor'])
export type Setting = z.infer<typeof setting>

// ---------------------------------------------------------------- money

const wholeDollars = z.int().min(0)

/** Whole US dollars, from the cheapest to the dearest likely outcome. */
export const range = z.object({ min: wholeDollars, max: wholeDollars, note: z.string().optional() })
export type Range = z.infer<typeof range>

/** Writes whole US dollars the way people read them: 1500 becomes "$1,500". */
export const dollars = (amount: number): string => `$${String(amount).replace(/\B(?=(?:\d{3})+$)/g, ',')}`

// ---------------------------------------------------------------- one input

// Patterns instead of refinements, so that JSON Schema and OpenAPI show the same rules.
const withoutControls = /^[\t\n\r\P{Cc}]*$/u
const withoutLoneSurrogates = /^\P{Surrogate}*$/u
const withSomethingVisible = /[^\s\p{Cf}\p{Cc}]/u

const plainText = (most: number) =>
  z
    .string()
    .max(most, `is longer than ${most} characters`)
    .regex(withSomethingVisible, 'visible text (this is blank)')
    .regex(withoutControls, 'no control character but line breaks and tabs')
    .regex(withoutLoneSurrogates, 'whole characters (no lone surrogate)')

/** One text or upload of a person for a party. */
export const partyInput = z.object({
  inputId: z.string().min(1),
  content: plainText(10_000),
  sourceType: z.enum(['text', 'image', 'url', 'upload']).default('text'),
  tags: z.array(plainText(100)).max(50).default([]),
  addedBy: z.string().min(1).default('user'),
  metadata: z.record(z.string(), z.json()).optional(),
})
/**
 * An input of a party: one sentence of a person.
 *
 * @useDeclaredType
 */
export type PartyInput = z.infer<typeof partyInput>

/** Feedback of a person on the plan or on the party. */
export const partyFeedback = z.object({
  feedback: plainText(10_000),
  /** 1 is bad, 5 is very good. */
  rating: z.int().min(1).max(5).optional(),
  givenBy: z.string().min(1).default('user'),
})
/**
 * Feedback of a person on the plan or on the party.
 *
 * @useDeclaredType
 */
export type PartyFeedback = z.infer<typeof partyFeedback>

/** The categories of an input, the strongest first. */
export const classification = z.object({
  categories: z.array(z.object({ category, score: z.number().positive(), words: z.array(z.string()) })),
  unclassified: z.boolean(),
})
export type Classification = z.infer<typeof classification>

// ---------------------------------------------------------------- what one input says

export const moneyFact = z.object({
  about: z.enum(['party', 'venue', 'cake', 'catering', 'vendor']),
  unit: z.enum(['total', 'person', 'day', 'hour']),
  service: vendorService.optional(),
  min: z.int().min(1).max(1_000_000).optional(),
  max: z.int().min(1).max(1_000_000).optional(),
  text: z.string(),
})
export type MoneyFact = z.infer<typeof moneyFact>

/**
 * A dietary need, of the cake, of the food, or of the guests themselves (with how many of them, if it was said).
 * `allergy` says that it is not a matter of taste: no food on the table may contain it.
 */
export const dietaryFact = z.object({
  need: z.string(),
  about: z.enum(['cake', 'catering', 'guests']),
  guests: z.int().min(1).max(500).optional(),
  allergy: z.boolean().optional(),
})
export type DietaryFact = z.infer<typeof dietaryFact>

export const themeFact = z.object({ name: z.string(), words: z.array(z.string()) })
export type ThemeFact = z.infer<typeof themeFact>

/** A passage that was read and not used, on purpose; `text` is the passage in plain lower case. */
export const ignoredText = z.object({ field: z.string(), text: z.string(), reason: z.string() })
export type IgnoredText = z.infer<typeof ignoredText>

const isoDay = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)

/** The meaning of one input, as far as the rules understand it. */
export const facts = z.object({
  guests: z.int().min(5).max(500).optional(),
  tiers: z.int().min(1).max(10).optional(),
  setting: setting.optional(),
  area: z.string().optional(),
  place: z.string().optional(),
  style: z.string().optional(),
  date: isoDay.optional(),
  theme: themeFact.optional(),
  money: z.array(moneyFact),
  dietary: z.array(dietaryFact),
  flavours: z.array(z.string()),
  services: z.array(vendorService),
  /** What the family has already, so that nobody searches for it. */
  arranged: z.array(searchAgent).optional(),
  ignored: z.array(ignoredText),
})
export type Facts = z.infer<typeof facts>

export const analysedInput = z.object({ inputId: z.string(), categories: classification.shape.categories, facts })
/**
 * The meaning of one input, and its subject.
 *
 * @useDeclaredType
 */
export type AnalysedInput = z.infer<typeof analysedInput>

// ---------------------------------------------------------------- what all inputs say together

const standing = <T extends z.ZodType>(value: T) => z.object({ value, inputId: z.string() })
const saidOnce = z.object({ value: z.union([z.string(), z.number()]), inputId: z.string() })

/** Two inputs that say different things about the same question; the later one counts. */
export const contradiction = z.object({ field: z.string(), earlier: saidOnce, later: saidOnce })
export type Contradiction = z.infer<typeof contradiction>

/** The wishes of the family, each value with the input that it comes from. */
export const brief = z.object({
  guests: standing(z.int()).optional(),
  tiers: standing(z.int()).optional(),
  setting: standing(setting).optional(),
  area: standing(z.string()).optional(),
  place: standing(z.string()).optional(),
  style: standing(z.string()).optional(),
  date: standing(isoDay).optional(),
  theme: standing(themeFact).optional(),
  money: z.array(standing(moneyFact)),
  dietary: z.array(standing(dietaryFact)),
  flavours: z.array(standing(z.string())),
  services: z.array(standing(vendorService)),
  arranged: z.array(standing(searchAgent)).optional(),
  wanted: z.partialRecord(searchAgent, z.array(z.string())),
  contradictions: z.array(contradiction),
  unclassified: z.array(z.string()),
  ignored: z.array(ignoredText.extend({ inputId: z.string() })),
})
/**
 * The wishes of the family, each value with the input that it comes from.
 *
 * @useDeclaredType
 */
export type Brief = z.infer<typeof brief>

// ---------------------------------------------------------------- what each search depends on

/** What each agent's search depends on, and nothing else. Prices are upper bounds in whole dollars. */
export const needs = {
  theme: z.object({ theme: z.string().optional(), words: z.array(z.string()) }),
  venue: z.object({
    guests: z.int(),
    guestsKnown: z.boolean(),
    theme: z.string().optional(),
    setting: setting.optional(),
    area: z.string().optional(),
    place: z.string().optional(),
    maxPerDay: z.int().optional(),
    maxPerHour: z.int().optional(),
  }),
  cake: z.object({
    guests: z.int(),
    guestsKnown: z.boolean(),
    theme: z.string().optional(),
    decorations: z.array(z.string()),
    tiers: z.int(),
    flavours: z.array(z.string()),
    dietary: z.array(z.string()),
    maxPrice: z.int().optional(),
  }),
  catering: z.object({
    guests: z.int(),
    guestsKnown: z.boolean(),
    venue: z.object({ id: z.string(), name: z.string() }).optional(),
    style: z.string().optional(),
    dietary: z.array(z.object({ need: z.string(), guests: z.int().optional() })),
    maxPerPerson: z.int().optional(),
    maxTotal: z.int().optional(),
  }),
  vendor: z.object({
    theme: z.string().optional(),
    services: z.array(vendorService),
    maxPrice: z.int().optional(),
    maxPrices: z.partialRecord(vendorService, z.int()),
    date: isoDay.optional(),
  }),
}
export type Needs = { [A in SearchAgent]: z.infer<(typeof needs)[A]> }

// ---------------------------------------------------------------- what each search finds

/** Why an option is offered, and the wishes that it does not meet. */
const reasons = { why: z.array(z.string()), misses: z.array(z.string()) }

export const venueOption = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  capacity: z.int(),
  pricePerDay: wholeDollars,
  pricePerHour: wholeDollars,
  rating: z.number(),
  setting: z.enum(['indoor', 'outdoor', 'both']),
  area: z.string(),
  notes: z.string(),
  permitNote: z.string().optional(),
  ...reasons,
})
export type VenueOption = z.infer<typeof venueOption>

/** The `tiers`, `flavours` and `dietary` needs are those of the wish that this bakery can meet. */
export const cakeOption = z.object({
  id: z.string(),
  name: z.string(),
  rating: z.number(),
  custom: z.boolean(),
  tiers: z.int(),
  flavours: z.array(z.string()),
  dietary: z.array(z.string()),
  price: wholeDollars,
  estimate: range,
  ...reasons,
})
export type CakeOption = z.infer<typeof cakeOption>

export const catererOption = z.object({
  id: z.string(),
  name: z.string(),
  rating: z.number(),
  pricePerPerson: wholeDollars,
  minimumGuests: z.int(),
  dietary: z.array(z.string()),
  styles: z.array(z.string()),
  estimate: range,
  ...reasons,
})
export type CatererOption = z.infer<typeof catererOption>

export const vendorOption = z.object({
  id: z.string(),
  name: z.string(),
  service: vendorService,
  rating: z.number(),
  listPrice: wholeDollars,
  price: wholeDollars,
  confirmed: z.boolean(),
  ...reasons,
})
export type VendorOption = z.infer<typeof vendorOption>

/**
 * What each agent found: the best option first. `fits` is true when the best option meets every wish;
 * `summary` says it in one sentence.
 */
export const results = {
  theme: z.object({
    name: z.string(),
    colours: z.array(z.string()),
    decorations: z.array(z.string()),
    activities: z.array(z.string()),
    cakeDecorations: z.array(z.string()),
    fits: z.boolean(),
    summary: z.string(),
  }),
  venue: z.object({
    options: z.array(venueOption),
    guests: z.int(),
    fits: z.boolean(),
    summary: z.string(),
  }),
  cake: z.object({
    options: z.array(cakeOption),
    size: z.enum(['small', 'medium', 'large']),
    guests: z.int(),
    tiers: z.int(),
    flavours: z.array(z.string()),
    dietary: z.array(z.string()),
    decorations: z.array(z.string()),
    estimate: range,
    fits: z.boolean(),
    summary: z.string(),
  }),
  catering: z.object({
    options: z.array(catererOption),
    guests: z.int(),
    estimate: range,
    fits: z.boolean(),
    summary: z.string(),
  }),
  vendor: z.object({
    choices: z.array(z.object({ service: vendorService, best: vendorOption, alternative: vendorOption.optional() })),
    missingServices: z.array(vendorService),
    vendorIds: z.array(z.string()),
    prices: z.enum(['listed', 'confirmed', 'unconfirmed']),
    fits: z.boolean(),
    summary: z.string(),
  }),
}
/**
 * The result of each search, by the name of its agent.
 *
 * @useDeclaredType
 */
export type Results = { [A in SearchAgent]: z.infer<(typeof results)[A]> }

/** Confirmed prices in whole dollars, by vendor id. */
export const quotes = z.record(z.string(), wholeDollars)
export type Quotes = z.infer<typeof quotes>

// ---------------------------------------------------------------- budget and plan

/** The money of the whole party, in whole dollars. */
export const partyBudget = z.object({
  totalBudget: range,
  breakdown: z.record(z.string(), range),
  previousTotal: range.optional(),
  delta: z.object({ min: z.int(), max: z.int() }).optional(),
  basedOnAgents: z.array(searchAgent),
  missing: z.array(z.string()),
  limit: z.int().min(1).optional(),
  withinLimit: z.boolean().optional(),
  advice: z.array(z.string()),
})
/**
 * What the party costs, and whether that is within the limit.
 *
 * @useDeclaredType
 */
export type PartyBudget = z.infer<typeof partyBudget>

export const recommendation = z.object({
  category: z.string(),
  priority: z.enum(['low', 'medium', 'high', 'critical']),
  description: z.string(),
})
export type Recommendation = z.infer<typeof recommendation>

export const checklistTask = z.object({ id: z.string(), category: searchAgent, text: z.string(), done: z.boolean() })
export type ChecklistTask = z.infer<typeof checklistTask>

/** The plan that the family reads. */
export const partyPlan = z.object({
  summary: z.string(),
  completionPercent: z.int().min(0).max(100),
  recommendations: z.array(recommendation),
  nextSteps: z.array(z.string()).max(5),
  activeAgents: z.array(searchAgent),
  missingAgents: z.array(searchAgent),
  checklist: z.array(checklistTask),
  checklistSummary: z.object({ totalTasks: z.int(), completedTasks: z.int(), pendingTasks: z.int() }),
  budgetSummary: z
    .object({
      totalBudget: range,
      breakdown: z.record(z.string(), range),
      limit: z.int().optional(),
      withinLimit: z.boolean().optional(),
    })
    .optional(),
})
/**
 * The plan: what was chosen, what is missing, how complete it is.
 *
 * @useDeclaredType
 */
export type PartyPlan = z.infer<typeof partyPlan>
