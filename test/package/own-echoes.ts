import { createRuntime } from 'troupe'
import { partyPlanner } from 'troupe/agents'
import { echo, platformEchoes, platformEvents, workflowCompleted } from 'troupe/events'

const runtime = createRuntime({ party: partyPlanner, events: [...platformEvents] })
const echoing = echo(runtime.bus, platformEchoes)
const completed = new Promise<string>(resolve => {
  runtime.bus.subscribe(workflowCompleted, ({ data }) => resolve(data.workflowId))
})
await runtime.start()
await runtime.parties.create({ id: 'p1', inputs: ['jungle party for 20 kids at a park', 'cake', 'food for all'] })
console.log(await completed) // p1
echoing.stop()
await runtime.stop()
