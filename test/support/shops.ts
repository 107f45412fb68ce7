import { type AskManyOptions, agentTypes, askMany, defineAgent, defineEvent, defineRequest } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

/** A small market for tests of asks: shops that answer or not, and a buyer that asks them. */

export const price = defineRequest('shops.price', {
  input: z.object({ of: z.string() }),
  output: z.object({ price: z.number() }),
  safe: true,
})
/** Asking twice would buy twice. */
export const order = defineRequest('shops.order', {
  input: z.object({ of: z.string() }),
  output: z.object({ paid: z.number() }),
})
export const wanted = defineEvent('shops.wanted', z.object({ of: z.string() }))
export const bought = defineEvent('shops.bought', z.object({ from: z.array(z.string()) }))
export const refused = defineEvent('shops.refused', z.object({ code: z.string(), stack: z.string() }))

/** How a shop takes requests: `answers`, `waits` for ever, or fails so many times before it answers. */
export type Manner = 'answers' | 'waits' | number

/** A shop whose price is its number of customers so far, over all its incarnations. */
export const shop = (name: string, manner: Manner = 'answers') => {
  let customers = 0
  return defineAgent({
    name,
    hears: [price],
    says: [price],
    machine: setup({
      types: agentTypes({ context: { asked: '' }, hears: [price], says: [price] }),
      guards: { waits: () => manner === 'waits' },
    }).createMachine({
      context: { asked: '' },
      on: {
        'shops.price': [
          { guard: 'waits', actions: assign(({ event }) => ({ asked: event.ask })) },
          {
            actions: emit(({ event }) => {
              customers++
              if (typeof manner === 'number' && customers <= manner) throw new Error('out of paper')
              return price.reply(event, { price: customers })
            }),
          },
        ],
      },
    }),
  })
}

const hears = [wanted]
const says = [bought, refused]

/** Asks when something is wanted, and says which shops answered, or why none did. */
export const buyer = (options: AskManyOptions) => {
  const machine = setup({
    types: agentTypes({ context: { of: '' }, hears, says }),
    actors: { ask: askMany(price, options) },
    actions: {
      tell: emit((_, { error }: { error: unknown }) =>
        refused({ code: codeOf(error), stack: error instanceof Error ? `${error.stack}` : '' }),
      ),
    },
  }).createMachine({
    context: { of: '' },
    initial: 'idle',
    states: {
      idle: { on: { 'shops.wanted': { target: 'asking', actions: assign(({ event }) => event.data) } } },
      asking: {
        tags: 'busy',
        invoke: {
          id: 'ask',
          src: 'ask',
          input: ({ context }) => context,
          onDone: {
            target: 'idle',
            actions: emit(({ event }) => bought({ from: event.output.map(({ from }) => from) })),
          },
          onError: { target: 'idle', actions: { type: 'tell', params: ({ event }) => event } },
        },
      },
    },
  })
  return defineAgent({ name: 'buyer', machine, hears, says })
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? `${error.code}` : `${error}`
