import { createRuntime, defineEvent } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import * as z from 'zod'

const invited = defineEvent('party.invited', z.object({ guest: z.string() }))

// Opened with the first use; another process is refused until this one has stopped.
const runtime = await createRuntime({
  events: [invited],
  journal: sqliteJournal({ directory: 'data', maxBytes: 10_000_000_000 }),
}).start()
await runtime.bus.publish(invited({ guest: 'Ada' })) // resolves when it is on the disk
await runtime.stop()

// What is in a journal can be read without a runtime, also while another process has it open.
const journal = sqliteJournal({ directory: 'data', readOnly: true })
for (const { entries } of await journal.newest(1_000))
  for (const entry of entries) if (entry.kind === 'event') console.log(entry.envelope.data) // { guest: 'Ada' }
await journal.close()
