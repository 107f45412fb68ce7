import { defineParty } from 'troupe'
import { budgetAgent } from '../budget/agent.ts'
import { cakeAgent } from '../cake/agent.ts'
import { cateringAgent } from '../catering/agent.ts'
import { finalPlannerAgent } from '../final-planner/agent.ts'
import { inputAnalyzerAgent, type Reader, readByRules } from '../input-analyzer/agent.ts'
import { quotesAgent } from '../quotes/agent.ts'
import { themeAgent } from '../theme/agent.ts'
import { vendorAgent } from '../vendor/agent.ts'
import { venueAgent } from '../venue/agent.ts'
import { builtInDirectory, checkedDirectory, type Directory } from './directory.ts'
import {
  agentCompleted,
  agentDataRemoved,
  agentFailed,
  agentShouldExecute,
  briefUpdated,
  budgetUpdated,
  feedbackGiven,
  inputAdded,
  inputRemoved,
  planUpdated,
  taskCompleted,
} from './events.ts'
import { followed, noProgress, type Progress, type ProgressEvent } from './progress.ts'
import type { Brief, PartyBudget, PartyFeedback, PartyPlan } from './schemas.ts'

/** The state of a party that is being planned, besides its inputs, status and version. */
export interface PlannerState extends Progress {
  /** The meaning of all inputs together; none before the first was read. */
  readonly brief: Brief | null
  readonly budget: PartyBudget | null
  readonly plan: PartyPlan | null
  /** The newest 100 pieces of feedback, in order. */
  readonly userFeedback: readonly PartyFeedback[]
}

const mostFeedback = 100

const initial: PlannerState = { ...noProgress, brief: null, budget: null, plan: null, userFeedback: [] }

const follow = (state: Progress, event: ProgressEvent) => void Object.assign(state, followed(state, event))

/** The parts that the planner uses; each has a default. */
export interface PlannerOptions {
  /** Where venues, bakeries, caterers and vendors are looked up; every list is checked. The built-in town by default. */
  readonly directory?: Directory
  /** How inputs are read; by rules by default. */
  readonly read?: Reader
}

/**
 * Declares the party planner over your own sources.
 *
 * @example
 * const runtime = createRuntime({ party: definePartyPlanner({ directory: myTown }) })
 */
export const definePartyPlanner = (options: PlannerOptions = {}) => {
  const { read = readByRules } = options
  const directory = options.directory ? checkedDirectory(options.directory) : builtInDirectory
  return defineParty({
    name: 'party-planner',
    agents: [
      inputAnalyzerAgent(read),
      themeAgent(directory),
      venueAgent(directory),
      cakeAgent(directory),
      cateringAgent(directory),
      vendorAgent(directory),
      budgetAgent(),
      finalPlannerAgent(),
    ],
    shared: [quotesAgent(directory)],
    events: [
      agentShouldExecute,
      agentCompleted,
      agentFailed,
      agentDataRemoved,
      briefUpdated,
      budgetUpdated,
      planUpdated,
      taskCompleted,
      feedbackGiven,
    ],
    inputs: { added: inputAdded, removed: inputRemoved },
    state: {
      initial,
      on: {
        'party.agent.should_execute': follow,
        'party.agent.completed': follow,
        'party.agent.failed': follow,
        'party.agent.data_removed': follow,
        'party.brief.updated': (state, { data }) => void (state.brief = data.brief),
        'party.budget.updated': (state, { data }) => void (state.budget = data),
        'party.plan.updated': (state, { data }) => void (state.plan = data),
        'party.feedback.given': (state, { data }) =>
          void (state.userFeedback = [...state.userFeedback, data].slice(-mostFeedback)),
      },
      completed: ({ plan, agents }) =>
        plan?.completionPercent === 100 && Object.values(agents).every(({ status }) => status !== 'running'),
      figures: ({ results }) => ({ results: Object.keys(results).length }),
    },
  })
}

/** The party planner over the built-in town. */
export const partyPlanner = definePartyPlanner()
