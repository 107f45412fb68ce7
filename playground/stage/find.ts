import { readdirSync } from 'node:fs'
import type { Scenario } from './scenario.ts'

/** Each file in it is one scenario. */
const scenarios = new URL('../scenarios/', import.meta.url)

/**
 * Every scenario of a folder, in the order of their file names.
 *
 * @throws NoScenarioError if a file has no scenario of its name
 */
export async function findScenarios(folder = scenarios): Promise<readonly Scenario[]> {
  return await Promise.all(filesIn(folder).map(file => scenarioOf(new URL(file, folder), nameOf(file))))
}

/** The names of all scenarios. Their files are not loaded. */
export function scenarioIds(folder = scenarios): readonly string[] {
  return filesIn(folder).map(nameOf)
}

function filesIn(folder: URL): readonly string[] {
  // In a built package they are JavaScript, and declarations and maps stand beside them.
  return readdirSync(folder).filter(file => /^[a-z0-9-]+\.[jt]s$/.test(file))
}

/** The scenario of this name. The files of the others are not loaded. @throws NoScenarioError */
export async function findScenario(id: string): Promise<Scenario> {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return await scenarioOf(new URL(`${id}.${ending}`, scenarios), id)
}

async function scenarioOf(file: URL, name: string): Promise<Scenario> {
  const found: unknown = await import(file.href)
  if (!hasScenario(found) || found.scenario.id !== name) throw new NoScenarioError(file, name)
  return found.scenario
}

function nameOf(file: string): string {
  return file.replace(/\.[jt]s$/, '')
}

// The types of its party need no check: its steps get only the runtime that is made of the scenario itself.
function hasScenario(found: unknown): found is { readonly scenario: Scenario } {
  if (typeof found !== 'object' || found === null || !('scenario' in found)) return false
  const { scenario } = found
  return typeof scenario === 'object' && scenario !== null && 'steps' in scenario && 'asserts' in scenario
}

/** A file among the scenarios has no scenario of its name. */
export class NoScenarioError extends Error {
  constructor(file: URL, name: string) {
    super(`${file.pathname} has no scenario. Let it export const scenario = defineScenario({ id: '${name}', ... }).`)
  }
}
