import type { Agent } from '../agent/agent.ts'
import { partitionOf, partyOf } from '../mail/address.ts'
import { exported } from '../party/transfer.ts'
import { loadApp } from './app.ts'
import { chartOf } from './chart.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { Options } from './options.ts'
import { say } from './output.ts'
import { UsageError } from './usage-error.ts'
import { inJournal } from './where.ts'

/** Party ids that are named at most. */
const mostNamed = 10

/**
 * Writes a party of a data directory to stdout, as the lines that `runtime.parties.import` takes.
 *
 * @throws UsageError; what the journal throws
 */
export async function exportParty(directory: string, id: string | undefined): Promise<ExitCode> {
  return await inJournal(directory, async journal => {
    const all = await journal.partitions()
    const ids = all.flatMap(({ partition }) => partyOf(partition) ?? [])
    const wanted = id ?? (ids.length === 1 ? ids[0] : undefined)
    const found = all.find(({ partition }) => wanted !== undefined && partition === partitionOf(wanted))
    if (!found || wanted === undefined) throw new UsageError(whichOf(ids, directory, id))
    for await (const line of exported(journal, wanted, () => found.position)) say(line)
    return exitCodes.ok
  })
}

function whichOf(ids: readonly string[], directory: string, id: string | undefined): string {
  if (ids.length === 0) return `There is no party in "${directory}".`
  const named = `${ids.slice(0, mostNamed).join(', ')}${ids.length > mostNamed ? `, and ${ids.length - mostNamed} more` : ''}`
  const what = id === undefined ? 'Which party? export DIR PARTY.' : `There is no party "${id}" in "${directory}".`
  return `${what} There are: ${named}.`
}

/** Writes the machines of an application's agents to stdout. @throws UsageError, AppError */
export async function exportAgents(module: string, { json }: Options): Promise<ExitCode> {
  const { agents } = await loadApp(module)
  if (agents.length === 0) throw new UsageError(`"${module}" exports no agents. Let it export a party, or agents.`)
  for (const text of json ? agentLines(agents) : [chartsOf(agents)]) say(text)
  return exitCodes.ok
}

/** The machines of agents, as Mermaid state diagrams under their names. */
export function chartsOf(agents: readonly Agent[]): string {
  return agents.map(({ name, machine }) => `## ${name}\n\n\`\`\`mermaid\n${chartOf(machine)}\n\`\`\``).join('\n\n')
}

/** The same as a line of JSON for each agent: what it hears and says, and what its machine was made of. */
export function agentLines(agents: readonly Agent[]): readonly string[] {
  return agents.map(({ name, machine, hears, says }) => {
    const types = (list: Agent['hears']) => list.map(({ type }) => type)
    const line = { kind: 'agent', name, hears: types(hears), says: types(says), machine: machine.config }
    return JSON.stringify(line, (_, value) => (typeof value === 'function' ? { type: value.name } : value))
  })
}
