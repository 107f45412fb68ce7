import { sqliteJournal } from 'troupe/sqlite'
import { journalRounds } from './rounds.ts'

/** `troupe/sqlite` as a runtime uses it. */
export const troupe = journalRounds(directory => {
  const journal = sqliteJournal({ directory })
  return {
    keep: batches =>
      Promise.all(batches.map(({ partition, after, frames }) => journal.append(partition, 1, after, frames))),
    async count() {
      let frames = 0
      for (const { partition } of await journal.partitions()) for await (const _ of journal.read(partition)) frames++
      return frames
    },
    close: () => journal.close(),
  }
})
