import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DeadlyOrders, DeadlyReport } from './deadly-life.ts'
import type { Death } from './death.ts'
import { start } from './process.ts'

/** Runs processes that the event ends, and resolves to the state in the first one that goes on. */
async function afterDeaths(death: Death, deaths: number): Promise<DeadlyReport> {
  const directory = mkdtempSync(join(tmpdir(), 'troupe-kill-'))
  const orders: DeadlyOrders = { directory, death }
  for (let life = 1; life <= deaths; life++)
    expect([life, (await start('deadly-life.ts', orders).ended).isKilled]).toEqual([life, true])
  const { lines, isKilled } = await start('deadly-life.ts', orders).ended
  expect(isKilled).toBe(false)
  rmSync(directory, { recursive: true })
  return JSON.parse(lines[0] ?? '')
}

describe('an event that kills its process', () => {
  it.each([
    ['deciding', 2],
    ['acting', 2],
    // At the first death, the journal did not hold the event.
    ['at once', 3],
  ] as const)('%s becomes a dead letter after %d deaths, and all other work goes on', async (death, deaths) => {
    const { heard, letters } = await afterDeaths(death, deaths)
    expect(heard.toSorted()).toEqual(['victim one', 'victim two', 'witness die', 'witness one', 'witness two'])
    expect(letters).toEqual([
      { type: 'deadly.passed', to: 'party/p1/victim', reason: 'quarantined', word: { word: 'die' } },
    ])
  })

  it.each([
    // At the first death, the journal did not hold the event.
    ['timer', 3],
    ['inside', 3],
    ['outcome', 3],
  ] as const)('(%s) fails its agent after %d deaths, and all other work goes on', async (death, deaths) => {
    const { heard, letters, failures } = await afterDeaths(death, deaths)
    expect(heard.toSorted()).toEqual(['victim one', 'victim two', 'witness die', 'witness one', 'witness two'])
    expect(letters).toEqual([])
    expect(failures).toEqual([expect.stringMatching(/^party\/p1\/victim: .* has ended the process 2 times/)])
  })
})
