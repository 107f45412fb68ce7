import type { Scenario } from '../scenarios/scenario.ts'

/** Asks the person at the terminal which scenario to play; `undefined` if none. */
export async function picked(scenarios: readonly Scenario[]): Promise<string | undefined> {
  // Only a person waits for this, so only then is it loaded.
  const { isCancel, select } = await import('@clack/prompts')
  const choice = await select({
    message: 'Which scenario shall be played?',
    options: scenarios.map(({ id, title }) => ({ value: id, label: id, hint: title })),
    output: process.stderr,
  })
  return isCancel(choice) ? undefined : choice
}
