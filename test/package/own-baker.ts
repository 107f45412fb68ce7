import { agentTypes, ask, defineAgent, defineEvent, defineRequest, effect } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

// What the agent hears, says, asks and runs.
export const ordered = defineEvent('cake.ordered', z.object({ flavour: z.string() }))
export const baked = defineEvent('cake.baked', z.object({ flavour: z.string(), photo: z.url() }))
export const cancelled = defineEvent('cake.cancelled', z.object({ flavour: z.string() }))
export const flourWanted = defineRequest('flour.wanted', {
  input: z.object({ grams: z.int() }),
  output: z.object({ bags: z.int() }),
})
type Order = { flavour: string }
export const bake = effect('bake', async ({ flavour }: Order) => `https://example.com/${flavour}.jpg`, { retries: 1 })

const types = agentTypes({ context: { flavour: '' }, hears: [ordered], says: [baked, cancelled] })
const machine = setup({ types, actors: { flour: ask(flourWanted, { deadline: 60_000 }), bake } }).createMachine({
  context: { flavour: '' },
  initial: 'idle',
  states: {
    idle: { on: { 'cake.ordered': { target: 'asking', actions: assign(({ event }) => event.data) } } },
    asking: {
      tags: 'busy', // the next order waits
      invoke: {
        id: 'flour',
        src: 'flour',
        input: { grams: 500 },
        onDone: 'baking',
        onError: { target: 'idle', actions: emit(({ context }) => cancelled(context)) },
      },
    },
    baking: {
      tags: 'busy',
      invoke: {
        id: 'bake',
        src: 'bake',
        input: ({ context }) => context,
        onDone: { target: 'idle', actions: emit(({ context, event }) => baked({ ...context, photo: event.output })) },
      },
    },
  },
})
export const baker = defineAgent({ name: 'baker', machine, types })
