import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { start } from './process.ts'
import type { ValuesOrders } from './values-life.ts'

it.each(Array.from({ length: 5 }, () => Math.floor(Math.random() * 2 ** 31)))(
  'a process restores equal contexts, inputs, outcomes and states after kill -9 (seed %d)',
  async seed => {
    const directory = mkdtempSync(join(tmpdir(), 'troupe-kill-'))
    const orders = { directory, seed, count: 200 } satisfies Omit<ValuesOrders, 'what'>
    expect((await start('values-life.ts', { ...orders, what: 'put' }).ended).isKilled).toBe(true)
    const { lines } = await start('values-life.ts', { ...orders, what: 'compare' }).ended
    expect(lines.map(line => JSON.parse(line))).toEqual([{ equal: 200 }])
    rmSync(directory, { recursive: true })
  },
)
