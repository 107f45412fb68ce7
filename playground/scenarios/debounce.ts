import { deepEqual, equal } from 'node:assert/strict'
import { agentTypes, defineAgent, defineEvent } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const list = z.object({ party: z.string(), guests: z.int() })
const changed = defineEvent('guests.changed', list, { description: 'The list of guests is another one.' })
const printed = defineEvent('guests.printed', list, { description: 'The list of guests was printed.' })

const context = { party: '', guests: 0 }
const printer = defineAgent({
  name: 'printer',
  hears: [changed],
  says: [printed],
  // Of the lists of one party that wait, only the newest is worth printing.
  mailbox: { coalesce: { [changed.type]: ({ data }) => list.parse(data).party } },
  machine: setup({ types: agentTypes({ context, hears: [changed], says: [printed] }) }).createMachine({
    id: 'printer',
    context,
    initial: 'ready',
    states: {
      ready: { on: { 'guests.changed': { target: 'printing', actions: assign(({ event }) => event.data) } } },
      printing: {
        tags: 'busy',
        after: { 2_000: { target: 'ready', actions: emit(({ context }) => printed(context)) } },
      },
    },
  }),
})

export const scenario = defineScenario({
  id: 'debounce',
  title: 'Guest lists that change faster than they are printed',
  shows:
    'Many changes of the same thing in a short time are handled once: while the agent is busy, the newest one takes the place of those before.',
  seed: 1,
  runtime: { agents: [printer] },
  steps: [
    {
      does: 'The guest list of Ida changes nine times in a second, that of Otto three times.',
      run: async ({ runtime, pass }) => {
        for (let guests = 1; guests <= 9; guests++) {
          await runtime.bus.publish(changed({ party: 'Ida', guests }))
          if (guests % 3 === 0) await runtime.bus.publish(changed({ party: 'Otto', guests }))
          await pass(100)
        }
      },
    },
    { does: 'Ten seconds pass.', run: ({ pass }) => pass(10_000), idle: true },
  ],
  asserts: [
    {
      that: 'The first list is printed at once, and then the newest one of each party.',
      check: ({ said }) => {
        const lists = said(printed).map(({ data: { party, guests } }) => `${party} ${guests}`)
        deepEqual(lists, ['Ida 1', 'Ida 9', 'Otto 9'])
      },
    },
    {
      that: 'The nine lists between them are counted, and none is a dead letter.',
      check: ({ runtime }) => {
        const { handled, coalesced, dead } = runtime.bus.metrics()
        deepEqual({ handled, coalesced, dead }, { handled: 3, coalesced: 9, dead: 0 })
      },
    },
    {
      that: 'The printer is done six seconds after the first change, not after twenty-four.',
      check: ({ said }) => {
        const [first] = said(changed)
        const last = said(printed).at(-1)
        equal(first && last && last.time - first.time, 6_000)
      },
    },
  ],
})
