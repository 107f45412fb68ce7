import fs, { appendFileSync, fstatSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { serve } from '../../src/sqlite/serve.ts'

// Notes beside the directory what is synchronised, and what is set on the connection when something is committed. SQLite is made
// to begin with the settings that lose most.
let connection: DatabaseSync | undefined
const notes: unknown[] = []

const { exec } = DatabaseSync.prototype
function begin(db: DatabaseSync): DatabaseSync {
  exec.call(db, 'PRAGMA synchronous = OFF')
  return db
}
DatabaseSync.prototype.exec = function (sql) {
  connection ??= begin(this)
  return exec.call(this, sql)
}

const { fsyncSync } = fs
fs.fsyncSync = file => {
  fsyncSync(file)
  notes.push({ synchronised: fstatSync(file).ino })
}
syncBuiltinESMExports()

serve({
  beforeCommit() {
    const set = ['synchronous', 'fullfsync', 'journal_mode', 'locking_mode'].map(name => ({
      ...connection?.prepare(`PRAGMA ${name}`).get(),
    }))
    notes.push(Object.assign({}, ...set))
    const place = `${dirname(connection?.location() ?? '')}-notes`
    for (const note of notes.splice(0)) appendFileSync(place, `${JSON.stringify(note)}\n`)
  },
})
