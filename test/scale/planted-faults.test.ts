import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { faultNames, loadedFault } from '../simulate/fault.ts'
import { runSeed, workloadOf } from '../simulate/search.ts'

const root = join(import.meta.dirname, '../..')

const summary = z.object({
  seeds: z.int(),
  failure: z.object({ seed: z.int(), broken: z.object({ invariant: z.string(), what: z.string() }) }).optional(),
})

// The processes compile nearly the same files.
const compiled = mkdtempSync(join(tmpdir(), 'troupe-compiled-'))
afterAll(() => rmSync(compiled, { recursive: true, force: true }))

/** Runs the simulator, whose failures stay as long as they are found. */
async function simulated(...options: readonly string[]) {
  const program = join(root, 'test/simulate/command.ts')
  const all = ['--conditions=troupe-source', program, '--json', '--no-shrink', '--workers', '1', ...options]
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled }
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const [out] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return summary.parse(JSON.parse(out))
}

/** Some seeds before the one that has found a fault. */
const before = 5

/** Where a search for a fault begins. */
async function placeOf(name: string) {
  const { found } = await loadedFault(name)
  return { ...found, first: Math.max(1, found.seed - before) }
}

describe.concurrent('the simulator', () => {
  it.each(faultNames())('finds the planted fault %s within 2,000 seeds, and its seed repeats it', async name => {
    const { workload, first } = await placeOf(name)
    const { failure } = await simulated(
      '--fault',
      name,
      '--workload',
      workload,
      '--seed',
      `${first}`,
      '--seeds',
      '2000',
    )
    const seed = `${failure?.seed}`
    expect(failure).toBeDefined()
    const again = await simulated('--fault', name, '--workload', workload, '--seed', seed, '--seeds', '1')
    expect(again.failure?.broken).toEqual(failure?.broken)
  })
})

it('the simulator finds nothing in the same seeds of the sound runtime', async () => {
  for (const name of faultNames()) {
    const { workload, first, seed: last } = await placeOf(name)
    for (let seed = first; seed <= last; seed++) {
      const { broken } = await runSeed(seed, 'memory', workloadOf(seed, workload))
      expect(broken, `seed ${seed} of ${workload}`).toBeUndefined()
    }
  }
})
