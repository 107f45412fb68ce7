import { createRuntime, persistBy } from 'troupe'
import { importantEvents, platformEvents, workflowPaused } from 'troupe/events'

// Any of these is enough: a ready rule, types, a priority, a function.
const persist = persistBy(importantEvents, { types: ['custom', 'audit.*'], priority: 2 }, ({ tags = [] }) =>
  tags.includes('legal'),
)
const runtime = await createRuntime({ events: [...platformEvents], persist }).start()
const paused = await runtime.bus.publish(workflowPaused({ workflowId: 'w1' }), { priority: 1 })
const later = await runtime.bus.publish(workflowPaused({ workflowId: 'w2' }))
console.log(paused.persist, later.persist) // undefined false
await runtime.stop()
