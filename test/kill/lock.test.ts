import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { LockedReport } from './locked-life.ts'
import { start } from './process.ts'

it('a second process on a directory is refused while the first one runs, and accepted after that was killed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'troupe-kill-'))
  const first = begin(directory)
  expect(await first.reported).toEqual({ has: true })
  expect(await begin(directory).reported).toMatchObject({
    code: 'JOURNAL_LOCKED',
    message: expect.stringContaining(directory),
    pid: first.pid,
  })
  first.kill()
  await first.ended
  const second = begin(directory)
  expect(await second.reported).toEqual({ has: true })
  second.kill()
  await second.ended
})

/** Starts a process, and resolves to its report on the journal. */
function begin(directory: string) {
  const reported = Promise.withResolvers<LockedReport>()
  const started = start('locked-life.ts', { directory }, line => reported.resolve(JSON.parse(line)))
  started.ended.catch(reported.reject)
  return { ...started, reported: reported.promise }
}
