import {
  type Brief,
  type ChecklistTask,
  dollars,
  type PartyBudget,
  type PartyPlan,
  type Range,
  type Recommendation,
  type Results,
  type SearchAgent,
  searchAgents,
} from '../party/schemas.ts'
import { isOpen, questionsOf } from './questions.ts'
import type { PlanSources } from './sources.ts'
import { listed, sentences } from './wording.ts'

/** The agents whose results a complete plan needs, besides a budget. */
export const requiredAgents = ['theme', 'venue', 'cake', 'catering'] as const

/**
 * Writes the plan: what to book, in which order, and what is still open. Complete means theme, venue, cake, catering
 * (or that the family has them already) and a budget with at least one result, 20 percent each.
 */
export const writePlan = (sources: PlanSources): PartyPlan => {
  const { results, budget, brief } = sources
  const isActive = (agent: SearchAgent): boolean => results[agent] !== undefined
  const isThere = (agent: SearchAgent): boolean => isActive(agent) || isArranged(brief, agent)
  const done = requiredAgents.filter(isThere).length + (hasBudget(budget) ? 1 : 0)
  const expected = searchAgents.filter(agent => agent !== 'vendor' || brief.wanted.vendor !== undefined)
  const checklist = checklistOf(sources)
  const completedTasks = checklist.filter(task => task.done).length
  return {
    summary: summaryOf(sources),
    completionPercent: (done * 100) / (requiredAgents.length + 1),
    recommendations: [...recommendationsOf(sources), ...questionsOf(sources)],
    nextSteps: nextStepsOf(sources, checklist).slice(0, 5),
    activeAgents: searchAgents.filter(isActive),
    missingAgents: expected.filter(agent => !isThere(agent)),
    checklist,
    checklistSummary: {
      totalTasks: checklist.length,
      completedTasks,
      pendingTasks: checklist.length - completedTasks,
    },
    ...(budget && {
      budgetSummary: {
        totalBudget: budget.totalBudget,
        breakdown: budget.breakdown,
        ...(budget.limit !== undefined && { limit: budget.limit }),
        ...(budget.withinLimit !== undefined && { withinLimit: budget.withinLimit }),
      },
    }),
  }
}

/** Whether the family has arranged it already. */
const isArranged = (brief: Brief, agent: SearchAgent): boolean =>
  brief.arranged?.some(({ value }) => value === agent) ?? false

const hasBudget = (budget: PartyBudget | undefined): boolean => (budget?.basedOnAgents.length ?? 0) > 0

const summaryOf = ({ results: { theme, venue, cake, catering }, brief, budget }: PlanSources): string => {
  const kind = theme?.fits ? `${article(theme.name)} ${theme.name} party` : 'A party'
  const guests = brief.guests === undefined ? '' : ` for ${brief.guests.value} guests`
  const where = venue?.options[0] ? ` at ${venue.options[0].name}` : ''
  const when = brief.date === undefined ? '' : ` on ${readableDate(brief.date.value)}`
  const dishes = [
    cake?.options[0] && `cake from ${cake.options[0].name}`,
    catering?.options[0] && `food by ${catering.options[0].name}`,
  ].filter(dish => dish !== undefined)
  const table = dishes.length === 0 ? '' : `, with ${listed(dishes)}`
  const price = budget && hasBudget(budget) ? `, for ${inRange(budget.totalBudget)}` : ''
  return `${kind}${guests}${where}${when}${table}${price}.`
}

// ---------------------------------------------------------------- recommendations

const priorities = {
  theme: 'high',
  venue: 'critical',
  cake: 'medium',
  catering: 'medium',
  vendor: 'low',
  budget: 'high',
} as const

const recommendationsOf = (sources: PlanSources): Recommendation[] => {
  const { results, brief, budget } = sources
  const failed = (sources.failed ?? []).map(({ agent }) => agent)
  const isOwn = (agent: SearchAgent): boolean => results[agent] === undefined && isArranged(brief, agent)
  const open = requiredAgents.filter(agent => results[agent] === undefined && !failed.includes(agent) && !isOwn(agent))
  const lines: { category: keyof typeof priorities; description: string }[] = [
    ...(results.theme ? [{ category: 'theme' as const, description: adviseTheme(results.theme) }] : []),
    ...(results.venue ? [{ category: 'venue' as const, description: adviseVenue(results.venue) }] : []),
    ...(results.cake ? [{ category: 'cake' as const, description: adviseCake(results.cake) }] : []),
    ...(results.catering
      ? [{ category: 'catering' as const, description: adviseCaterer(results.catering, brief) }]
      : []),
    ...(results.vendor
      ? adviseVendors(results.vendor).map(text => ({ category: 'vendor' as const, description: text }))
      : []),
    ...searchAgents.filter(isOwn).map(agent => ({ category: agent, description: ownOf(agent) })),
    ...open.map(agent => ({ category: agent, description: stillOpen[agent] })),
    ...(budget ? [{ category: 'budget' as const, description: adviseBudget(budget) }] : []),
  ]
  return lines.map(({ category, description }) => ({ category, priority: priorities[category], description }))
}

