import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Frame } from 'troupe'
import { inDirectory } from '../../directory.ts'
import { checkCount } from '../../rate.ts'
import type { Cases } from '../../suite.ts'
import { Frames } from '../journal/frames.ts'
import { recoveryCase, sizes } from './sizes.ts'

/** Rows of as many frames, a tenth of the parties, parsed in the thread that reads them. */
export const sqliteByHand: Cases = {
  [recoveryCase]: (scale, tell) =>
    inDirectory(async directory => {
      const { parties, questions } = sizes[scale]
      const database = new DatabaseSync(join(directory, 'journal.db'))
      database.exec('pragma journal_mode = wal; pragma synchronous = full')
      database.exec(
        'create table frames (partition text, position integer, body text, primary key (partition, position))',
      )
      const insert = database.prepare('insert into frames values (?, ?, ?)')
      database.exec('begin')
      for (let party = 0; party < parties / 10; party++) {
        const partition = `party/p-${party}`
        for (const frame of new Frames(partition).next(questions * 2, 1).frames)
          insert.run(partition, frame.position, JSON.stringify(frame))
      }
      database.exec('commit')
      const select = database.prepare('select body from frames where partition = ? order by position')
      const begin = performance.now()
      let events = 0
      for (let party = 0; party < parties / 10; party++) {
        for (const { body } of select.iterate(`party/p-${party}`)) {
          const frame: Frame = JSON.parse(String(body))
          events += frame.entries.length
        }
      }
      const elapsed = performance.now() - begin
      checkCount('events', events, (parties / 10) * questions * 2)
      tell({ 'decoded a second': (events / elapsed) * 1_000 })
      database.close()
    }),
}
