import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import * as z from 'zod'

const run = promisify(execFile)
const program = join(import.meta.dirname, '../simulate/same-journal.ts')
/** A seed of `jobs` with four processes. */
const seed = '3'

/** The journals that a process of its own gets from one seed, and how often it gets each. */
async function journalsOf(runs: number, kind: 'memory' | 'sqlite') {
  const { stdout } = await run(process.execPath, ['--conditions=troupe-source', program, seed, `${runs}`, kind, 'jobs'])
  return z.record(z.string(), z.int()).parse(JSON.parse(stdout))
}

it.each([
  ['memory', 50],
  ['sqlite', 5],
] as const)('one seed gives the same journal, byte for byte, in two processes: %s, %i times', async (kind, runs) => {
  const [one, other] = await Promise.all([journalsOf(runs, kind), journalsOf(runs, kind)])
  expect(Object.values(one)).toEqual([runs])
  expect(other).toEqual(one)
})
