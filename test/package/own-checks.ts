import assert from 'node:assert/strict'
import { alwaysFollowedBy, before, createTestRuntime, died, eventually, never, ran, why } from 'troupe/testing'
import { trip } from './own-agent.ts'

const test = await createTestRuntime({ party: trip })
await test.runtime.parties.create({ id: 'p1', inputs: ['Oslo'] })
await test.pass('30 s')
test.crash()
await test.restart()
await test.pass('30 s')

eventually(test, 'trip.train.found')
never(test, died('trip.input.added'))
before(test, 'trip.input.added', ran('search-trains'))
alwaysFollowedBy(test, 'trip.input.added', 'trip.train.found', { within: '1 min' })

assert.match(
  why(test, 'trip.train.found'),
  /because search-trains is done[^]*because 60000 ms are over[^]*somebody outside/,
)
await test.stop()
