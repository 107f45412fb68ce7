import { defineCommand } from '../../../src/cli/command.ts'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { isDrawable } from '../../../src/cli/output.ts'
import { findScenarios } from '../../stage/find.ts'
import type { Scenario } from '../../stage/scenario.ts'
import { scenarioNamed } from '../cast.ts'
import { json } from '../flags.ts'
import { playScenarios, usual } from '../play-scenarios.ts'
import { listScenarios } from './list.ts'

export const choose = defineCommand({
  name: '(nothing)',
  help: { '(nothing)': 'asks which one to play, on a terminal; elsewhere, list' },
  flags: { json },
  words: [0, 0],
  async run(_, { json }, signal) {
    if (!process.stdin.isTTY || !isDrawable(process.stderr) || json) return await listScenarios(json)
    const name = await chosen(await findScenarios())
    if (name === undefined) return exitCodes.interrupted
    return await playScenarios([await scenarioNamed(name)], usual, signal)
  },
})

/** Asks the person at the terminal which scenario to play; `undefined` if none. */
async function chosen(scenarios: readonly Scenario[]): Promise<string | undefined> {
  // Only a person waits for this, so only then is it loaded.
  const { isCancel, select } = await import('@clack/prompts')
  const choice = await select({
    message: 'Which scenario shall be played?',
    options: scenarios.map(({ id, title }) => ({ value: id, label: id, hint: title })),
    output: process.stderr,
  })
  return isCancel(choice) ? undefined : choice
}