const ownOf = (agent: SearchAgent): string =>
  agent === 'vendor' ? 'Some helpers are hired already.' : `The ${dishes[agent]} is arranged already.`

const dishes = { theme: 'theme', venue: 'venue', cake: 'cake', catering: 'food' }

const stillOpen = {
  theme: 'There is no theme yet. It decides the decorations, the games and the look of the cake.',
  venue: 'There is no venue yet. Say where the party should be, indoors or outdoors, and how many guests come.',
  cake: 'There is no cake yet. Say which flavours you like and what the cake must not contain.',
  catering: 'There is no food yet. Say what kind of meal you want and who needs a special diet.',
}

const adviseTheme = ({ name, fits, colours, decorations, activities, summary }: Results['theme']): string => {
  const lead = fits ? `Go with the ${name} theme in ${listed(colours)}.` : summary
  return `${lead} Put up ${listed(decorations)}. Games to play: ${listed(activities)}.`
}

const adviseVenue = ({ options, summary }: Results['venue']): string => {
  const [best, next] = options
  if (best === undefined) return summary
  const price = best.pricePerDay === 0 ? 'free of charge' : `${dollars(best.pricePerDay)} a day`
  const setting = best.setting === 'both' ? 'indoor and outdoor' : best.setting
  return sentences([
    best.kind === 'home'
      ? `Celebrate at home: there is room for ${best.capacity}`
      : `Book ${best.name} (${best.area}, ${setting}, holds ${best.capacity}, ${price})`,
    best.permitNote,
    missesOf(best),
    next && `If it is taken, ask ${next.name} (${dollars(next.pricePerDay)} a day)${butOf(next)}`,
  ])
}

const adviseCake = ({ options, size, decorations, summary }: Results['cake']): string => {
  const [best, next] = options
  if (best === undefined) return summary
  const what = [size, best.tiers > 1 ? `${best.tiers}-tier` : '', ...best.dietary, best.flavours.join(' and ')].filter(
    word => word !== '',
  )
  const look = best.custom && decorations.length > 0 ? ` with ${listed(decorations)}` : ''
  return sentences([
    `Order a ${what.join(' ')} cake${look} from ${best.name}, ${inRange(best.estimate)}`,
    missesOf(best),
    next && `The next best is ${next.name} at ${dollars(next.price)}${butOf(next)}`,
  ])
}

const adviseCaterer = ({ options, guests, summary }: Results['catering'], brief: Brief): string => {
  const [best, next] = options
  if (best === undefined) return summary
  const style = brief.style && best.styles.includes(brief.style.value) ? ` (${brief.style.value})` : ''
  const price = `${dollars(best.pricePerPerson)} per person, ${inRange(best.estimate)} in all`
  const diets = dietsOf(brief)
  return sentences([
    `Let ${best.name}${style} feed ${guests} guests at ${price}`,
    diets.length > 0 ? `Tell them: ${listed(diets)}` : undefined,
    missesOf(best),
    next && `The next best is ${next.name} at ${dollars(next.pricePerPerson)} per person${butOf(next)}`,
  ])
}

const adviseVendors = ({ choices, missingServices }: Results['vendor']): string[] => [
  ...choices.map(({ service, best, alternative }) =>
    sentences([
      `Hire ${best.name} for ${service}: ${dollars(best.price)}, ${best.confirmed ? 'confirmed' : 'not confirmed yet'}`,
      missesOf(best),
      alternative && `Otherwise ${alternative.name} at ${dollars(alternative.price)}${butOf(alternative)}`,
    ]),
  ),
  ...missingServices.map(service => `Nobody in our directory offers ${service}. Ask friends or look around town.`),
]

const adviseBudget = ({ totalBudget, missing, basedOnAgents, advice }: PartyBudget): string => {
  const gaps = basedOnAgents.length > 0 && missing.length > 0 ? `Not counted yet: ${listed(missing)}` : undefined
  return sentences([`Plan with ${inRange(totalBudget)}`, totalBudget.note, ...advice, gaps])
}

// ---------------------------------------------------------------- what to do

