/**
 * A process that appends to a journal until it is killed, to three partitions at once, and says of each frame when it was
 * acknowledged; then, or when it is refused, it says why.
 *
 *     node appender.ts DIRECTORY [WORKER]
 */
import { writeSync } from 'node:fs'
import { TroupeError } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { checkpoint, frame } from './made.ts'

const [directory = '', worker] = process.argv.slice(2)
const journal = sqliteJournal({ directory, ...(worker !== undefined && { worker: new URL(worker) }) })

// At once, so that what was said before the process is killed is heard.
const say = (line: string) => writeSync(1, `${line}\n`)

const append = async (partition: string) => {
  for (let position = 1; ; position++) {
    journal.handing?.(partition, 'dog', position)
    await journal.append(
      partition,
      1,
      position - 1,
      [frame(partition, position, 'x'.repeat(position % 5_000))],
      new Map([['dog', checkpoint(position)]]),
    )
    say(`${partition} ${position}`)
  }
}

try {
  await Promise.all(['p', 'q', 'r'].map(append))
} catch (error) {
  say(`refused ${TroupeError.is(error) ? error.code : String(error)}`)
}
