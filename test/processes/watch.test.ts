import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { beginPlayIn } from '../support/command.ts'
import { projectCopy } from '../support/project-copy.ts'

it('the command that plays and watches plays a changed scenario again, prints errors with their place, and ends with 130', async () => {
  const root = projectCopy({ installed: true })
  const { child, printed, ended } = beginPlayIn(root, 'run', 'debounce', '--watch')
  const file = join(root, 'playground', 'scenarios', 'debounce.ts')
  const before = readFileSync(file, 'utf8')
  await printed('Watching src, agents, playground. Ctrl-C ends it.')
  writeFileSync(file, before.replace('Ten seconds pass.', 'Ten whole seconds pass.'))
  await printed('now 1 of 1 ok')
  writeFileSync(file, 'export const scenario = = 3')
  await printed('not played to the end')
  child.kill('SIGINT')
  const { code, out, err } = await ended
  expect({ code, out }).toEqual({ code: 130, out: '' })
  expect(err).toMatch(/^debounce: Guest lists .*\n(?: {2}✓ .*\n)+\nWatching/)
  expect(err).toMatch(
    /^- {3}✓ done.*Ten seconds pass\.\n\+ {3}✓ done.*Ten whole seconds pass\.\n✓ ok {6}now 1 of 1 ok$/m,
  )
  expect(err).toMatch(/debounce\.ts:1\nexport const scenario = = 3\n/)
  expect(err).toMatch(/^✗ failed {2}not played to the end: its process ended with 3$/m)
})
