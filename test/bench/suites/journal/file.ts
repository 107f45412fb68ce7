import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { journalRounds } from './rounds.ts'

/** A line of JSON for each frame at the end of one file, and a look that they are on the disk. */
export const file = journalRounds(directory => {
  const path = join(directory, 'journal.jsonl')
  const descriptor = openSync(path, 'a')
  return {
    keep(batches) {
      const lines = batches.flatMap(({ frames }) => frames.map(frame => `${JSON.stringify(frame)}\n`))
      writeSync(descriptor, lines.join(''))
      fdatasyncSync(descriptor)
    },
    count: () => readFileSync(path, 'utf8').split('\n').length - 1,
    close: () => closeSync(descriptor),
  }
})
