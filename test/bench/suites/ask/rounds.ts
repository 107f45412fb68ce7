import { inFlight, rate, sequential } from '../../rate.ts'
import type { Cases, Round } from '../../suite.ts'

/** Every request of this suite has a time limit of so many milliseconds, and none reaches it. */
export const timeLimit = 5_000

export const askCases = ['one at a time', '1,000 in flight'] as const

/** A contestant's rounds, from what makes its way of asking for the double of a number. */
export function askRounds(create: () => AskDouble | Promise<AskDouble>): Cases {
  const round =
    (how: typeof sequential): Round =>
    async (scale, tell) => {
      const { perSecond } = await rate(scale, how(await create()))
      tell({ 'requests a second': perSecond })
    }
  return { 'one at a time': round(sequential), '1,000 in flight': round(inFlight) }
}

export type AskDouble = (n: number) => Promise<number>
