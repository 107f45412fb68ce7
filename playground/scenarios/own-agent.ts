import { deepEqual } from 'node:assert/strict'
import { agentTypes, defineAgent, defineEvent } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

// 1. What is said: the type, the fields, and a sentence.
const arrived = defineEvent('door.arrived', z.object({ guest: z.string() }), { description: 'A guest is at the door.' })
const greeted = defineEvent('door.greeted', z.object({ guest: z.string(), number: z.int() }), {
  description: 'A guest was greeted, and which one that was.',
})

// 2. What the agent hears, says and remembers.
const context = { guests: 0 }
const types = agentTypes({ context, hears: [arrived], says: [greeted] })

// 3. How it behaves.
const machine = setup({ types }).createMachine({
  id: 'porter',
  context,
  on: {
    'door.arrived': {
      actions: [
        assign(({ context }) => ({ guests: context.guests + 1 })),
        emit(({ context, event }) => greeted({ guest: event.data.guest, number: context.guests })),
      ],
    },
  },
})
const porter = defineAgent({ name: 'porter', machine, types })

// 4. What happens, and what is so in the end.
export const scenario = defineScenario({
  id: 'own-agent',
  title: 'A porter who greets guests',
  shows:
    'An agent in thirty lines, to copy for one of your own: what it hears, what it says, what it remembers, how it behaves.',
  seed: 1,
  runtime: { agents: [porter] },
  steps: [
    {
      does: 'Two guests arrive.',
      run: async ({ runtime }) => {
        for (const guest of ['Ada', 'Ben']) await runtime.bus.publish(arrived({ guest }))
      },
      idle: true,
    },
  ],
  asserts: [
    {
      that: 'Both are greeted, with their number.',
      check: ({ said }) =>
        deepEqual(
          said(greeted).map(({ data }) => data),
          [
            { guest: 'Ada', number: 1 },
            { guest: 'Ben', number: 2 },
          ],
        ),
    },
  ],
})
