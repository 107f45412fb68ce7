import type { AddedEvent, Agent, PartitionKind, RemovedEvent, RuntimeOptions, Supervised } from '../index.ts'
import type { StandIn } from './stand-in.ts'

/** The options of a runtime in which stand-ins take the place of agents and of functions of effects. Nothing given is changed. */
export function replaced<S extends object, A extends AddedEvent, R extends RemovedEvent>(
  options: RuntimeOptions<S, A, R>,
  standIns: readonly StandIn[],
): RuntimeOptions<S, A, R> {
  if (standIns.length === 0) return options
  const agent = (one: Agent): Agent => first(standIns, standIn => standIn.agentFor?.(one)) ?? one
  const supervised = (one: Supervised): Supervised =>
    'agents' in one ? { ...one, agents: one.agents.map(supervised) } : agent(one)
  const inside = ({ agents, tree }: Pick<PartitionKind, 'agents' | 'tree'>) => ({
    agents: agents.map(agent),
    tree: tree.map(supervised),
  })
  const { party, kinds, agents, registered, effects } = options
  return {
    ...options,
    ...(party && { party: { ...party, ...inside(party), shared: party.shared.map(agent) } }),
    ...(kinds && { kinds: kinds.map(one => ({ ...one, ...inside(one) })) }),
    ...(agents && { agents: agents.map(supervised) }),
    ...(registered && { registered: registered.map(agent) }),
    effects: name => first(standIns, standIn => standIn.effectFor?.(name)) ?? effects?.(name),
  }
}

/** What the first stand-in that gives anything gives. */
function first<T>(standIns: readonly StandIn[], given: (standIn: StandIn) => T | undefined): T | undefined {
  for (const standIn of standIns) {
    const found = given(standIn)
    if (found !== undefined) return found
  }
  return undefined
}
