import { defineEvent, defineRequest } from 'troupe'
import * as z from 'zod'
import {
  brief,
  needs,
  partyBudget,
  partyFeedback,
  partyInput,
  partyPlan,
  quotes,
  results,
  type SearchAgent,
  searchAgent,
} from './schemas.ts'

/** The events of a party that is being planned: the nine of the event-driven party planner, and what Troupe adds. */

const confidence = z.number().min(0).max(1)
const reason = z.string()

export const inputAdded = defineEvent('party.input.added', partyInput, {
  description: 'Somebody added an input.',
})

export const inputRemoved = defineEvent(
  'party.input.removed',
  z.object({
    inputId: z.string().min(1),
    removedBy: z.string().min(1).default('user'),
    reason: z.enum(['user_action', 'duplicate', 'invalid']).default('user_action'),
  }),
  { description: 'Somebody removed an input.' },
)

const execution = { executionId: z.string() }

const orderFor = <A extends SearchAgent>(agentName: A) =>
  z.object({
    agentName: z.literal(agentName),
    ...execution,
    executionType: z.enum(['start', 'rerun', 'recalculate']),
    /** The inputs that asked for it. */
    inputIds: z.array(z.string()),
    /** 1 is the most urgent. */
    priority: z.int().min(1).max(5),
    reason,
    needs: needs[agentName],
  })

/** The orders, by agent. */
export const orders = {
  theme: orderFor('theme'),
  venue: orderFor('venue'),
  cake: orderFor('cake'),
  catering: orderFor('catering'),
  vendor: orderFor('vendor'),
}

export const agentShouldExecute = defineEvent(
  'party.agent.should_execute',
  z.discriminatedUnion('agentName', [orders.theme, orders.venue, orders.cake, orders.catering, orders.vendor]),
  { description: 'The input analyzer wants an agent to search.' },
)

export const agentStarted = defineEvent(
  'party.agent.started',
  z.object({ agentName: searchAgent, ...execution, inputCount: z.int().min(0), message: z.string() }),
  { description: 'An agent began a search.' },
)

const completionBy = <A extends SearchAgent>(agentName: A) =>
  z.object({
    agentName: z.literal(agentName),
    ...execution,
    result: results[agentName],
    confidence,
    executionTimeMs: z.number().min(0),
  })

export const agentCompleted = defineEvent(
  'party.agent.completed',
  z.discriminatedUnion('agentName', [
    completionBy('theme'),
    completionBy('venue'),
    completionBy('cake'),
    completionBy('catering'),
    completionBy('vendor'),
  ]),
  { description: 'An agent found something.' },
)

export const agentFailed = defineEvent(
  'party.agent.failed',
  z.object({
    agentName: z.string(),
    ...execution,
    error: z.string(),
    errorType: z.enum(['timeout', 'validation', 'external_api', 'internal']),
    retryCount: z.int().min(0),
  }),
  { description: 'An agent could not finish its work, or was silent for too long.' },
)

export const agentDataRemoved = defineEvent(
  'party.agent.data_removed',
  z.object({ agentName: searchAgent, reason, removedInputId: z.string().optional() }),
  { description: 'What an agent had found no longer stands on any input.' },
)

export const briefUpdated = defineEvent(
  'party.brief.updated',
  z.object({
    inputId: z.string(),
    brief,
    /** What to ask the family, when nothing was understood. */
    clarification: z.string().optional(),
  }),
  { description: 'What all inputs say together has changed.' },
)

export const budgetUpdated = defineEvent('party.budget.updated', partyBudget, {
  description: 'What the party costs has changed.',
})

export const planUpdated = defineEvent('party.plan.updated', partyPlan, { description: 'The plan has changed.' })

export const taskCompleted = defineEvent(
  'party.task.completed',
  z.object({ taskId: z.string(), completedBy: z.string().default('user') }),
  { description: 'Somebody ticked off a task of the checklist.' },
)

export const feedbackGiven = defineEvent('party.feedback.given', partyFeedback, {
  description: 'Somebody said what they think of the plan or of the party.',
})

export const quotesSilenced = defineEvent('quotes.silenced', z.object({ silent: z.boolean() }), {
  description: 'Tells the quotes desk to answer nobody, or to answer again.',
})

export const guestCount = defineRequest('guests.count', {
  input: z.object({ why: z.string() }),
  output: z.object({ guests: z.int().min(1), known: z.boolean() }),
  description: 'Asks for how many guests the party is planned, and whether anybody said so.',
})

export const vendorQuotes = defineRequest('quotes.vendors', {
  input: z.object({ vendorIds: z.array(z.string()), date: z.string().optional() }),
  output: z.object({ prices: quotes }),
  description: 'Asks what vendors would charge on the day.',
})

/**
 * An order to an agent, as `party.agent.should_execute` carries it.
 *
 * @useDeclaredType
 */
export type Order = z.output<typeof agentShouldExecute.schema>
/**
 * The event that an agent says when its search has a result.
 *
 * @useDeclaredType
 */
export type Completion = z.output<typeof agentCompleted.schema>
/**
 * The event that an agent says when its search has failed.
 *
 * @useDeclaredType
 */
export type Failure = z.output<typeof agentFailed.schema>
/** The result of a search: a completion without its execution. */
export type Found = Completion extends infer C ? (C extends Completion ? Omit<C, 'executionId'> : never) : never
/** The result of the vendor search. */
export type FoundVendors = Extract<Found, { readonly agentName: 'vendor' }>