const nextStepsOf = ({ results, brief, failed = [] }: PlanSources, checklist: readonly ChecklistTask[]): string[] => {
  const failedAgents = failed.map(({ agent }) => agent)
  const isUrgent = brief.ignored.some(({ field }) => isOpen(field))
  const isUnclear = !isUrgent && brief.unclassified.length > 0
  const explain = 'Explain what we did not understand.'
  const missing = requiredAgents.filter(
    agent => results[agent] === undefined && !failedAgents.includes(agent) && !isArranged(brief, agent),
  )
  const task = (id: string): string[] => checklist.filter(one => one.id === id && !one.done).map(({ text }) => text)
  const unconfirmed = results.vendor?.choices.filter(({ best }) => !best.confirmed).map(({ best }) => best.name) ?? []
  const toHire = results.vendor?.choices.filter(({ best }) => best.confirmed).map(({ best }) => best.name) ?? []
  return [
    ...(isUrgent ? [explain] : []),
    ...failedAgents.map(agent => `Try the ${agent} search again.`),
    ...missing.map(agent => firstStep[agent]),
    ...(brief.guests === undefined ? ['Tell us how many guests come.'] : []),
    ...(isUnclear ? [explain] : []),
    ...(brief.date === undefined ? ['Choose the day of the party.'] : []),
    ...(results.venue ? task('venue-book') : []),
    ...(results.catering ? task('catering-book') : []),
    ...(results.cake ? task('cake-order') : []),
    ...(unconfirmed.length > 0 ? [`Ask for a firm price: ${listed(unconfirmed)}.`] : []),
    ...(toHire.length > 0 ? [`Book ${listed(toHire)}.`] : []),
    ...(results.theme ? task('theme-decorations') : []),
    ...task('theme-invitations'),
  ]
}

const firstStep = {
  theme: 'Name a theme.',
  venue: 'Describe the venue you want.',
  cake: 'Add your wishes for the cake.',
  catering: 'Say what food you want.',
}

/** Three tasks for each required agent. Their ids never change, and their texts have names once there is a result. */
const checklistOf = ({ results, brief, doneTasks = [] }: PlanSources): ChecklistTask[] => {
  const { theme } = results
  const venue = results.venue?.options[0]
  const bakery = results.cake?.options[0]
  const caterer = results.catering?.options[0]
  const diets = dietsOf(brief)
  const tasks: [SearchAgent, string, string][] = [
    ['theme', 'theme-invitations', `Send ${theme?.fits ? `${theme.name} ` : ''}invitations with day, time and place.`],
    ['theme', 'theme-decorations', theme ? `Get ${listed(theme.decorations)}.` : 'Get the decorations.'],
    ['theme', 'theme-activities', theme ? `Prepare the games: ${listed(theme.activities)}.` : 'Prepare the games.'],
    ['venue', 'venue-visit', venue ? `Have a look at ${venue.name}.` : 'Visit the venue.'],
    ['venue', 'venue-book', bookVenue(venue)],
    ['venue', 'venue-directions', 'Tell the guests how to get there and where to park.'],
    [
      'cake',
      'cake-order',
      bakery ? `Order the cake from ${bakery.name} (${dollars(bakery.price)}).` : 'Order the cake.',
    ],
    ['cake', 'cake-details', 'Agree on flavours, diets and decorations with the bakery.'],
    ['cake', 'cake-pickup', 'Decide who picks up the cake, and bring candles and a knife.'],
    ['catering', 'catering-book', caterer ? `Book ${caterer.name}.` : 'Book the food.'],
    ['catering', 'catering-menu', `Settle the menu${diets.length > 0 ? ` (${listed(diets)})` : ''}.`],
    ['catering', 'catering-headcount', 'Tell the caterer the final number of guests a week before.'],
  ]
  const isDone = (category: SearchAgent, id: string): boolean =>
    doneTasks.includes(id) || (bookings.includes(id) && results[category] === undefined && isArranged(brief, category))
  return tasks.map(([category, id, text]) => ({ id, category, text, done: isDone(category, id) }))
}

const bookings = ['venue-book', 'cake-order', 'catering-book']

const bookVenue = (venue: Results['venue']['options'][number] | undefined): string => {
  if (venue === undefined) return 'Book the venue.'
  if (venue.kind === 'home') return 'Make room at home.'
  return `Book ${venue.name}${venue.permitNote === undefined ? '' : ' and get the permit'}.`
}

// ---------------------------------------------------------------- wording

const dietsOf = (brief: Brief): string[] => [
  ...new Set(
    brief.dietary
      .filter(({ value }) => value.about !== 'cake')
      .map(({ value: { need, guests, allergy } }) =>
        [need, guests === undefined ? '' : ` for ${guests}`, allergy === true ? ' (allergy)' : ''].join(''),
      ),
  ),
]

const missesOf = ({ misses }: { misses: readonly string[] }): string | undefined =>
  misses.length === 0 ? undefined : `Mind that it ${listed(misses)}`

const butOf = ({ misses }: { misses: readonly string[] }): string =>
  misses.length === 0 ? '' : `, but it ${listed(misses)}`

const inRange = ({ min, max }: Range): string =>
  min === max ? `about ${dollars(min)}` : `about ${dollars(min)} to ${dollars(max)}`

const article = (word: string): string => (/^[aeio]/.test(word) ? 'An' : 'A')

const monthNames = 'January February March April May June July August September October November December'.split(' ')

const readableDate = (date: string): string => {
  const [year, month, day] = date.split('-')
  return `${monthNames[Number(month) - 1]} ${Number(day)}, ${year}`
}
