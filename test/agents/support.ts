import type { EventDefinition, Runtime } from 'troupe'
import {
  agentCompleted,
  agentDataRemoved,
  agentFailed,
  agentShouldExecute,
  briefUpdated,
  budgetUpdated,
  builtInDirectory,
  type Directory,
  definePartyPlanner,
  type inputAdded,
  type inputRemoved,
  type PlannerOptions,
  type PlannerState,
  planUpdated,
  type SearchAgent,
} from 'troupe/agents'
import type * as z from 'zod'
import { startRuntime } from '../support/runtime.ts'

/** The party of the README, input by input, each under the id of the agent that it is for. */
export const sample = [
  { inputId: 'theme', content: 'jungle theme party for 75 guests' },
  { inputId: 'venue', content: 'outdoor venue downtown under $1500' },
  { inputId: 'cake', content: 'two tier vegan chocolate cake' },
  { inputId: 'vendor', content: 'photographer and balloons' },
  { inputId: 'catering', content: 'buffet, two guests are gluten free' },
] as const

export const sampleWithout = (inputId: SearchAgent) => sample.filter(input => input.inputId !== inputId)

type PlannerRuntime = Runtime<PlannerState, typeof inputAdded, typeof inputRemoved>

/** A started runtime that plans parties, with an ear on what its agents say. */
export async function startPlanner(options: PlannerOptions = {}) {
  const { runtime, clock } = await startRuntime({ party: definePartyPlanner(options) })
  return { runtime, clock, heard: listen(runtime) }
}

/** The same with a party that has come to rest. */
export async function planned(inputs: readonly (string | (typeof sample)[number])[], options: PlannerOptions = {}) {
  const started = await startPlanner(options)
  const party = await started.runtime.parties.create({ inputs })
  await party.idle()
  return { ...started, party }
}

/** Everything that is said from now on, by kind. */
function listen(runtime: PlannerRuntime) {
  const all = <T extends string, D extends z.ZodType>(event: EventDefinition<T, D>) => {
    const data: z.output<D>[] = []
    runtime.bus.subscribe(event, envelope => void data.push(envelope.data))
    return data
  }
  return {
    orders: all(agentShouldExecute),
    completions: all(agentCompleted),
    failures: all(agentFailed),
    removals: all(agentDataRemoved),
    briefs: all(briefUpdated),
    budgets: all(budgetUpdated),
    plans: all(planUpdated),
  }
}

/** What a party ends in, however it came there. */
export const outcomeOf = ({ brief, results, budget, plan }: PlannerState) => ({
  brief,
  results,
  budget: budget && { ...budget, previousTotal: undefined, delta: undefined },
  plan,
})

/** The built-in town with some of its lists replaced. */
export const townWith = (lists: Partial<Directory>): Directory => ({ ...builtInDirectory, ...lists })

/** The built-in town in which one agent finds nobody to answer, until `release`. */
export function townSilentFor(agent: SearchAgent) {
  const { promise, resolve } = Promise.withResolvers<void>()
  const lists = {
    theme: { themes: async () => promise.then(() => builtInDirectory.themes()) },
    venue: { venues: async () => promise.then(() => builtInDirectory.venues()) },
    cake: { bakeries: async () => promise.then(() => builtInDirectory.bakeries()) },
    catering: { caterers: async () => promise.then(() => builtInDirectory.caterers()) },
    vendor: { vendors: async () => promise.then(() => builtInDirectory.vendors()) },
  }
  return { directory: townWith(lists[agent]), release: () => resolve() }
}
