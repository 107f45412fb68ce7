import { createRuntime } from 'troupe'
import { partyPlanner } from 'troupe/agents'
import { createSimulatedClock, recordSpans } from 'troupe/testing'

// What a planned party did, as a tree of times.
const clock = createSimulatedClock()
const recorder = recordSpans(clock)
const runtime = await createRuntime({ party: partyPlanner, clock, around: recorder }).start()

const party = await runtime.parties.create({ id: 'p1', inputs: ['20 guests', 'vegan cake'] })
await party.idle()
console.log(recorder.print(({ facts }) => facts.kind !== 'append'))
await runtime.stop()
