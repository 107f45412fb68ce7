/** A process that opens a journal, reports whether that worked, and runs until the test ends it. */
import { argv, exit } from 'node:process'
import { createRuntime, TroupeError } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { report } from './report.ts'

/** What a process is to do. */
export interface LockedOrders {
  readonly directory: string
}

/** Whether it has opened the journal, or why not. */
export type LockedReport =
  | { readonly has: true }
  | { readonly code: string; readonly message: string; readonly pid: unknown }

const { directory }: LockedOrders = JSON.parse(argv[2] ?? '{}')
const say = (one: LockedReport) => report(one)

try {
  await createRuntime({ journal: sqliteJournal({ directory }) }).start()
} catch (error) {
  if (!TroupeError.is(error)) throw error
  say({ code: error.code, message: error.message, pid: 'pid' in error ? error.pid : undefined })
  exit()
}
say({ has: true })
await new Promise(resolve => setTimeout(resolve, 60_000))
