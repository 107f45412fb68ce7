/** A process of the simulator: runs its share of the seeds, and reports to the command. */
import { setImmediate } from 'node:timers/promises'
import type { Kind } from './disturbances.ts'
import { addCounts, explain, type Failure, mostShrinkingRuns, runSeed, workloadOf } from './search.ts'
import { reportUnhandled } from './simulation.ts'
import { type JournalKind, prepareStored } from './stored.ts'

/** The share of a worker: every `step`-th seed from `first` on, before `end`. */
export interface Share {
  readonly first: number
  readonly step: number
  readonly end: number
  readonly journal: JournalKind
  readonly workload: string | undefined
  /** Whether the schedule of a failure is made shorter. */
  readonly shrink: boolean
}

/** What a worker reports. */
export type Report =
  | {
      readonly kind: 'progress'
      readonly seeds: number
      readonly steps: number
      readonly processes: number
      readonly counts: readonly (readonly [Kind, number])[]
    }
  | { readonly kind: 'broken'; readonly seed: number; readonly invariant: string }
  | { readonly kind: 'failure'; readonly failure: Failure }

/** Milliseconds between two reports. */
const reportEvery = 250

// The stacks of the many errors that a run provokes are not looked at.
Error.stackTraceLimit = 3
process.on('unhandledRejection', reportUnhandled)
process.on('uncaughtException', reportUnhandled)
// The command has ended.
process.on('disconnect', () => process.exit())

const send = (report: Report) => new Promise<void>(resolve => process.send?.(report, () => resolve()))

async function work({ first, step, end, journal, workload: name, shrink }: Share): Promise<void> {
  await prepareStored(journal)
  const counts = new Map<Kind, number>()
  let [seeds, steps, processes, reported] = [0, 0, 0, performance.now()]
  const report = async () => {
    await send({ kind: 'progress', seeds, steps, processes, counts: [...counts] })
    counts.clear()
    ;[seeds, steps, processes, reported] = [0, 0, 0, performance.now()]
  }
  for (let seed = first; seed < end; seed += step) {
    const workload = workloadOf(seed, name)
    const run = await runSeed(seed, journal, workload)
    seeds++
    steps += run.steps
    processes += run.processes
    addCounts(counts, run.counts)
    const { broken } = run
    if (broken) {
      await report()
      await send({ kind: 'broken', seed, invariant: broken.invariant })
      const failure = await explain(
        seed,
        { ...run, broken },
        { journal, workload, most: shrink ? mostShrinkingRuns : 0 },
      )
      await send({ kind: 'failure', failure })
      break
    }
    if (performance.now() - reported > reportEvery) await report()
    else await setImmediate()
  }
  await report()
  process.disconnect()
}

process.once('message', (share: Share) => void work(share))
