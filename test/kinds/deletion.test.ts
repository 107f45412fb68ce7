import { type Journal, memoryJournal } from 'troupe'
import { expect, it } from 'vitest'
import { ledger } from '../support/ledger.ts'
import { startRuntime } from '../support/runtime.ts'

it('keeps a partition that the journal did not forget and that was restored since, also when the runtime stops', async () => {
  const inner = memoryJournal()
  let isBroken = true
  const journal: Journal = {
    ...inner,
    async delete(...partition) {
      if (isBroken) throw new Error('The disk is gone.')
      await inner.delete(...partition)
    },
    close: async () => {},
  }
  const { runtime } = await startRuntime({ kinds: [ledger], journal })
  await runtime.partitions(ledger).open('main')
  await expect(runtime.partitions(ledger).delete('main')).rejects.toThrow('The disk is gone.')
  isBroken = false
  await runtime.partitions(ledger).retry('main')
  await runtime.stop()
  const next = await startRuntime({ kinds: [ledger], journal })
  expect(
    next.runtime
      .partitions(ledger)
      .list()
      .map(({ id }) => id),
  ).toEqual(['main'])
})
