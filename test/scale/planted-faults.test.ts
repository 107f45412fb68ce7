import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { faultNames } from '../simulate/fault.ts'

const root = join(import.meta.dirname, '../..')

const summary = z.object({
  seeds: z.int(),
  failure: z.object({ seed: z.int(), broken: z.object({ invariant: z.string() }) }).optional(),
})

/** Runs the simulator. */
async function simulated(...options: readonly string[]) {
  const program = join(root, 'test/simulate/command.ts')
  const child = spawn(process.execPath, ['--conditions=troupe-source', program, '--json', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [out] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return summary.parse(JSON.parse(out))
}

it.each(faultNames())(
  'the simulator finds the planted fault %s within 2,000 seeds, and its seed repeats it',
  async fault => {
    const { failure } = await simulated('--fault', fault, '--seed', '1', '--seeds', '2000')
    const seed = `${failure?.seed}`
    expect(failure).toBeDefined()
    const again = await simulated('--fault', fault, '--seed', seed, '--seeds', '1')
    expect(again.failure?.broken).toEqual(failure?.broken)
  },
)

it('the simulator finds nothing in 2,000 seeds of the sound runtime', async () => {
  expect(await simulated('--seed', '1', '--seeds', '2000')).toMatchObject({ seeds: 2_000 })
})
