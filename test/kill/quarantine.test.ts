import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { DeadlyOrders, DeadlyTold } from './deadly-life.ts'
import { deaths } from './death.ts'
import { start } from './process.ts'

it.each(deaths)(
  'an event that kills its process twice, %s, is a dead letter in the third, which goes on with all else',
  async death => {
    const orders: DeadlyOrders = { directory: mkdtempSync(join(tmpdir(), 'troupe-kill-')), death }
    for (const life of ['first', 'second'])
      expect([life, (await start('deadly-life.ts', orders).ended).isKilled]).toEqual([life, true])
    const { lines, isKilled } = await start('deadly-life.ts', orders).ended
    expect(isKilled).toBe(false)
    const told: DeadlyTold = JSON.parse(lines[0] ?? '')
    expect(told.heard.toSorted()).toEqual(['victim one', 'victim two', 'witness die', 'witness one', 'witness two'])
    expect(told.letters).toEqual([
      {
        type: 'deadly.passed',
        to: 'party/p1/victim',
        reason: 'quarantined',
        word: { word: 'die' },
      },
    ])
  },
)
