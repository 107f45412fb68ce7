import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const project = join(import.meta.dirname, '..', '..')

/** A copy of the programs of this project, for as long as the test runs; there is a space in its path. @param options `installed`: with its packages */
export function projectCopy({ installed }: { readonly installed: boolean }): string {
  const copy = mkdtempSync(join(tmpdir(), 'troupe project-'))
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  for (const part of ['package.json', 'src', 'agents', 'playground'])
    cpSync(join(project, part), join(copy, part), { recursive: true })
  if (installed) symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'))
  return copy
}
