import type { Program } from '../program.ts'
import type { World } from '../world.ts'
import { chores } from './chores.ts'
import { families } from './families.ts'
import { jobs } from './jobs.ts'

/** Programs of one sort. */
export interface Workload {
  readonly name: string
  /** Makes a program, as the choices of the world say. */
  create(world: World): Program
}

/** What the simulator runs; the seed decides which. */
export const workloads: readonly [Workload, ...Workload[]] = [jobs]

/** What the simulator can run, also what runs only when it is named: some seeds of it fail for reasons that nobody has found yet. */
export const allWorkloads: readonly Workload[] = [...workloads, chores, families]
