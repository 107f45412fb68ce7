import fc from 'fast-check'
import { memoryJournal } from 'troupe'
import { seededRandom, slowJournal } from 'troupe/testing'
import { expect, it } from 'vitest'
import { family, order, schedule } from '../support/schedules.ts'
import { suiteScheduler } from '../support/settle.ts'
import { nothing, type Stage, startStage } from '../support/stage.ts'

/** One journal in four acknowledges late, by this seed. */
const slowness = fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat() })

const journalOf = (seed: number | undefined) =>
  seed === undefined ? memoryJournal() : slowJournal(seededRandom(seed), memoryJournal(), suiteScheduler)

/** What is under way at the end comes to rest before the stop, during the stop, or not at all. */
const endings: Readonly<Record<string, (stage: Stage) => Promise<unknown>>> = {
  rest: async stage => {
    await stage.rest()
    await stage.stop(0)
  },
  drain: stage => stage.stop(10_000),
  halt: stage => stage.stop(0),
}

it('after 10,000 random schedules, no actor, timer, ask, effect, listener or promise remains, and nothing is lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      family,
      schedule,
      slowness,
      fc.tuple(order, fc.constantFrom(...Object.keys(endings))),
      async (family, acts, seed, [order, ending]) => {
        const stage = await startStage(family, journalOf(seed), { order })
        for (const act of acts) await act.perform(stage)
        await endings[ending]?.(stage)
        expect(await stage.remains()).toEqual(nothing)
      },
    ),
    { numRuns: 10_000 },
  )
})

it('after whatever schedule, agents stop in the reverse order of their start', async () => {
  await fc.assert(
    fc.asyncProperty(family, schedule, slowness, order, async (family, acts, seed, order) => {
      const stage = await startStage(family, journalOf(seed), { order })
      for (const act of acts) await act.perform(stage)
      await stage.rest()
      const { stopped, expected } = await stage.stop(0)
      expect(stopped).toEqual(expected)
    }),
    { numRuns: 1_000 },
  )
})
