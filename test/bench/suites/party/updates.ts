import { checkCount, rate } from '../../rate.ts'
import type { Cases, Round } from '../../suite.ts'

/** One input of a state goes, and another one comes. */
export interface Exchange {
  readonly out: string
  readonly into: string
}

/** A state that has inputs. */
export interface Updated {
  exchange(exchanges: readonly Exchange[]): Promise<unknown> | void
  /** Which inputs there are now. */
  inputs(): ReadonlySet<string>
  stop?(): Promise<void>
}

const sizes = {
  'state update, 10 inputs': 10,
  'state update, 1,000 inputs': 1_000,
  'state update, 10,000 inputs': 10_000,
  'state update, 100,000 inputs': 100_000,
} as const

export const updateCases: readonly string[] = Object.keys(sizes)

type Create = (ids: readonly string[]) => Updated | Promise<Updated>

/** A contestant's rounds: how many inputs it adds and removes each second, and what is left of its speed with ten inputs. */
export function updateRounds(create: Create): Cases {
  return Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, roundOf(create, size)]))
}

const fewest = sizes['state update, 10 inputs']

const roundOf =
  (create: Create, size: number): Round =>
  async (scale, tell) => {
    const speedOf = async (inputs: number) => {
      const ids = Array.from({ length: inputs }, (_, place) => `inp-${place}`)
      const updated = await create(ids)
      const { perSecond, done } = await rate(scale, (first, batch) =>
        updated.exchange(exchanged(ids, first, batch / 2)),
      )
      const there = updated.inputs()
      checkCount('inputs', ids.filter(id => there.has(id)).length, inputs)
      checkCount('newest input', ids.includes(`new-${done - 2}`), true)
      await updated.stop?.()
      return perSecond
    }
    const before = size === fewest ? undefined : await speedOf(fewest)
    const perSecond = await speedOf(scale === 'full' ? size : fewest)
    tell({ 'per second': perSecond, ...(before !== undefined && { kept: perSecond / before }) })
  }

/** Any of the inputs each time: one that is always the first would be found at once. */
function exchanged(ids: string[], first: number, size: number): readonly Exchange[] {
  return Array.from({ length: size }, (_, nth) => {
    const number = first + 2 * nth
    const place = (Math.imul(number + 1, 2_654_435_761) >>> 0) % ids.length
    const out = ids[place] ?? ''
    const into = `new-${number}`
    ids[place] = into
    return { out, into }
  })
}
