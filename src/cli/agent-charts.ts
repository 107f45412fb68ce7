import type { Agent } from '../agent/agent.ts'
import { chartOf } from './chart.ts'

/** The machines of agents, as Mermaid state diagrams under their names. */
export function chartsOf(agents: readonly Agent[]): string {
  return agents.map(({ name, machine }) => `## ${name}\n\n\`\`\`mermaid\n${chartOf(machine)}\n\`\`\``).join('\n\n')
}

/** One line of JSON for each agent: which types it hears and says, and the definition of its machine. */
export function agentLines(agents: readonly Agent[]): readonly string[] {
  return agents.map(({ name, machine, hears, says }) => {
    const types = (list: Agent['hears']) => list.map(({ type }) => type)
    const line = { kind: 'agent', name, hears: types(hears), says: types(says), machine: machine.config }
    return JSON.stringify(line, (_, value) => (typeof value === 'function' ? { type: value.name } : value))
  })
}
