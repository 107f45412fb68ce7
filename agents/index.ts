export { type Reader, readByRules } from './input-analyzer/agent.ts'
export { builtInDirectory, checkedDirectory, type Directory, type DirectorySource } from './party/directory.ts'
export * from './party/events.ts'
export { definePartyPlanner, type PlannerOptions, type PlannerState, partyPlanner } from './party/planner.ts'
export type { AgentProgress, Progress } from './party/progress.ts'
export type {
  AnalysedInput,
  Brief,
  PartyBudget,
  PartyFeedback,
  PartyInput,
  PartyPlan,
  Results,
  SearchAgent,
} from './party/schemas.ts'
