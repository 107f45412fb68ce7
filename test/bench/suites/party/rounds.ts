import type { Cases, Figures, Round, Scale } from '../../suite.ts'
import { checkPlan, type Plan } from './work.ts'

/** Somebody who plans parties. */
export interface Planner {
  /** From the first input of a new party to its plan. */
  plan(guests: number): Promise<Plan | null>
  /** Forgets the parties that were planned, where anything is left of them; off the watch. */
  clear?(): Promise<void>
  stop?(): Promise<void>
}

export const together = '1,000 parties at once'
export const alone = 'one party after the other'

/** How many parties are planned before those that are done are forgotten. */
const sizes = { full: 1_000, smoke: 10 } as const

// All that a party needs is a lot of code, and the engine has compiled it after some thousand of them.
const warmUp = { full: 3_000, smoke: 0 } as const
const measured = { full: 2_000, smoke: 0 } as const

/** A contestant's rounds, from what makes its planner. */
export function partyRounds(create: () => Planner | Promise<Planner>): Cases {
  return { [together]: roundOf(create, atOnce), [alone]: roundOf(create, inTurn) }
}

type Way = (size: number, watched: (guests: number) => Promise<void>) => Promise<unknown>

const atOnce: Way = (size, watched) => Promise.all(Array.from({ length: size }, (_, place) => watched(place + 1)))

const inTurn: Way = async (size, watched) => {
  for (let guests = 1; guests <= size; guests++) await watched(guests)
}

const roundOf =
  (create: () => Planner | Promise<Planner>, way: Way): Round =>
  async (scale, tell) => {
    const planner = await create()
    await planFor(warmUp[scale], scale, planner, way)
    tell(await planFor(measured[scale], scale, planner, way))
    await planner.stop?.()
  }

async function planFor(ms: number, scale: Scale, planner: Planner, way: Way): Promise<Figures> {
  const times: number[] = []
  let elapsed = 0
  do {
    const begin = performance.now()
    await way(sizes[scale], async guests => {
      const asked = performance.now()
      checkPlan(guests, await planner.plan(guests))
      times.push(performance.now() - asked)
    })
    elapsed += performance.now() - begin
    await planner.clear?.()
  } while (elapsed < ms)
  return { 'per second': (times.length / elapsed) * 1_000, ...percentilesOf(times) }
}

/** What half of them, and all but one in a hundred, took at most. */
export function percentilesOf(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  return { 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'p99 / p50': at(0.99) / at(0.5) }
}
