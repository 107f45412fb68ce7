import { inspectInto, type StatelyEvent } from 'troupe/inspect'
import { expect, it, onTestFinished } from 'vitest'
import { hold, ledger } from '../support/ledger.ts'
import { startRuntime } from '../support/runtime.ts'

it('a partition of an own kind is shown below a supervisor of its own', async () => {
  const { runtime } = await startRuntime({ kinds: [ledger] })
  const shown: StatelyEvent[] = []
  onTestFinished(inspectInto(runtime, { adapter: { send: event => void shown.push(event) } }))
  const main = await runtime.partitions(ledger).open('main')
  await main.agent('bookkeeper').ask(hold, { id: 'cake', amount: 30 })
  await main.idle()
  const roots = new Set(
    shown.filter(({ sessionId }) => sessionId === 'ledger/main/bookkeeper').map(({ rootId }) => rootId),
  )
  expect([...roots]).toEqual(['ledger/main/supervisor'])
})
