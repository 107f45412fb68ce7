import { createRuntime } from 'troupe'
import { builtInDirectory, definePartyPlanner } from 'troupe/agents'

const town = { ...builtInDirectory, vendors: async () => [] }
const runtime = await createRuntime({ party: definePartyPlanner({ directory: town }) }).start()
const party = await runtime.parties.create({ inputs: ['a photographer'] })
await party.idle()
console.log(party.state.results.vendor?.summary) // No vendor was found. Nobody offers photography.
await runtime.stop()
