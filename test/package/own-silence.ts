import assert from 'node:assert/strict'
import { createRuntime } from 'troupe'
import { partyPlanner, quotesSilenced } from 'troupe/agents'
import { createSimulatedClock, seededRandom } from 'troupe/testing'

// Time moves when the test says so, and the same seed gives the same run.
const clock = createSimulatedClock()
const runtime = await createRuntime({ party: partyPlanner, clock, random: seededRandom(7) }).start()

await runtime.bus.publish(quotesSilenced({ silent: true }))
const party = await runtime.parties.create({ inputs: ['a photographer'] })
const resting = party.idle()
while (runtime.bus.metrics().pendingAsks === 0) await new Promise(setImmediate)
clock.advance(5_000) // the quotes desk says nothing until the deadline of the ask
await resting

assert.equal(party.state.results.vendor?.prices, 'unconfirmed')
assert.equal(runtime.bus.history({ type: 'ask.failed' }).length, 1)
await runtime.stop()
