import { defineCommand } from '../../../src/cli/command.ts'
import { type ExitCode, exitCodes } from '../../../src/cli/exit-codes.ts'
import { say } from '../../../src/cli/output.ts'
import { findScenarios } from '../../stage/find.ts'
import type { Scenario } from '../../stage/scenario.ts'
import { namesNothing } from '../cast.ts'
import { json } from '../flags.ts'

export const list = defineCommand({
  name: 'list',
  help: { list: 'what there is' },
  flags: { json },
  words: [0, 0],
  misused: namesNothing('list'),
  run: (_, { json }) => listScenarios(json),
})

/** Prints all scenarios: for people a line for each, or as JSON Lines. */
export async function listScenarios(json: boolean): Promise<ExitCode> {
  const scenarios = await findScenarios()
  if (json) for (const scenario of scenarios) say(scenarioLine(scenario))
  else say(listed(scenarios))
  return exitCodes.ok
}

function listed(scenarios: readonly Scenario[]): string {
  const width = Math.max(...scenarios.map(({ id }) => id.length))
  return scenarios.map(({ id, title }) => `${id.padEnd(width)}  ${title}`).join('\n')
}

function scenarioLine({ id, title, shows, seed, steps, asserts }: Scenario): string {
  return JSON.stringify({
    kind: 'scenario',
    id,
    title,
    shows,
    seed,
    steps: steps.map(({ does }) => does),
    asserts: asserts.map(({ that }) => that),
  })
}
