import type {
  agentCompleted,
  agentDataRemoved,
  agentFailed,
  agentShouldExecute,
  Completion,
  Failure,
  Order,
} from './events.ts'
import type { Results, SearchAgent } from './schemas.ts'

/** Where one agent's search stands. */
export interface AgentProgress {
  readonly status: 'running' | 'completed' | 'failed'
  readonly executionId: string
  readonly confidence?: number
  readonly executionTimeMs?: number
  readonly error?: string
}

/** What has been found so far, and where every search stands. */
export interface Progress {
  readonly agents: Partial<Record<SearchAgent, AgentProgress>>
  readonly results: Partial<Results>
}

export const noProgress: Progress = { agents: {}, results: {} }

/** A search was ordered; what an earlier one found stays until this one ends. */
export const ordered = ({ agents, results }: Progress, { agentName, executionId }: Order): Progress => ({
  agents: { ...agents, [agentName]: { status: 'running', executionId } },
  results,
})

/** A search ended well; one that was ordered anew meanwhile no longer counts. */
export const completed = (progress: Progress, completion: Completion): Progress => {
  const { agentName, executionId, result, confidence, executionTimeMs } = completion
  if (progress.agents[agentName]?.executionId !== executionId) return progress
  const agent: AgentProgress = { status: 'completed', executionId, confidence, executionTimeMs }
  return {
    agents: { ...progress.agents, [agentName]: agent },
    results: { ...progress.results, [agentName]: result },
  }
}

/** A search failed: what an earlier one found stood on other needs, so it goes. */
export const failed = (progress: Progress, { agentName, executionId, error }: Failure): Progress => {
  const name = nameOf(progress, agentName)
  if (!name || progress.agents[name]?.executionId !== executionId) return progress
  return {
    agents: { ...progress.agents, [name]: { status: 'failed', executionId, error } },
    results: without(progress.results, name),
  }
}

/** Nothing asks for this agent any more. */
export const dataRemoved = ({ agents, results }: Progress, agentName: SearchAgent): Progress => ({
  agents: without(agents, agentName),
  results: without(results, agentName),
})

/** The events that tell how searches go. */
export type ProgressEvent = ReturnType<
  typeof agentShouldExecute | typeof agentCompleted | typeof agentFailed | typeof agentDataRemoved
>

/** Follows what is told of searches, one event after the other. */
export const followed = (progress: Progress, event: ProgressEvent): Progress => {
  switch (event.type) {
    case 'party.agent.should_execute':
      return ordered(progress, event.data)
    case 'party.agent.completed':
      return completed(progress, event.data)
    case 'party.agent.failed':
      return failed(progress, event.data)
    case 'party.agent.data_removed':
      return dataRemoved(progress, event.data.agentName)
  }
}

/** The searches that failed, and why. */
export const failures = ({ agents }: Progress): readonly { readonly agent: SearchAgent; readonly reason: string }[] =>
  namesIn(agents).flatMap(agent => {
    const { status, error = '' } = agents[agent] ?? {}
    return status === 'failed' ? [{ agent, reason: error }] : []
  })

const namesIn = (agents: Progress['agents']): SearchAgent[] =>
  (['theme', 'venue', 'cake', 'catering', 'vendor'] as const).filter(name => agents[name] !== undefined)

const nameOf = ({ agents }: Progress, agentName: string): SearchAgent | undefined =>
  namesIn(agents).find(name => name === agentName)

const without = <T extends object, K extends keyof T>(values: T, key: K): Omit<T, K> => {
  const { [key]: _gone, ...rest } = values
  return rest
}
