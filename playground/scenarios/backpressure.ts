import { deepEqual, equal, ok } from 'node:assert/strict'
import { agentTypes, defineAgent, defineEvent } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const ordered = defineEvent('waffles.ordered', z.object({ order: z.int() }), {
  description: 'Somebody wants a waffle.',
})
const baked = defineEvent('waffles.baked', z.object({ order: z.int() }), { description: 'A waffle is done.' })
const crowded = defineEvent('waffles.crowded', z.object({ waiting: z.int() }), {
  description: 'How many orders wait at the stand.',
})

const context = { order: 0 }
const stand = defineAgent({
  name: 'stand',
  hears: [ordered],
  says: [baked],
  mailbox: { capacity: 5 },
  machine: setup({ types: agentTypes({ context, hears: [ordered], says: [baked] }) }).createMachine({
    id: 'stand',
    context,
    initial: 'free',
    states: {
      free: { on: { 'waffles.ordered': { target: 'baking', actions: assign(({ event }) => event.data) } } },
      baking: { tags: 'busy', after: { 1_000: { target: 'free', actions: emit(({ context }) => baked(context)) } } },
    },
  }),
})

const orders = Array.from({ length: 50 }, (_, order) => order + 1)

export const scenario = defineScenario({
  id: 'backpressure',
  title: 'Fifty orders at a stand with room for five',
  shows:
    'A mailbox is bounded. When it is full, whoever publishes waits until there is room: nothing is lost, and memory does not grow.',
  seed: 1,
  runtime: { agents: [stand], events: [crowded] },
  steps: [
    {
      does: 'Fifty people order at once, and a waffle takes a second.',
      run: async ({ runtime, pass }) => {
        const all = Promise.all(orders.map(order => runtime.bus.publish(ordered({ order }))))
        for (let second = 0; second < 60; second++) {
          await pass(1_000)
          await runtime.bus.publish(crowded({ waiting: runtime.agent('stand').mailbox.depth }))
        }
        await all
      },
      idle: true,
    },
  ],
  asserts: [
    {
      that: 'Everybody gets a waffle, in the order in which they came.',
      check: ({ said }) =>
        deepEqual(
          said(baked).map(({ data }) => data.order),
          orders,
        ),
    },
    {
      that: 'There are never more than five orders at the stand, and for long there are five.',
      check: ({ said }) => {
        const waiting = said(crowded).map(({ data }) => data.waiting)
        equal(Math.max(...waiting), 5)
        ok(waiting.filter(count => count === 5).length > 20)
      },
    },
    {
      that: 'Most people wait before their order is taken.',
      check: ({ said }) => {
        const [first] = said(ordered)
        const late = said(ordered).filter(({ time }) => first && time > first.time)
        equal(late.length, 44)
      },
    },
    { that: 'No order is a dead letter.', check: ({ runtime }) => equal(runtime.bus.metrics().dead, 0) },
  ],
})
