import { type Agent, child, type Supervised } from 'troupe'
import type { AnyStateMachine } from 'xstate'
import { agentsOf } from '../../playground/play/agents.ts'
import type { Scenario } from '../../playground/stage/scenario.ts'
import type { ChildWork } from '../../src/invoke/child.ts'
import { workOf } from '../../src/invoke/outside.ts'

/**
 * The same scenario with these agents replaced: they start as usual, and then take no event. A scenario without these agents is
 * unchanged. The machines keep their structure, so that snapshots of an earlier process fit.
 */
export function withAsleep(scenario: Scenario, isAsleep: (agent: Agent) => boolean): Scenario {
  if (!agentsOf(scenario).some(isAsleep)) return scenario
  const quiet = (agent: Agent): Agent => {
    const machine = agent.machine.provide({ actors: childrenOf(agent.machine, quiet) })
    return { ...agent, machine: isAsleep(agent) ? deaf(machine) : machine }
  }
  const supervised = (one: Supervised): Supervised =>
    'agents' in one ? { ...one, agents: one.agents.map(supervised) } : quiet(one)
  const { agents, party, ...rest } = scenario.runtime
  const runtime = {
    ...rest,
    ...(agents && { agents: agents.map(supervised) }),
    ...(party && {
      party: {
        ...party,
        tree: party.tree.map(supervised),
        agents: party.agents.map(quiet),
        shared: party.shared.map(quiet),
      },
    }),
  }
  return { ...scenario, runtime }
}

// XState gets all transitions of a machine from this method.
function deaf(machine: AnyStateMachine): AnyStateMachine {
  return Object.assign(machine, { getTransitionData: () => [] })
}

function childrenOf({ implementations }: AnyStateMachine, quiet: (agent: Agent) => Agent) {
  return Object.fromEntries(
    Object.entries(implementations.actors).flatMap(([name, logic]) => {
      const work = typeof logic === 'object' && logic !== null ? workOf(logic) : undefined
      return isChild(work) ? [[name, child(quiet(work.agent), { orphan: work.orphan })]] : []
    }),
  )
}

function isChild(work: unknown): work is ChildWork {
  return typeof work === 'object' && work !== null && 'kind' in work && work.kind === 'child'
}
