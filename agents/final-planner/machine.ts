import { agentTypes, type EffectLogic } from 'troupe'
import { assign, emit, setup } from 'xstate'
import {
  agentCompleted,
  agentDataRemoved,
  agentFailed,
  agentShouldExecute,
  briefUpdated,
  budgetUpdated,
  type Failure,
  inputAdded,
  inputRemoved,
  planUpdated,
  taskCompleted,
} from '../party/events.ts'
import { failureOf } from '../party/failure.ts'
import { failures, followed, noProgress, type Progress, type ProgressEvent } from '../party/progress.ts'
import { type Brief, type PartyBudget, type PartyInput, type PartyPlan, searchAgent } from '../party/schemas.ts'
import type { PlanSources } from './sources.ts'

export const hears = [
  inputAdded,
  inputRemoved,
  agentShouldExecute,
  agentCompleted,
  agentFailed,
  agentDataRemoved,
  briefUpdated,
  budgetUpdated,
  taskCompleted,
]
export const says = [planUpdated, agentFailed]

interface Memory {
  readonly progress: Progress
  readonly brief: Brief | null
  readonly budget: PartyBudget | null
  readonly inputs: readonly { readonly inputId: string; readonly content: string }[]
  readonly doneTasks: readonly string[]
  /** Failures of agents that do not search. */
  readonly troubles: readonly Pick<Failure, 'agentName' | 'executionId' | 'error'>[]
  /** The plan that was said last. */
  readonly plan: PartyPlan | null
}

const context: Memory = {
  progress: noProgress,
  brief: null,
  budget: null,
  inputs: [],
  doneTasks: [],
  troubles: [],
  plan: null,
}

/** The machine of the final planner: it writes the plan again when one of its sources changes. */
export const finalPlannerMachine = (write: EffectLogic<PlanSources | null, PartyPlan>) =>
  setup({
    types: agentTypes({ context, hears, says }),
    actors: { write },
    guards: {
      isNews: ({ context: { plan } }, written: PartyPlan) => JSON.stringify(plan) !== JSON.stringify(written),
    },
    actions: {
      noteInput: assign(({ context: { inputs } }, { inputId, content }: PartyInput) => ({
        inputs: [...inputs, { inputId, content }],
      })),
      forgetInput: assign(({ context: { inputs, troubles } }, inputId: string) => ({
        inputs: inputs.filter(input => input.inputId !== inputId),
        // For the input analyzer, each execution is an input.
        troubles: troubles.filter(({ executionId }) => executionId !== inputId),
      })),
      follow: assign(({ context: { progress } }, event: ProgressEvent) => ({ progress: followed(progress, event) })),
      noteTrouble: assign(({ context: { troubles } }, failure: Failure) => ({
        troubles: searchAgent.safeParse(failure.agentName).success ? troubles : [...troubles, failure],
      })),
      noteBrief: assign((_, brief: Brief) => ({ brief })),
      noteBudget: assign((_, budget: PartyBudget) => ({ budget })),
      tickOff: assign(({ context: { doneTasks } }, taskId: string) => ({
        doneTasks: [...new Set([...doneTasks, taskId])],
      })),
      remember: assign((_, plan: PartyPlan) => ({ plan })),
      tell: emit((_, plan: PartyPlan) => planUpdated(plan)),
      tellFailed: emit((_, { error }: { error: unknown }) => agentFailed(failureOf('final-planner', '', error))),
    },
  }).createMachine({
    id: 'final-planner',
    version: '1',
    context,
    initial: 'idle',
    on: {
      'party.input.added': { actions: { type: 'noteInput', params: ({ event }) => event.data } },
      'party.input.removed': { actions: { type: 'forgetInput', params: ({ event }) => event.data.inputId } },
      'party.agent.should_execute': { actions: { type: 'follow', params: ({ event }) => event } },
      'party.agent.completed': {
        target: '.working',
        actions: { type: 'follow', params: ({ event }) => event },
      },
      'party.agent.failed': {
        target: '.working',
        // Its own events are left out: they would make it write again for ever.
        guard: ({ event }) => event.data.agentName !== 'final-planner',
        actions: [
          { type: 'follow', params: ({ event }) => event },
          { type: 'noteTrouble', params: ({ event }) => event.data },
        ],
      },
      'party.agent.data_removed': {
        target: '.working',
        actions: { type: 'follow', params: ({ event }) => event },
      },
      'party.brief.updated': {
        target: '.working',
        actions: { type: 'noteBrief', params: ({ event }) => event.data.brief },
      },
      'party.budget.updated': {
        target: '.working',
        actions: { type: 'noteBudget', params: ({ event }) => event.data },
      },
      'party.task.completed': {
        target: '.working',
        actions: { type: 'tickOff', params: ({ event }) => event.data.taskId },
      },
    },
    states: {
      idle: {},
      working: {
        tags: 'busy',
        invoke: {
          id: 'write',
          src: 'write',
          input: ({ context: { progress, brief, budget, inputs, doneTasks, troubles } }) =>
            brief && {
              results: progress.results,
              brief,
              budget: budget ?? undefined,
              failed: [
                ...failures(progress),
                ...troubles.map(({ agentName, error }) => ({ agent: agentName, reason: error })),
              ],
              inputs,
              doneTasks,
            },
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
