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
  type Completion,
  type Failure,
  type Order,
} from '../party/events.ts'
import { failureOf } from '../party/failure.ts'
import { completed, dataRemoved, failed, noProgress, ordered, type Progress } from '../party/progress.ts'
import type { Brief, PartyBudget, Range, Results, SearchAgent } from '../party/schemas.ts'

export const hears = [agentShouldExecute, agentCompleted, agentFailed, agentDataRemoved, briefUpdated]
export const says = [budgetUpdated, agentFailed]

/** What a total is made from. */
export interface BudgetSources {
  readonly results: Partial<Results>
  readonly limit: number | undefined
  readonly previous: Range | undefined
}

interface Memory {
  readonly progress: Progress
  readonly limit: number | null
  /** The budget that was told last. */
  readonly budget: PartyBudget | null
}

const context: Memory = { progress: noProgress, limit: null, budget: null }

/** The machine of the budget agent: it adds up anew whenever a result comes or goes, and tells what has changed. */
export const budgetMachine = (total: EffectLogic<BudgetSources, PartyBudget>) =>
  setup({
    types: agentTypes({ context, hears, says }),
    actors: { total },
    guards: {
      isNews: ({ context: { budget } }, found: PartyBudget) => !budget || !isSame(budget, found),
    },
    actions: {
      noteOrder: assign(({ context: { progress } }, order: Order) => ({ progress: ordered(progress, order) })),
      noteCompletion: assign(({ context: { progress } }, completion: Completion) => ({
        progress: completed(progress, completion),
      })),
      noteFailure: assign(({ context: { progress } }, failure: Failure) => ({ progress: failed(progress, failure) })),
      noteRemoval: assign(({ context: { progress } }, agentName: SearchAgent) => ({
        progress: dataRemoved(progress, agentName),
      })),
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
      'party.agent.should_execute': { actions: { type: 'noteOrder', params: ({ event }) => event.data } },
      'party.agent.completed': {
        target: '.working',
        actions: { type: 'noteCompletion', params: ({ event }) => event.data },
      },
      'party.agent.failed': {
        target: '.working',
        // What it said itself would make it try again for ever.
        guard: ({ event }) => event.data.agentName !== 'budget',
        actions: { type: 'noteFailure', params: ({ event }) => event.data },
      },
      'party.agent.data_removed': {
        target: '.working',
        actions: { type: 'noteRemoval', params: ({ event }) => event.data.agentName },
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

/** Whether two budgets say the same, however each came about. */
const isSame = (one: PartyBudget, other: PartyBudget): boolean =>
  JSON.stringify(told(one)) === JSON.stringify(told(other))

const told = ({ totalBudget, breakdown, basedOnAgents, missing, limit }: PartyBudget) => [
  totalBudget,
  breakdown,
  basedOnAgents,
  missing,
  limit,
]
