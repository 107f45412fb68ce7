import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadApp } from '../../src/cli/app.ts'

it('the command line tells a partition kind of an application from its party, and knows the agents of both', async () => {
  const app = await loadApp(join(import.meta.dirname, '../support/ledger.ts'))
  expect(app.party?.name).toBe('shop')
  expect(app.agents.map(({ name }) => name)).toEqual(expect.arrayContaining(['buyer', 'bookkeeper']))
})
