import { createRuntime } from 'troupe'
import { partyPlanner } from 'troupe/agents'
import { sqliteJournal } from 'troupe/sqlite'

const runtime = createRuntime({ party: partyPlanner, journal: sqliteJournal({ directory: 'parties' }) })
await runtime.start() // what an earlier process has left goes on, however that one ended
const [party = await runtime.parties.create({ inputs: ['vegan cake'] })] = runtime.parties.list()
await party.idle()
console.log(party.id, party.state.results.cake?.options[0]?.name)
await runtime.stop()
