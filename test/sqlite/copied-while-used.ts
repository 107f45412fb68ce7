import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { serve } from '../../src/sqlite/serve.ts'

// Before each statement the directory is copied: what a process leaves behind that is killed just then.
let statements = 0
function copy(db: DatabaseSync): void {
  const directory = dirname(db.location() ?? '')
  execFileSync('cp', ['-R', directory, `${directory}-${++statements}`])
}
const { exec, prepare } = DatabaseSync.prototype
DatabaseSync.prototype.exec = function (sql) {
  copy(this)
  return exec.call(this, sql)
}
DatabaseSync.prototype.prepare = function (...given) {
  copy(this)
  return prepare.apply(this, given)
}
serve()
