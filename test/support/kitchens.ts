import {
  type Agent,
  agentTypes,
  defineAgent,
  defineEvent,
  defineParty,
  type EffectFunction,
  effect,
  type Migrations,
  migration,
} from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { inputAdded, inputRemoved } from './pets.ts'

/** A cook in two versions of a program, for tests of how the second version goes on with the work of the first. */

export const order = defineEvent('kitchen.order', z.object({ dish: z.string() }))
export const served = defineEvent('kitchen.served', z.object({ dish: z.string(), price: z.string() }))

const hears = [order]
const says = [served]

export type Oven = EffectFunction<{ readonly dish: string }, string>

/** How the effect of the oven works. */
export const never: Oven = () => new Promise<string>(() => {})
export const atOnce: Oven = ({ dish }) => `${dish}!`

const first: { dish: string; dishes: number } = { dish: '', dishes: 0 }

/** Cooks one dish after the other. */
export const firstCook = (oven: Oven = atOnce): Agent => {
  const machine = setup({
    types: agentTypes({ context: first, hears, says }),
    actors: { oven: effect('oven', oven) },
    actions: {
      serve: emit((_, { dish }: { dish: string }) => served({ dish, price: 'none' })),
      count: assign(({ context }) => ({ dishes: context.dishes + 1 })),
    },
  }).createMachine({
    id: 'cook',
    version: '1',
    context: first,
    initial: 'idle',
    states: {
      idle: { on: { 'kitchen.order': { target: 'cooking', actions: assign(({ event }) => event.data) } } },
      cooking: {
        tags: 'busy',
        invoke: {
          id: 'oven',
          src: 'oven',
          input: ({ context }) => ({ dish: context.dish }),
          onDone: {
            target: 'idle',
            actions: [{ type: 'serve', params: ({ event }) => ({ dish: event.output }) }, 'count'],
          },
        },
      },
    },
  })
  return defineAgent({ name: 'cook', machine, hears, says })
}

const second: { dish: string; dishes: number; currency: string } = { dish: '', dishes: 0, currency: 'EUR' }

/** The second version: it bakes, and has prices. */
export const secondCook = (migrations: Migrations = {}, oven: Oven = atOnce): Agent => {
  const machine = setup({
    types: agentTypes({ context: second, hears, says }),
    actors: { oven: effect('oven', oven) },
    actions: {
      serve: emit(({ context }, { dish }: { dish: string }) => served({ dish, price: context.currency })),
      count: assign(({ context }) => ({ dishes: context.dishes + 1 })),
    },
  }).createMachine({
    id: 'cook',
    version: '2',
    context: second,
    initial: 'idle',
    states: {
      idle: { on: { 'kitchen.order': { target: 'baking', actions: assign(({ event }) => event.data) } } },
      baking: {
        tags: 'busy',
        invoke: {
          id: 'oven',
          src: 'oven',
          input: ({ context }) => ({ dish: context.dish }),
          onDone: {
            target: 'idle',
            actions: [{ type: 'serve', params: ({ event }) => ({ dish: event.output }) }, 'count'],
          },
        },
      },
    },
  })
  return defineAgent({ name: 'cook', machine, hears, says, migrations })
}

/** The migration from the first version, which had no currency: its dishes were paid in francs. */
export const fromFirst = migration(z.object({ dish: z.string(), dishes: z.int() }), ({ value, context }) => ({
  value: value === 'cooking' ? 'baking' : value,
  context: { ...context, currency: 'CHF' },
}))

const state: { served: string[] } = { served: [] }

/** A party whose state holds the served dishes and their prices. */
export const kitchen = (...agents: Parameters<typeof defineParty>[0]['agents'][number][]) =>
  defineParty({
    name: 'kitchen',
    agents,
    events: [order, served],
    inputs: { added: inputAdded, removed: inputRemoved },
    state: {
      initial: state,
      on: {
        'kitchen.served': (state, { data }) => {
          state.served.push(`${data.dish} ${data.price}`)
        },
      },
    },
  })
