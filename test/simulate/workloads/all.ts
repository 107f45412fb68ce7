import type { Program } from '../program.ts'
import type { World } from '../world.ts'
import { jobs } from './jobs.ts'

/** Programs of one sort. */
export interface Workload {
  readonly name: string
  /** Makes a program, as the choices of the world say. */
  create(world: World): Program
}

/** What the simulator runs; the seed decides which. */
export const workloads: readonly [Workload, ...Workload[]] = [jobs]
