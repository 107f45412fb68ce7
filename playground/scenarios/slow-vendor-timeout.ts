import { deepEqual, equal } from 'node:assert/strict'
import { agentTypes, ask, askFailed, defineAgent, defineEvent, defineRequest } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const wanted = defineEvent('tent.wanted', z.object({}), { description: 'Somebody needs a tent.' })
const settled = defineEvent('tent.settled', z.object({ outcome: z.string() }), {
  description: 'Whether there will be a tent.',
})
const price = defineRequest('tent.price', {
  input: z.object({}),
  output: z.object({ price: z.number() }),
  description: 'Asks what a tent costs.',
})

/** Answers, but only after five seconds. */
const vendor = defineAgent({
  name: 'vendor',
  hears: [price],
  says: [price],
  machine: setup({
    types: agentTypes({ context: { ask: '' }, hears: [price], says: [price] }),
    actions: { note: assign((_, ask: string) => ({ ask })) },
  }).createMachine({
    id: 'vendor',
    context: { ask: '' },
    initial: 'free',
    states: {
      free: {
        on: { 'tent.price': { target: 'looking', actions: { type: 'note', params: ({ event }) => event.ask } } },
      },
      looking: {
        tags: 'busy',
        after: { 5_000: { target: 'free', actions: emit(({ context }) => price.reply(context, { price: 400 })) } },
      },
    },
  }),
})

const planner = defineAgent({
  name: 'planner',
  hears: [wanted],
  says: [settled],
  machine: setup({
    types: agentTypes({ context: {}, hears: [wanted], says: [settled] }),
    actors: { price: ask(price, { deadline: 2_000 }) },
  }).createMachine({
    id: 'planner',
    context: {},
    initial: 'idle',
    states: {
      idle: { on: { 'tent.wanted': 'asking' } },
      asking: {
        tags: 'busy',
        invoke: {
          id: 'price',
          src: 'price',
          input: {},
          onDone: { target: 'idle', actions: emit(({ event }) => settled({ outcome: `for $${event.output.price}` })) },
          onError: { target: 'idle', actions: emit(() => settled({ outcome: 'no tent' })) },
        },
      },
    },
  }),
})

export const scenario = defineScenario({
  id: 'slow-vendor-timeout',
  title: 'A vendor who answers too late',
  shows:
    'A question always ends: with an answer, an error, or its deadline. An answer that comes after that is kept as a dead letter, and confuses nobody.',
  seed: 1,
  runtime: { agents: [vendor, planner] },
  steps: [
    {
      does: 'A tent is wanted, and the vendor is given two seconds.',
      run: async ({ runtime, pass }) => {
        await runtime.bus.publish(wanted({}))
        await pass(2_000)
      },
    },
    { does: 'The vendor answers three seconds later.', run: ({ pass }) => pass(3_000), idle: true },
  ],
  asserts: [
    {
      that: 'The planner goes on without a tent, two seconds after it asked.',
      check: ({ said }) => {
        const [end, ...others] = said(settled)
        equal(others.length, 0)
        equal(end?.data.outcome, 'no tent')
        equal(end.time - (said(wanted)[0]?.time ?? 0), 2_000)
      },
    },
    {
      that: 'The question is told to have failed, with its reason.',
      check: ({ said }) =>
        deepEqual(
          said(askFailed).map(({ data }) => data.code),
          ['ASK_TIMEOUT'],
        ),
    },
    {
      that: 'The late answer is a dead letter.',
      check: ({ runtime }) => {
        const letters = runtime.bus.deadLetters
          .list()
          .map(({ reason, envelope }) => [reason, envelope.source, envelope.data])
        deepEqual(letters, [['stale', 'runtime/vendor', { price: 400 }]])
      },
    },
    { that: 'Nobody waits for it any more.', check: ({ runtime }) => equal(runtime.bus.metrics().pendingAsks, 0) },
  ],
})
