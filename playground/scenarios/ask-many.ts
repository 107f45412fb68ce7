import { deepEqual, equal } from 'node:assert/strict'
import { agentTypes, askMany, defineAgent, defineEvent, defineRequest } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const wanted = defineEvent('balloons.wanted', z.object({ count: z.int() }), {
  description: 'Somebody needs so many balloons.',
})
const chosen = defineEvent('balloons.chosen', z.object({ from: z.string(), price: z.number() }), {
  description: 'A shop is cheap enough to be chosen.',
})
const missed = defineEvent('balloons.missed', z.object({ count: z.int() }), { description: 'No shop was chosen.' })
const quote = defineRequest('balloons.quote', {
  input: z.object({ count: z.int() }),
  output: z.object({ price: z.number() }),
  description: 'Asks what so many balloons cost.',
})

/** Sells balloons at a price each. */
const shop = (name: string, price: number) =>
  defineAgent({
    name,
    hears: [quote],
    says: [quote],
    machine: setup({ types: agentTypes({ context: {}, hears: [quote], says: [quote] }) }).createMachine({
      id: name,
      context: {},
      on: {
        'balloons.quote': { actions: emit(({ event }) => quote.reply(event, { price: price * event.data.count })) },
      },
    }),
  })

/** Has a pile of questions that nobody reads. */
const closedShop = (name: string) =>
  defineAgent({
    name,
    hears: [quote],
    says: [],
    machine: setup({ types: agentTypes({ context: { unread: 0 }, hears: [quote], says: [] }) }).createMachine({
      id: name,
      context: { unread: 0 },
      on: { 'balloons.quote': { actions: assign(({ context }) => ({ unread: context.unread + 1 })) } },
    }),
  })

const context = { count: 0 }
const buyer = defineAgent({
  name: 'buyer',
  hears: [wanted],
  says: [chosen, missed],
  machine: setup({
    types: agentTypes({ context, hears: [wanted], says: [chosen, missed] }),
    actors: { quotes: askMany(quote, { need: 'majority', deadline: 10_000 }) },
  }).createMachine({
    id: 'buyer',
    context,
    initial: 'idle',
    states: {
      idle: { on: { 'balloons.wanted': { target: 'asking', actions: assign(({ event }) => event.data) } } },
      asking: {
        tags: 'busy',
        invoke: {
          id: 'quotes',
          src: 'quotes',
          input: ({ context }) => context,
          onDone: {
            target: 'idle',
            actions: emit(({ event }) => {
              const quotes = event.output.map(({ from, output }) => ({ from, price: output.price }))
              return chosen(quotes.reduce((best, next) => (next.price < best.price ? next : best)))
            }),
          },
          onError: { target: 'idle', actions: emit(({ context }) => missed(context)) },
        },
      },
    },
  }),
})

export const scenario = defineScenario({
  id: 'ask-many',
  title: 'Quotes of five shops, two of which never answer',
  shows:
    'One question goes to many, and the answers of the majority are enough to decide: nobody waits for those who are silent.',
  seed: 1,
  runtime: {
    agents: [shop('fair', 3), closedShop('garden'), shop('market', 2), closedShop('toys'), shop('corner', 4), buyer],
  },
  steps: [
    {
      does: 'Fifty balloons are wanted, and a second passes.',
      run: async ({ runtime, pass }) => {
        await runtime.bus.publish(wanted({ count: 50 }))
        await pass(1_000)
      },
    },
  ],
  asserts: [
    {
      that: 'The cheapest of the three that answered is chosen.',
      check: ({ said }) =>
        deepEqual(
          said(chosen).map(({ data }) => data),
          [{ from: 'runtime/market', price: 100 }],
        ),
    },
    {
      that: 'It takes no time, though the other two have ten seconds to answer.',
      check: ({ said }) => equal(said(chosen)[0]?.time, said(wanted)[0]?.time),
    },
    {
      that: 'The question lies unread with both of them.',
      check: ({ runtime }) =>
        deepEqual(
          ['garden', 'toys'].map(shop => runtime.agent(shop).snapshot()?.context),
          [{ unread: 1 }, { unread: 1 }],
        ),
    },
    {
      that: 'Nobody waits for them any more.',
      check: ({ runtime }) => equal(runtime.bus.metrics().pendingAsks, 0),
    },
  ],
})
