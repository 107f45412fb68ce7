import { systemScheduler } from 'troupe'
import { randomScheduler, schedulerContract, seededRandom } from 'troupe/testing'
import { describe, it } from 'vitest'

describe.each([
  ['of the system', schedulerContract(() => systemScheduler)],
  ['that chooses at random', schedulerContract(() => randomScheduler(seededRandom(3)))],
])('a scheduler %s', (_, cases) => {
  for (const { name, run } of cases) it(name, run)
})
