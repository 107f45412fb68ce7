import { dependsOn, guestsOf, needsOf, priorityOf } from '../party/dependencies.ts'
import { agentShouldExecute, type Order } from '../party/events.ts'
import { dataRemoved, ordered, type Progress } from '../party/progress.ts'
import { type AnalysedInput, type Brief, type SearchAgent, searchAgents } from '../party/schemas.ts'
import { briefOf } from './brief.ts'

/** What the input analyzer knows: the inputs as it understood them, and the progress of each search. */
export interface Notes {
  /** In the order in which they were added. */
  readonly analysed: readonly AnalysedInput[]
  readonly progress: Progress
  /** What each agent was last ordered to find, as JSON: equal needs are equal text. */
  readonly needs: Partial<Record<SearchAgent, string>>
  /** How many searches were ever ordered. */
  readonly executions: number
}

/** Why a decision is made. */
export interface Occasion {
  readonly kind: 'added' | 'removed' | 'ended'
  readonly inputId?: string
}

/** An agent that no input asks for any more. */
export interface Removal {
  readonly agentName: SearchAgent
  readonly reason: string
  readonly removedInputId?: string
}

/** The events to say now, and the knowledge after that. */
export interface Decision {
  readonly notes: Notes
  readonly removals: readonly Removal[]
  readonly orders: readonly Order[]
}

const byUrgency = [...searchAgents].toSorted((one, other) => priorityOf(one) - priorityOf(other))

/**
 * Decides which agents have to search: an agent that an input asks for, once the agents whose results it uses are done. It
 * searches again only if what it depends on has changed. An agent that no input asks for any more loses its result.
 */
export const decide = (notes: Notes, occasion: Occasion): Decision => {
  const brief = briefOf(notes.analysed)
  const removals: Removal[] = []
  const orders: Order[] = []
  let { progress, needs, executions } = notes
  for (const agentName of byUrgency) {
    const wanted = needsOf(agentName, brief, progress.results)
    if (wanted === undefined) {
      if (needs[agentName] === undefined) continue
      progress = dataRemoved(progress, agentName)
      needs = { ...needs, [agentName]: undefined }
      removals.push(removalOf(agentName, occasion))
      continue
    }
    const text = JSON.stringify(wanted)
    const isKnown = needs[agentName] === text && !countedOthers(agentName, progress, brief)
    if (isKnown || dependsOn(agentName).some(giver => isRunning(progress, giver))) continue
    executions++
    const order = orderOf(agentName, wanted, brief, `exec-${executions}`, needs[agentName] === undefined, occasion)
    progress = ordered(progress, order)
    needs = { ...needs, [agentName]: text }
    orders.push(order)
  }
  return { notes: { analysed: notes.analysed, progress, needs, executions }, removals, orders }
}

const isRunning = ({ agents }: Progress, agentName: SearchAgent): boolean => agents[agentName]?.status === 'running'

/** Whether the result for the caterer has another number of guests. It asks after its order, and inputs may change in between. */
const countedOthers = (agentName: SearchAgent, { agents, results }: Progress, brief: Brief): boolean =>
  agentName === 'catering' &&
  agents.catering?.status === 'completed' &&
  results.catering?.guests !== guestsOf(brief).guests

const removalOf = (agentName: SearchAgent, { kind, inputId }: Occasion): Removal => ({
  agentName,
  reason: 'No input asks for it any more.',
  ...(kind === 'removed' && inputId !== undefined && { removedInputId: inputId }),
})

const reasons = {
  added: 'An input asks for it.',
  removed: 'An input that it stood on was removed.',
  ended: 'What it depends on has changed.',
}

const orderOf = (
  agentName: SearchAgent,
  needs: unknown,
  brief: Brief,
  executionId: string,
  isFirst: boolean,
  { kind }: Occasion,
): Order =>
  // Parsed by the schema, which says which needs belong to which agent.
  agentShouldExecute.schema.parse({
    agentName,
    executionId,
    executionType: isFirst ? 'start' : kind === 'ended' ? 'recalculate' : 'rerun',
    inputIds: brief.wanted[agentName] ?? [],
    priority: priorityOf(agentName),
    reason: isFirst ? reasons.added : reasons[kind],
    needs,
  })
