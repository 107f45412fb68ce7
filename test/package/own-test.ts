import assert from 'node:assert/strict'
import { createTestRuntime } from 'troupe/testing'
import { trip } from './own-agent.ts'

const test = await createTestRuntime({ party: trip })
const party = await test.runtime.parties.create({ inputs: ['Oslo'] })

await test.pass('1 min') // time moves when the test says so
assert.deepEqual(party.state.trains, ['the night train to Oslo'])
await test.stop()
