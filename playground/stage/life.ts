/**
 * A process that plays the steps of a scenario up to one that ends in its death. It prints a line of JSON for each step
 * that it has done, and then waits until its parent kills it.
 */
import { sqliteJournal } from 'troupe/sqlite'
import { findScenario } from './find.ts'
import { buildStage } from './stage.ts'

/** What it is to do. */
export interface LifeOrders {
  readonly id: string
  readonly seed: number
  readonly directory: string
  /** Which steps it plays: from `from` up to, but not including, `to`. */
  readonly from: number
  readonly to: number
  /** Milliseconds since the scenario began. */
  readonly at: number
}

async function live({ id, seed, directory, from, to, at }: LifeOrders): Promise<void> {
  const scenario = await findScenario(id)
  const { done, at: now } = await buildStage(scenario, {
    seed,
    journal: sqliteJournal({ directory }),
    signal: new AbortController().signal,
    at,
    speed: undefined,
    onFrame: () => {},
    onForgotten: () => {},
  })
  for (const step of scenario.steps.slice(from, to)) {
    const played = await done(step)
    process.stdout.write(`${JSON.stringify({ played, at: now() })}\n`)
    if (!played.done) return
  }
  // It stays in the middle of its work, until it is killed or its parent ends.
  process.stdin.resume().on('end', () => process.exit())
}

const [orders = ''] = process.argv.slice(2)
await live(JSON.parse(orders))
