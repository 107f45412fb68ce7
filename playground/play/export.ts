import type { Agent, Supervised } from 'troupe'
import type { Scenario } from '../scenarios/scenario.ts'
import { chartOf } from './chart.ts'

/** The agents of a scenario, each once. */
function agentsOf({ runtime: { party, agents = [] } }: Scenario): readonly Agent[] {
  return [...(party?.agents ?? []), ...(party?.shared ?? []), ...agents.flatMap(flat)]
}

function flat(one: Supervised): readonly Agent[] {
  return 'agents' in one ? one.agents.flatMap(flat) : [one]
}

/** The machines of all agents of a scenario, as Mermaid state diagrams under their names. */
export function chartsOf(scenario: Scenario): string {
  return agentsOf(scenario)
    .map(({ name, machine }) => `## ${name}\n\n\`\`\`mermaid\n${chartOf(machine)}\n\`\`\``)
    .join('\n\n')
}

/** The same as a line of JSON for each agent: what it hears and says, and its machine as XState describes it. */
export function agentLines(scenario: Scenario): readonly string[] {
  return agentsOf(scenario).map(({ name, machine, hears, says }) => {
    const types = (list: Agent['hears']) => list.map(({ type }) => type)
    return JSON.stringify({ kind: 'agent', name, hears: types(hears), says: types(says), machine: machine.definition })
  })
}
