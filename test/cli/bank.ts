import { defineEvent, defineParty } from 'troupe'
import * as z from 'zod'

/** An application whose state holds values that JSON cannot express. */

const added = defineEvent('bank.coin.added', z.object({ inputId: z.string(), content: z.string() }))
const removed = defineEvent('bank.coin.removed', z.object({ inputId: z.string() }))
const initial = { sum: 0n, coins: new Map<string, bigint>(), kinds: new Set<string>() }

export const party = defineParty({
  name: 'bank',
  agents: [],
  events: [added],
  inputs: { added, removed },
  state: {
    initial,
    on: {
      'bank.coin.added': (state, { data }) => {
        state.sum += BigInt(data.content)
        state.coins.set(data.inputId, BigInt(data.content))
        state.kinds.add(data.content)
      },
    },
  },
})
