import { createRuntime } from 'troupe'
import { partyPlanner } from 'troupe/agents'
import { serveInspector } from 'troupe/inspect'

const runtime = await createRuntime({ party: partyPlanner }).start()
const server = await serveInspector(runtime, { only: (_, party) => party !== undefined }) // asked before anything is made
const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ui`)
socket.addEventListener('message', ({ data }) => console.log(data)) // {"v":1,"seq":1,...,"kind":"actor",...}
await new Promise(resolve => socket.addEventListener('open', resolve)) // the runtime is observed from now on
const party = await runtime.parties.create({ inputs: ['vegan cake'] })
await party.idle()
await server.stop()
await runtime.stop()
