import type { Scenario } from '../scenarios/scenario.ts'

/** What there is, for people: a line for each, its name and its title. */
export function listed(scenarios: readonly Scenario[]): string {
  const width = Math.max(...scenarios.map(({ id }) => id.length))
  return scenarios.map(({ id, title }) => `${id.padEnd(width)}  ${title}`).join('\n')
}

/** One of them as a line of JSON. */
export function scenarioLine({ id, title, shows, seed, steps, asserts }: Scenario): string {
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
