import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Frame } from 'troupe'
import { findScenarios, scenarioIds } from '../scenarios/find.ts'
import { playScenario } from '../scenarios/play.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { UsageError } from '../usage-error.ts'
import { createBar } from './bar.ts'
import { scenarioNamed } from './cast.ts'
import { readRecord } from './record.ts'
import { checkRegular } from './regular-file.ts'

/** Frames, and where they are from, in words. */
export interface Source {
  readonly where: string
  readonly frames: readonly Frame[]
}

/** Bytes of a journal at most, as all of its frames are held in memory. */
const mostBytes = 256 * 1_024 * 1_024

/** How scenarios are played, where they are. */
export interface PlayChoices {
  readonly seed: number | undefined
  readonly quiet: boolean
  readonly signal: AbortSignal
}

/**
 * The frames of a journal in a directory, of a record, or of a scenario that is played; of all scenarios, one after the
 * other, if nothing is said.
 *
 * @throws UsageError, RecordError, UnfitFileError; what the journal throws; the reason of the signal
 */
export async function* framesIn(where: string | undefined, choices: PlayChoices): AsyncGenerator<Source> {
  if (where === undefined) yield* ofAll(await findScenarios(), choices)
  // What has the name of a scenario is meant by ./<name>.
  else if (scenarioIds().includes(where) || !existsSync(where))
    yield await played(await scenarioNamed(where, 'scenario, record or directory'), choices)
  else if (statSync(where).isDirectory()) yield await journalled(where, choices)
  else yield recorded(where)
}

async function* ofAll(scenarios: readonly Scenario[], choices: PlayChoices): AsyncGenerator<Source> {
  const bar = createBar(process.stderr, scenarios.length, 'scenarios', choices.quiet)
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

function recorded(file: string): Source {
  const { lines, isUnchanged } = readRecord(file)
  const frames = lines.flatMap(line => (line.kind === 'frame' ? [line.frame] : []))
  return { where: `the record ${file}${isUnchanged ? '' : ', which was changed after it was written'}`, frames }
}

async function played(scenario: Scenario, { seed = scenario.seed, signal }: PlayChoices): Promise<Source> {
  const frames: Frame[] = []
  await playScenario(scenario, { seed, signal, onFrame: frame => void frames.push(frame) })
  return { where: `the scenario ${scenario.id}, seed ${seed}`, frames }
}

async function journalled(directory: string, { signal }: PlayChoices): Promise<Source> {
  const file = join(directory, 'journal.db')
  if (!existsSync(file))
    throw new UsageError(`There is no journal in "${directory}". To make one: npm start -- --data ${directory}`)
  checkRegular(file, mostBytes)
  const { sqliteJournal } = await import('troupe/sqlite')
  const journal = sqliteJournal({ directory })
  try {
    const frames: Frame[] = []
    for (const { partition } of await journal.partitions()) {
      const { pruned } = await journal.saved(partition)
      for await (const frame of journal.read(partition, pruned)) {
        signal.throwIfAborted()
        frames.push(frame)
      }
    }
    return { where: `the journal in ${directory}`, frames: frames.toSorted((one, other) => one.time - other.time) }
  } finally {
    await journal.close()
  }
}
