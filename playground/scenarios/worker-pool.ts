import { deepEqual, equal } from 'node:assert/strict'
import { agentRestarted, agentTypes, defineAgent, defineEvent, definePool, type Runtime } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const ordered = defineEvent('bakery.ordered', z.object({ cake: z.string() }), { description: 'Somebody wants a cake.' })
const baked = defineEvent('bakery.baked', z.object({ cake: z.string() }), { description: 'A cake is done.' })

const context = { cake: '' }
const baker = defineAgent({
  name: 'baker',
  hears: [ordered],
  says: [baked],
  machine: setup({
    types: agentTypes({ context, hears: [ordered], says: [baked] }),
    actions: {
      burn: assign(() => {
        throw new Error('The oven caught fire.')
      }),
    },
  }).createMachine({
    id: 'baker',
    context,
    initial: 'free',
    states: {
      free: {
        on: {
          'bakery.ordered': [
            { guard: ({ event }) => event.data.cake === 'flambé', actions: 'burn' },
            { target: 'baking', actions: assign(({ event }) => event.data) },
          ],
        },
      },
      // Further orders wait while it is busy.
      baking: {
        tags: 'busy',
        after: { 1_000: { target: 'free', actions: emit(({ context }) => baked(context)) } },
      },
    },
  }),
})

const morning = ['lemon', 'apple', 'flambé', 'cherry', 'carrot', 'nut']
const noon = ['mocha', 'plum', 'poppy', 'rum']

async function order(runtime: Runtime, cakes: readonly string[]): Promise<void> {
  for (const cake of cakes) await runtime.bus.publish(ordered({ cake }))
}

export const scenario = defineScenario({
  id: 'worker-pool',
  title: 'A bakery with more and fewer bakers',
  shows:
    'Equal agents behind one address share the work, and become more and fewer while it comes in. One that crashes loses the order at hand, and nothing else.',
  seed: 1,
  runtime: { agents: [definePool({ name: 'bakers', agent: baker, size: 2, routing: 'least-mail' })], log: 'silent' },
  steps: [
    {
      does: 'Two bakers get six orders; one of them is for a cake that burns.',
      run: ({ runtime }) => order(runtime, morning),
      idle: true,
    },
    {
      does: 'Two more bakers come, and so do four more orders.',
      run: async ({ runtime }) => {
        await runtime.pool('bakers').scale(4)
        await order(runtime, noon)
      },
      idle: true,
    },
    {
      does: 'Three bakers go home when they have baked what they have.',
      run: ({ runtime, pass }) => Promise.all([runtime.pool('bakers').scale(1), pass(5_000)]),
      idle: true,
    },
  ],
  asserts: [
    {
      that: 'Every cake is baked once, except the one that burns.',
      check: ({ said }) => {
        const cakes = said(baked).map(({ data }) => data.cake)
        const wanted = [...morning, ...noon].filter(cake => cake !== 'flambé')
        deepEqual(cakes.toSorted(), wanted.toSorted())
      },
    },
    {
      that: 'The order that was lost is a dead letter, which somebody may hand over again.',
      check: ({ runtime }) => {
        const lost = runtime.bus.deadLetters.list().map(({ envelope, reason }) => [envelope.data, reason])
        deepEqual(lost, [[{ cake: 'flambé' }, 'failed']])
      },
    },
    {
      that: 'The baker who crashed is back at the same address, and bakes on.',
      check: ({ said }) => {
        const [back, ...others] = said(agentRestarted)
        equal(others.length, 0)
        equal(
          said(baked).some(({ source, time }) => source === back?.data.address && time > back.time),
          true,
        )
      },
    },
    {
      that: 'The bakers who came later took the orders for which the others had no time.',
      check: ({ said }) => {
        const late = said(baked).filter(({ source }) => /\/[34]$/.test(source))
        deepEqual(late.map(({ data }) => data.cake).toSorted(), noon.toSorted())
      },
    },
    { that: 'One baker is left.', check: ({ runtime }) => equal(runtime.pool('bakers').size, 1) },
  ],
})
