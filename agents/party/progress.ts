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

/** The progress of the search of one agent. */
export interface AgentProgress {
  readonly status: 'running' | 'completed' | 'failed'
  readonly executionId: string
  readonly confidence?: number
  readonly executionTimeMs?: number
  readonly error?: string
}

/** The results so far, and the progress of each search. */
export interface Progress {
  readonly agents: Partial<Record<SearchAgent, AgentProgress>>
  readonly results: Partial<Results>
}

export const noProgress: Progress = { agents: {}, results: {} }

/** A search was ordered. The result of an earlier one stays until this one ends. */
export const ordered = ({ agents, results }: Progress, { agentName, executionId }: Order): Progress => ({
  agents: { ...agents, [agentName]: { status: 'running', executionId } },
  results,
})

/** A search succeeded. It no longer counts if a new one was ordered meanwhile. */
export const completed = (progress: Progress, completion: Completion): Progress => {
  const { agentName, executionId, result, confidence, executionTimeMs } = completion
  if (progress.agents[agentName]?.executionId !== executionId) return progress
  const agent: AgentProgress = { status: 'completed', executionId, confidence, executionTimeMs }
  return {
    agents: { ...progress.agents, [agentName]: agent },
    results: { ...progress.results, [agentName]: result },
  }
}

/** A search failed. The result of an earlier one is removed, because it was for other needs. */
export const failed = (progress: Progress, { agentName, executionId, error }: Failure): Progress => {
  const name = nameOf(progress, agentName)
  if (!name || progress.agents[name]?.executionId !== executionId) return progress
  return {
    agents: { ...progress.agents, [name]: { status: 'failed', executionId, error } },
    results: without(progress.results, name),
  }
}

/** No input asks for this agent any more. */
export const dataRemoved = ({ agents, results }: Progress, agentName: SearchAgent): Progress => ({
  agents: without(agents, agentName),
  results: without(results, agentName),
})

/** The events about the progress of searches. */
export type ProgressEvent = ReturnType<
  typeof agentShouldExecute | typeof agentCompleted | typeof agentFailed | typeof agentDataRemoved
>

/** Updates the progress with one event. */
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
