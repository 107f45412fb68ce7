import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { serve } from '../../src/sqlite/serve.ts'

/** Answers as the thread of a journal does; the log is harmed when the second transaction is written but for its end. */
export function serveHarmed(harm: (log: string) => void): void {
  let log = ''
  const { exec } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function (sql) {
    log ||= join(dirname(this.location() ?? ''), 'journal.db-wal')
    return exec.call(this, sql)
  }
  let begun = 0
  serve({ beforeCommit: () => void (++begun === 2 && harm(log)) })
}
