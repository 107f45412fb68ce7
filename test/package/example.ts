import { createRuntime } from 'troupe'
import { partyPlanner } from 'troupe/agents'

const runtime = await createRuntime({ party: partyPlanner }).start()
const party = await runtime.parties.create({ inputs: ['jungle theme party for 75 guests', 'vegan cake'] })
await party.idle()
console.log(party.state.plan)
await runtime.stop()
