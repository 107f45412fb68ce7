import assert from 'node:assert/strict'
import { createRuntime } from 'troupe'
import { createSimulatedClock } from 'troupe/testing'
import { trip } from './own-agent.ts'

const clock = createSimulatedClock()
const runtime = await createRuntime({ party: trip, clock }).start()
const party = await runtime.parties.create({ inputs: ['Oslo'] })

assert.equal((await party.idle()).reason, 'waiting') // only a timer is left
clock.advance(60_000) // time moves when the test says so
await party.idle()
assert.deepEqual(party.state.trains, ['the night train to Oslo'])
await runtime.stop()
