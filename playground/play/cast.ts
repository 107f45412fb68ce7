import { findScenarios } from '../scenarios/find.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { UsageError } from '../usage-error.ts'
import { didYouMean } from './nearest.ts'

/** The scenario of this name. @throws UsageError */
export async function scenarioNamed(name: string): Promise<Scenario> {
  return found(await findScenarios(), name)
}

/** The scenarios with these names, in their order. @throws UsageError */
export async function scenariosNamed(names: readonly string[]): Promise<readonly Scenario[]> {
  const all = await findScenarios()
  return [...new Set(names)].map(name => found(all, name))
}

function found(all: readonly Scenario[], name: string): Scenario {
  const one = all.find(({ id }) => id === name)
  if (one) return one
  const ids = all.map(({ id }) => id)
  throw new UsageError(`There is no scenario "${name}".${didYouMean(name, ids) || ` There are: ${ids.join(', ')}.`}`)
}
