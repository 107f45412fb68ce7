import { agentTypes, defineAgent, defineEvent, migration } from 'troupe'
import { assign, setup } from 'xstate'
import * as z from 'zod'

const sold = defineEvent('shop.sold', z.object({ price: z.int() }))
const context = { sum: 0, sales: 0 }
const types = agentTypes({ context, hears: [sold], says: [] })
const machine = setup({
  types,
  actions: {
    enter: assign(({ context: { sum, sales } }, price: number) => ({ sum: sum + price, sales: sales + 1 })),
  },
}).createMachine({
  version: '2',
  context,
  initial: 'selling',
  states: { selling: { on: { 'shop.sold': { actions: { type: 'enter', params: ({ event }) => event.data.price } } } } },
})

// Version 1 did not count sales, and its state was called `open`.
const fromFirst = migration(z.object({ sum: z.int() }), ({ context: { sum } }) => ({
  value: 'selling',
  context: { sum, sales: 0 },
}))
export const till = defineAgent({ name: 'till', machine, types, migrations: { 1: fromFirst } })
