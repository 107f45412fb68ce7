import { existsSync } from 'node:fs'
import type { Frame } from 'troupe'
import { type Source, sourceAt } from '../../src/cli/where.ts'
import { findScenarios, scenarioIds } from '../stage/find.ts'
import { playScenario } from '../stage/play.ts'
import type { Scenario } from '../stage/scenario.ts'
import { createBar } from './bar.ts'
import { scenarioNamed } from './cast.ts'

/** How scenarios are played, where they are. */
export interface PlayChoices {
  readonly seed: number | undefined
  readonly signal: AbortSignal
}

/**
 * The frames of a journal in a directory, of a record, or of a scenario that is played; of all scenarios, one after the
 * other, if nothing is said.
 *
 * @throws UsageError, RecordError, UnfitFileError; what the journal throws; the reason of the signal
 */
export async function* framesIn(
  where: string | undefined,
  choices: PlayChoices,
): AsyncGenerator<Pick<Source, 'where' | 'frames'>> {
  if (where === undefined) yield* ofAll(await findScenarios(), choices)
  // A file with the name of a scenario is written as ./<name>.
  else if (scenarioIds().includes(where) || !existsSync(where))
    yield await played(await scenarioNamed(where, 'scenario, record or directory'), choices)
  else yield await sourceAt(where, choices.signal)
}

async function* ofAll(scenarios: readonly Scenario[], choices: PlayChoices) {
  const bar = createBar(process.stderr, scenarios.length, 'scenarios', false)
  try {
    for (const [place, scenario] of scenarios.entries()) {
      const source = await played(scenario, choices)
      bar.at(place + 1)
      yield source
    }
  } finally {
    bar.end()
  }
}

async function played(scenario: Scenario, { seed = scenario.seed, signal }: PlayChoices) {
  const frames: Frame[] = []
  await playScenario(scenario, { seed, signal, onFrame: frame => void frames.push(frame) })
  return { where: `the scenario ${scenario.id}, seed ${seed}`, frames }
}
