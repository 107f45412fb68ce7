import type { Cases, Round, Scale } from '../../suite.ts'
import { turn } from '../../turns.ts'
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
  const round =
    (run: (planner: Planner, parties: number) => Promise<readonly number[]>): Round =>
    async (scale, tell) => {
      const planner = await create()
      tell(await figuresFor(scale, planner, parties => run(planner, parties)))
      await planner.stop?.()
    }
  return { [together]: round(planTogether), [alone]: round(planInTurn) }
}

/** Milliseconds that each party took. */
export function planTogether(planner: Planner, parties: number): Promise<readonly number[]> {
  return Promise.all(Array.from({ length: parties }, (_, place) => timeOfPlan(planner, place + 1)))
}

async function planInTurn(planner: Planner, parties: number): Promise<readonly number[]> {
  const times: number[] = []
  for (let guests = 1; guests <= parties; guests++) times.push(await timeOfPlan(planner, guests))
  return times
}

/** Milliseconds from the first input to the plan. */
export async function timeOfPlan(planner: Planner, guests: number): Promise<number> {
  const begin = performance.now()
  checkPlan(guests, await planner.plan(guests))
  return performance.now() - begin
}

/** Plans parties for a while without looking, then for a while with the watch. */
export async function figuresFor(
  scale: Scale,
  planner: Pick<Planner, 'clear'>,
  run: (parties: number) => Promise<readonly number[]>,
) {
  await planFor(warmUp[scale], scale, planner, run)
  const { times, elapsed } = await planFor(measured[scale], scale, planner, run)
  return { ...figuresOf(times), 'per second': (times.length / elapsed) * 1_000 }
}

async function planFor(
  ms: number,
  scale: Scale,
  planner: Pick<Planner, 'clear'>,
  run: (parties: number) => Promise<readonly number[]>,
) {
  const times: number[] = []
  let elapsed = 0
  do {
    await turn()
    const begin = performance.now()
    const taken = await run(sizes[scale])
    elapsed += performance.now() - begin
    for (const time of taken) times.push(time)
    await planner.clear?.()
  } while (elapsed < ms)
  return { times, elapsed }
}

/** What half of them, and all but one in a hundred, took at most; and how many a second, one after the other. */
export function figuresOf(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  const sum = times.reduce((all, time) => all + time, 0)
  return {
    'per second': (times.length / sum) * 1_000,
    'p50 ms': at(0.5),
    'p99 ms': at(0.99),
    'p99 / p50': at(0.99) / at(0.5),
  }
}
