/**
 * Runs one seed again and again, and prints how many different journals that gave, each by the hash of its bytes:
 * `node same-journal.ts <seed> <runs> <memory|sqlite> <workload>`.
 */
import { createHash } from 'node:crypto'
import type { Journal } from 'troupe'
import { workloadOf } from './search.ts'
import { reportUnhandled, simulate } from './simulation.ts'
import { type JournalKind, prepareStored } from './stored.ts'

process.on('unhandledRejection', reportUnhandled)
process.on('uncaughtException', reportUnhandled)

/** The hash of all that a journal holds. */
async function hashOf(journal: Journal): Promise<string> {
  const hash = createHash('sha256')
  const partitions = (await journal.partitions()).toSorted((one, other) => one.partition.localeCompare(other.partition))
  for (const known of partitions) {
    hash.update(JSON.stringify(known))
    for await (const frame of journal.read(known.partition)) hash.update(JSON.stringify(frame))
  }
  return hash.digest('hex')
}

const [seed = '1', runs = '1', kind = 'memory', name] = process.argv.slice(2)
const journal: JournalKind = kind === 'sqlite' ? 'sqlite' : 'memory'
await prepareStored(journal)
const counts = new Map<string, number>()
for (let run = 0; run < Number(runs); run++)
  await simulate({
    source: Number(seed),
    workload: workloadOf(Number(seed), name),
    journal,
    read: async one => {
      const hash = await hashOf(one)
      counts.set(hash, (counts.get(hash) ?? 0) + 1)
    },
  })
process.stdout.write(`${JSON.stringify(Object.fromEntries(counts))}\n`)
