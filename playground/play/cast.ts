import { UsageError } from '../../src/cli/usage-error.ts'
import { didYouMean } from '../../src/nearest.ts'
import { findScenario, scenarioIds } from '../stage/find.ts'
import type { Scenario } from '../stage/scenario.ts'

/**
 * The scenario of this name.
 *
 * @param what may be named where it was
 * @throws UsageError
 */
export async function scenarioNamed(name: string, what = 'scenario'): Promise<Scenario> {
  checkKnown(name, what)
  return await findScenario(name)
}

/** The scenarios with these names, in their order. @throws UsageError */
export async function scenariosNamed(names: readonly string[]): Promise<readonly Scenario[]> {
  return await Promise.all([...new Set(names)].map(name => scenarioNamed(name)))
}

/** Checks that there is a scenario of this name, without loading a scenario. @throws UsageError */
export function checkKnown(name: string, what = 'scenario'): void {
  const ids = scenarioIds()
  if (ids.includes(name)) return
  throw new UsageError(`There is no ${what} "${name}".${didYouMean(name, ids) || ` There are: ${ids.join(', ')}.`}`)
}

/** What to type instead of a command that takes no names. */
export function namesNothing(command: string): (names: readonly string[]) => string {
  return names => `${command} takes no names. To play them: run ${names.join(' ')}`
}
