import assert from 'node:assert/strict'
import { partyPlanner, quotesSilenced } from 'troupe/agents'
import { createTestRuntime } from 'troupe/testing'

const test = await createTestRuntime({ party: partyPlanner, seed: 7 })
await test.runtime.bus.publish(quotesSilenced({ silent: true }))
await test.runtime.parties.create({ id: 'p1', inputs: ['a photographer'] })

await test.settle() // the quotes desk says nothing, so that the vendor agent waits
assert.equal(test.record.asks.length, 1)

test.crash() // as if the process was killed now
await test.restart() // the next one goes on with what is in the journal
await test.pass('5 s') // the deadline of the ask
assert.equal(test.runtime.parties.get('p1').state.results.vendor?.prices, 'unconfirmed')
await test.stop()
