import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Frame } from 'troupe'
import { findScenarios } from '../scenarios/find.ts'
import { playScenario } from '../scenarios/play.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { UsageError } from '../usage-error.ts'
import { scenarioNamed } from './cast.ts'
import { readRecord } from './record.ts'

/** Frames, and where they are from, in words. */
export interface Found {
  readonly where: string
  readonly frames: readonly Frame[]
}

/** How scenarios are played, where they are. */
export interface PlayChoices {
  readonly seed: number | undefined
  readonly signal: AbortSignal
}

/**
 * The frames of a journal in a directory, of a record, or of a scenario that is played; of all scenarios, one after the
 * other, if nothing is said.
 *
 * @throws UsageError, RecordError; what the journal throws; the reason of the signal
 */
export async function* framesIn(where: string | undefined, choices: PlayChoices): AsyncGenerator<Found> {
  if (where === undefined) for (const scenario of await findScenarios()) yield await played(scenario, choices)
  else if (!existsSync(where)) yield await played(await scenarioNamed(where), choices)
  else if (statSync(where).isDirectory()) yield await journalled(where)
  else yield { where: `the record ${where}`, frames: readRecord(where).lines.flatMap(framesOf) }
}

function framesOf(line: { readonly frame: Frame } | object): readonly Frame[] {
  return 'frame' in line ? [line.frame] : []
}

async function played(scenario: Scenario, { seed = scenario.seed, signal }: PlayChoices): Promise<Found> {
  const frames: Frame[] = []
  await playScenario(scenario, { seed, signal, onFrame: frame => void frames.push(frame) })
  return { where: `the scenario ${scenario.id}, seed ${seed}`, frames }
}

async function journalled(directory: string): Promise<Found> {
  if (!existsSync(join(directory, 'journal.db')))
    throw new UsageError(`There is no journal in "${directory}". To make one: npm start -- --data ${directory}`)
  const { sqliteJournal } = await import('troupe/sqlite')
  const journal = sqliteJournal({ directory })
  try {
    const frames: Frame[] = []
    for (const { partition } of await journal.partitions()) {
      const { pruned } = await journal.saved(partition)
      for await (const frame of journal.read(partition, pruned)) frames.push(frame)
    }
    return { where: `the journal in ${directory}`, frames: frames.toSorted((one, other) => one.time - other.time) }
  } finally {
    await journal.close()
  }
}
