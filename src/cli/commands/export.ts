import { partitionOf, partyOf } from '../../mail/address.ts'
import { exported } from '../../party/transfer.ts'
import { agentLines, chartsOf } from '../agent-charts.ts'
import { loadApp } from '../app.ts'
import { defineCommand } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { app, json } from '../flags.ts'
import { say } from '../output.ts'
import { UsageError } from '../usage-error.ts'
import { inJournal } from '../where.ts'

export const exportCommand = defineCommand({
  name: 'export',
  help: {
    'export DIR [PARTY]': 'a party as the lines that runtime.parties.import takes',
    'export --app FILE': 'the machines of its agents as Mermaid state diagrams',
  },
  flags: { app, json },
  words: [0, 2],
  async run([directory, party], { app, json }) {
    if (directory === undefined) {
      if (app !== undefined) return await exportAgents(app, json)
      throw new UsageError('Export what? export DIR [PARTY], or export --app FILE for the machines of its agents.')
    }
    if (app === undefined && !json) return await exportParty(directory, party)
    throw new UsageError('A party is exported as it is saved: say export DIR [PARTY] without --app and --json.')
  },
})

/** Most party ids that are named. */
const mostNamed = 10

/**
 * Writes a party of a data directory to stdout, as the lines that `runtime.parties.import` takes.
 *
 * @throws UsageError; what the journal throws
 */
async function exportParty(directory: string, id: string | undefined): Promise<ExitCode> {
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
async function exportAgents(module: string, json: boolean): Promise<ExitCode> {
  const { agents } = await loadApp(module)
  if (agents.length === 0) throw new UsageError(`"${module}" exports no agents. Let it export a party, or agents.`)
  for (const text of json ? agentLines(agents) : [chartsOf(agents)]) say(text)
  return exitCodes.ok
}
