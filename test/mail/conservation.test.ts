import fc from 'fast-check'
import { expect, it } from 'vitest'
import { suiteJournal } from '../support/runtime.ts'
import { family, order, schedule } from '../support/schedules.ts'
import { nothing, startStage } from '../support/stage.ts'

// In memory `npm run test:scale` does so 10,000 times; only here do schedules meet the other journals.
const numRuns = process.env['TROUPE_JOURNAL'] === undefined ? 50 : 200

it('every delivery ends in a counted outcome, whatever happens, and nothing is left after stop', async () => {
  await fc.assert(
    fc.asyncProperty(family, schedule, order, async (family, acts, order) => {
      const stage = await startStage(family, suiteJournal(), { order })
      for (const act of acts) await act.perform(stage)
      await stage.rest()
      expect(await stage.remains()).toMatchObject({ lostEvents: 0, lostDeliveries: 0 })
      await stage.stop(0)
      expect(await stage.remains()).toEqual(nothing)
    }),
    { numRuns },
  )
})
