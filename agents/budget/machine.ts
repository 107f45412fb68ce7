import { agentTypes, type EffectLogic } from 'troupe'
import { assign, emit, setup } from 'xstate'
import { partyLimit } from '../party/dependencies.ts'
import {
  agentCompleted,
  agentDataRemoved,
  agentFailed,
  agentShouldExecute,
  briefUpdated,
  budgetUpdated,
} from '../party/events.ts'
import { failureOf } from '../party/failure.ts'
import { followed, noProgress, type Progress, type ProgressEvent } from '../party/progress.ts'
import type { Brief, PartyBudget, Range, Results } from '../party/schemas.ts'

export const hears = [agentShouldExecute, agentCompleted, agentFailed, agentDataRemoved, briefUpdated]
export const says = [budgetUpdated, agentFailed]

/** The input of a total. */
export interface BudgetSources {
  readonly results: Partial<Results>
  readonly limit: number | undefined
  readonly previous: Range | undefined
}

interface Memory {
  readonly progress: Progress
  readonly limit: number | null
  /** The budget that was said last. */
  readonly budget: PartyBudget | null
}

const context: Memory = { progress: noProgress, limit: null, budget: null }

/** The machine of the budget agent: it adds up again when a result comes or goes, and says a changed budget. */
export const budgetMachine = (total: EffectLogic<BudgetSources, PartyBudget>) =>
  setup({
    types: agentTypes({ context, hears, says }),
    actors: { total },
    guards: {
      isNews: ({ context: { budget } }, found: PartyBudget) => !budget || !isSame(budget, found),
    },
    actions: {
      follow: assign(({ context: { progress } }, event: ProgressEvent) => ({ progress: followed(progress, event) })),
      noteLimit: assign((_, brief: Brief) => ({ limit: partyLimit(brief) ?? null })),
      remember: assign((_, budget: PartyBudget) => ({ budget })),
      tell: emit((_, budget: PartyBudget) => budgetUpdated(budget)),
      tellFailed: emit((_, { error }: { error: unknown }) => agentFailed(failureOf('budget', '', error))),
    },
  }).createMachine({
    id: 'budget',
    version: '1',
    context,
    initial: 'idle',
    on: {
      'party.agent.should_execute': { actions: { type: 'follow', params: ({ event }) => event } },
      'party.agent.completed': {
        target: '.working',
        actions: { type: 'follow', params: ({ event }) => event },
      },
      'party.agent.failed': {
        target: '.working',
        // Its own events are left out: they would make it add up again for ever.
        guard: ({ event }) => event.data.agentName !== 'budget',
        actions: { type: 'follow', params: ({ event }) => event },
      },
      'party.agent.data_removed': {
        target: '.working',
        actions: { type: 'follow', params: ({ event }) => event },
      },
      'party.brief.updated': {
        target: '.working',
        actions: { type: 'noteLimit', params: ({ event }) => event.data.brief },
      },
    },
    states: {
      idle: {},
      working: {
        tags: 'busy',
        invoke: {
          id: 'total',
          src: 'total',
          input: ({ context: { progress, limit, budget } }) => ({
            results: progress.results,
            limit: limit ?? undefined,
            previous: budget?.totalBudget,
          }),
          onDone: [
            {
              guard: { type: 'isNews', params: ({ event }) => event.output },
              target: 'idle',
              actions: [
                { type: 'remember', params: ({ event }) => event.output },
                { type: 'tell', params: ({ event }) => event.output },
              ],
            },
            { target: 'idle' },
          ],
          onError: { target: 'failed', actions: { type: 'tellFailed', params: ({ event }) => event } },
        },
      },
      failed: {},
    },
  })

/** Whether two budgets have the same contents, whatever led to them. */
const isSame = (one: PartyBudget, other: PartyBudget): boolean =>
  JSON.stringify(contentsOf(one)) === JSON.stringify(contentsOf(other))

const contentsOf = ({ totalBudget, breakdown, basedOnAgents, missing, limit }: PartyBudget) => [
  totalBudget,
  breakdown,
  basedOnAgents,
  missing,
  limit,
]
