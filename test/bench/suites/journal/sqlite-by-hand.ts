import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { journalRounds } from './rounds.ts'

/** One table, a row for each frame, a transaction for each append, in the thread that makes the frames. */
export const sqliteByHand = journalRounds(directory => {
  const database = new DatabaseSync(join(directory, 'journal.db'))
  database.exec('pragma journal_mode = wal; pragma synchronous = full')
  database.exec('create table frames (partition text, position integer, body text, primary key (partition, position))')
  const insert = database.prepare('insert into frames values (?, ?, ?)')
  return {
    keep(batches) {
      database.exec('begin immediate')
      for (const { partition, frames } of batches)
        for (const frame of frames) insert.run(partition, frame.position, JSON.stringify(frame))
      database.exec('commit')
    },
    count: () => database.prepare('select body from frames').all().length,
    close: () => database.close(),
  }
})
