import type { Recorded } from './choices.ts'
import type { Kind } from './disturbances.ts'
import type { Broken } from './invariant.ts'
import { Shrinking } from './shrink.ts'
import { type Run, simulate } from './simulation.ts'
import type { JournalKind } from './stored.ts'
import { allWorkloads, type Workload, workloads } from './workloads/all.ts'

/** A run that broke an invariant. */
export interface Failure {
  readonly seed: number
  readonly workload: string
  readonly broken: Broken
  /** What is broken in the shortest schedule. */
  readonly shortest: Broken
  readonly choices: Recorded
  /** What happens in the shortest schedule, line by line. */
  readonly trace: readonly string[]
}

/** How many runs the search for the shortest schedule takes. */
export const mostShrinkingRuns = 1_500

/** The workload of a seed. */
export function workloadOf(seed: number, name: string | undefined): Workload {
  const named = name === undefined ? undefined : allWorkloads.find(one => one.name === name)
  return named ?? workloads[seed % workloads.length] ?? workloads[0]
}

/** Runs one seed. */
export function runSeed(seed: number, journal: JournalKind, workload = workloadOf(seed, undefined)): Promise<Run> {
  return simulate({ source: seed, workload, journal })
}

/**
 * Finds the shortest schedule of a seed that fails, and what happens in it.
 *
 * @param most how many runs that takes at most; with 0 the schedule stays as it is
 */
export async function explain(
  seed: number,
  { broken, choices }: Run & { readonly broken: Broken },
  { journal, workload, most }: { readonly journal: JournalKind; readonly workload: Workload; readonly most: number },
): Promise<Failure> {
  const again = (source: Recorded) => simulate({ source, workload, journal })
  const shrinking = new Shrinking(
    choices,
    async source => {
      const run = await again(source)
      return run.broken?.invariant === broken.invariant ? run.choices : undefined
    },
    most,
  )
  const shortest = await shrinking.shrink()
  const trace: string[] = []
  const run = await simulate({ source: shortest, workload, journal, trace: line => trace.push(line) })
  return { seed, workload: workload.name, broken, shortest: run.broken ?? broken, choices: shortest, trace }
}

/** Adds counts to others. */
export function addCounts(to: Map<Kind, number>, counts: Iterable<readonly [Kind, number]>): void {
  for (const [kind, count] of counts) to.set(kind, (to.get(kind) ?? 0) + count)
}
