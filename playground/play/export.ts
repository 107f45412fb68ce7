import type { Agent } from 'troupe'
import { chartOf } from '../../src/cli/chart.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { agentsOf } from './agents.ts'

/** The machines of all agents of a scenario, as Mermaid state diagrams under their names. */
export function chartsOf(scenario: Scenario): string {
  return agentsOf(scenario)
    .map(({ name, machine }) => `## ${name}\n\n\`\`\`mermaid\n${chartOf(machine)}\n\`\`\``)
    .join('\n\n')
}

/** The same as a line of JSON for each agent: what it hears and says, and what its machine was made of. */
export function agentLines(scenario: Scenario): readonly string[] {
  return agentsOf(scenario).map(({ name, machine, hears, says }) => {
    const types = (list: Agent['hears']) => list.map(({ type }) => type)
    const line = { kind: 'agent', name, hears: types(hears), says: types(says), machine: machine.config }
    return JSON.stringify(line, (_, value) => (typeof value === 'function' ? { type: value.name } : value))
  })
}
