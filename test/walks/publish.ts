import { agentTypes, createRuntime, defineAgent, defineEvent } from 'troupe'
import { setup } from 'xstate'
import * as z from 'zod'
import { record } from './recorder.ts'

const asked = defineEvent('pets.asked', z.object({ n: z.int() }))
const machine = setup({ types: agentTypes({ context: undefined, hears: [asked], says: [] }) }).createMachine({
  initial: 'waiting',
  states: { waiting: { on: { 'pets.asked': {} } } },
})
const dog = defineAgent({ name: 'dog', machine, hears: [asked], says: [] })
const runtime = await createRuntime({ agents: [dog] }).start()
let n = 0
const calls = await record(async () => {
  await runtime.bus.publish(asked({ n: n++ }))
  await new Promise(resolve => setImmediate(resolve))
})
await runtime.stop()
console.log(JSON.stringify(calls))
