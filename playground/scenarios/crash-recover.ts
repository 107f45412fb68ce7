import { deepEqual, equal } from 'node:assert/strict'
import { agentTypes, defineAgent, defineEvent, defineParty, effect, partyRecovered } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const ordered = defineEvent('cake.ordered', z.object({ inputId: z.string(), content: z.string(), tiers: z.int() }), {
  description: 'Somebody wants a cake of so many tiers.',
})
const withdrawn = defineEvent('cake.withdrawn', z.object({ inputId: z.string() }), {
  description: 'Somebody does not want it any more.',
})
const baked = defineEvent('cake.baked', z.object({ tier: z.int(), attempt: z.int(), key: z.string() }), {
  description: 'One tier is done, at which attempt, and under which key.',
})
const due = defineEvent('cake.due', z.object({}), { description: 'The guests are here.' })

const hears = [ordered]
const context = { tiers: 0, tier: 1 }

/** Bakes one tier after the other. The second one takes so long that the process does not live to see it. */
const baker = defineAgent({
  name: 'baker',
  hears,
  says: [baked],
  machine: setup({
    types: agentTypes({ context, hears, says: [baked] }),
    actors: {
      bake: effect('bake', async ({ tier }: typeof context, { attempt, key }) => {
        if (tier === 2 && attempt === 1) await new Promise(() => {})
        return { tier, attempt, key }
      }),
    },
  }).createMachine({
    id: 'baker',
    context,
    initial: 'free',
    states: {
      free: {
        on: {
          'cake.ordered': { target: 'baking', actions: assign(({ event }) => ({ tiers: event.data.tiers, tier: 1 })) },
        },
      },
      baking: {
        tags: 'busy',
        invoke: {
          id: 'bake',
          src: 'bake',
          input: ({ context }) => context,
          onDone: [
            {
              guard: ({ context }) => context.tier < context.tiers,
              target: 'baking',
              reenter: true,
              actions: [
                emit(({ event }) => baked(event.output)),
                assign(({ context }) => ({ tier: context.tier + 1 })),
              ],
            },
            { target: 'free', actions: emit(({ event }) => baked(event.output)) },
          ],
        },
      },
    },
  }),
})

/** Says when the guests come: a minute after the order. */
const host = defineAgent({
  name: 'host',
  hears,
  says: [due],
  machine: setup({ types: agentTypes({ context: {}, hears, says: [due] }) }).createMachine({
    id: 'host',
    context: {},
    initial: 'idle',
    states: {
      idle: { on: { 'cake.ordered': 'waiting' } },
      waiting: { after: { 60_000: { target: 'idle', actions: emit(() => due({})) } } },
    },
  }),
})

const initial: { tiers: number[] } = { tiers: [] }
const bakery = defineParty({
  name: 'bakery',
  agents: [baker, host],
  events: [baked],
  inputs: { added: ordered, removed: withdrawn },
  state: { initial, on: { 'cake.baked': (state, { data }) => void state.tiers.push(data.tier) } },
})

export const scenario = defineScenario({
  id: 'crash-recover',
  title: 'A bakery whose process is killed',
  shows:
    'A process that is killed in the middle of its work loses nothing: the next one goes on with its journal. What was done is not done again, what was under way is, and timers fire at their time.',
  seed: 1,
  runtime: { party: bakery },
  steps: [
    {
      does: 'A cake of three tiers is ordered. While the second is in the oven, the process is killed with kill -9.',
      run: async ({ runtime, pass }) => {
        await runtime.parties.create({ id: 'wedding', inputs: [{ content: 'wedding cake', tiers: 3 }] })
        await pass(1_000)
      },
      isKilled: true,
    },
    { does: 'Another process goes on, and a minute passes.', run: ({ pass }) => pass(60_000), idle: true },
  ],
  asserts: [
    {
      that: 'The cake has three tiers, each of them once.',
      check: ({ runtime }) => deepEqual(runtime.parties.get('wedding').state.tiers, [1, 2, 3]),
    },
    {
      that: 'Only what was in the oven is baked again.',
      check: ({ said }) => {
        const tiers = said(baked).map(({ data }) => data)
        deepEqual(
          tiers.map(({ tier, attempt }) => [tier, attempt]),
          [
            [1, 1],
            [2, 2],
            [3, 1],
          ],
        )
        equal(new Set(tiers.map(({ key }) => key)).size, 3)
      },
    },
    {
      that: 'The guests come when they were to come, a minute after the order.',
      check: ({ said }) => {
        const [order] = said(ordered)
        deepEqual(
          said(due).map(({ time }) => time - (order?.time ?? 0)),
          [60_000],
        )
      },
    },
    {
      that: 'The party came back once, and its journal goes on where it ended.',
      check: ({ said }) => {
        equal(said(partyRecovered).length, 1)
        const places = said(baked).map(({ seq }) => seq)
        deepEqual(
          places,
          places.toSorted((one, other) => one - other),
        )
      },
    },
  ],
})
