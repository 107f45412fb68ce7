import { agentLines, chartsOf } from '../../../src/cli/agent-charts.ts'
import { defineCommand } from '../../../src/cli/command.ts'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { onOff } from '../../../src/cli/flag.ts'
import { say } from '../../../src/cli/output.ts'
import { agentsOf } from '../agents.ts'
import { scenariosNamed } from '../cast.ts'
import { json } from '../flags.ts'

export const exportCommand = defineCommand({
  name: 'export',
  help: {
    'export NAME...': 'the machines of its agents: as Mermaid state diagrams (--mermaid, the default), or --json',
  },
  flags: { mermaid: onOff(), json },
  words: [1, Number.POSITIVE_INFINITY],
  misused: () => 'Whose? export NAME... The names: list',
  async run(names, { json }) {
    for (const scenario of await scenariosNamed(names)) {
      const agents = agentsOf(scenario)
      for (const text of json ? agentLines(agents) : [chartsOf(agents)]) say(text)
    }
    return exitCodes.ok
  },
})
