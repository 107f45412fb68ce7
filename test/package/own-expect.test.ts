import { createTestRuntime } from 'troupe/testing'
import 'troupe/testing/vitest'
import { expect, it } from 'vitest'
import { trip } from './own-agent.ts'

it('finds the train also after a crash, and needs no restart', async () => {
  const test = await createTestRuntime({ party: trip })
  await test.runtime.parties.create({ id: 'p1', inputs: ['Oslo'] })
  await test.pass('30 s')
  expect(test).not.toHavePublished('trip.train.found')

  test.crash()
  await test.restart()
  await test.pass('30 s')
  expect(test).toHaveRun('search-trains', { to: 'Oslo' })
  expect(test).toHavePublished('trip.train.found', { train: 'the night train to Oslo' })
  expect(test).not.toHaveRestarted('party/p1/train')
  await test.stop()
})
