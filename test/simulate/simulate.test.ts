import { describe, expect, it } from 'vitest'
import type { Recorded } from './choices.ts'
import { kept } from './kept-seeds.ts'
import { runSeed, workloadOf } from './search.ts'
import { Shrinking } from './shrink.ts'
import { simulate } from './simulation.ts'

const seeds = Array.from({ length: 12 }, (_, n) => n + 1)

it('a few seeds break no invariant', async () => {
  for (const seed of seeds) expect((await runSeed(seed, 'memory')).broken, `seed ${seed}`).toBeUndefined()
})

it('seeds that once broke an invariant break none any more', async () => {
  for (const { seed, workload } of kept)
    expect((await runSeed(seed, 'memory', workloadOf(seed, workload))).broken, `seed ${seed}`).toBeUndefined()
})

describe('a run', () => {
  /** What happens in a run, line by line. */
  async function linesOf(source: number | Recorded): Promise<readonly string[]> {
    const lines: string[] = []
    const { choices } = await simulate({
      source,
      workload: workloadOf(3, undefined),
      journal: 'memory',
      trace: line => lines.push(line),
    })
    return [...lines, JSON.stringify(choices)]
  }

  it('is the same with the same seed', async () => {
    expect(await linesOf(3)).toEqual(await linesOf(3))
  })

  it('is the same with the choices that it recorded', async () => {
    const lines = await linesOf(3)
    expect(await linesOf(JSON.parse(lines.at(-1) ?? ''))).toEqual(lines)
  })

  it('differs with another seed', async () => {
    expect(await linesOf(3)).not.toEqual(await linesOf(4))
  })
})

it('the shortest failing choices are those without which nothing fails', async () => {
  const choices: Recorded = {
    program: [3, 1],
    act: [5, 9, 7, 2],
    disturbance: [1, 2, 3, 4, 5, 6],
    ended: [],
    order: [1],
  }
  // It fails with the act 7 and with a disturbance of the kind 5.
  const fails = async (tried: Recorded) =>
    tried.act.includes(7) && tried.disturbance.some((choice, place) => place % 3 === 1 && choice === 5)
      ? tried
      : undefined
  expect(await new Shrinking(choices, fails, 500).shrink()).toEqual({
    program: [],
    act: [7],
    disturbance: [0, 5],
    ended: [],
    order: [],
  })
})
