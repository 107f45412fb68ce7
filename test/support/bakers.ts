import { agentTypes, defineAgent, defineEvent, type Migrations, migration } from 'troupe'
import { assign, emit, fromPromise, setup } from 'xstate'
import * as z from 'zod'

/** One agent in three versions of a program, for tests of migrations. */

export const order = defineEvent('bakery.order', z.object({}))
export const baked = defineEvent('bakery.baked', z.object({ cakes: z.int(), currency: z.string() }))

const hears = [order]
const says = [baked]
const never = fromPromise<number, number>(() => new Promise<number>(() => {}))

const firstContext = { cakes: 0 }

/** Counts orders, and asks the oven. */
export const firstMachine = setup({
  types: agentTypes({ context: firstContext, hears, says }),
  actors: { oven: never, radio: never },
}).createMachine({
  id: 'baker',
  version: '1',
  context: firstContext,
  initial: 'open',
  states: {
    open: {
      on: { 'bakery.order': { target: 'asking', actions: assign(({ context }) => ({ cakes: context.cakes + 1 })) } },
    },
    asking: {
      invoke: [
        { id: 'oven', src: 'oven', input: 1, onDone: 'shut' },
        { id: 'radio', src: 'radio', input: 1 },
      ],
      on: { 'bakery.order': 'shut' },
    },
    shut: { type: 'final' },
  },
})

interface Priced {
  readonly cakes: number
  readonly currency: 'USD' | 'EUR'
}
const priced: Priced = { cakes: 0, currency: 'USD' }

/** Has a currency, and calls the state `asking` by another name. */
export const secondMachine = setup({
  types: agentTypes({ context: priced, hears, says }),
  actors: { oven: never },
}).createMachine({
  id: 'baker',
  version: '2',
  context: priced,
  initial: 'open',
  states: {
    open: { on: { 'bakery.order': { actions: emit(({ context }) => baked(context)) } } },
    baking: { invoke: { id: 'oven', src: 'oven', input: 1 }, on: { 'bakery.order': 'shut' } },
    shut: { type: 'final' },
  },
})

export const first = defineAgent({ name: 'baker', machine: firstMachine, hears, says })

/** The migration from the first version to the second. */
export const fromFirst = migration(z.object({ cakes: z.int() }), ({ value, context }) => ({
  value: value === 'asking' ? 'baking' : value,
  context: { ...context, currency: 'USD' },
}))

export const second = defineAgent({
  name: 'baker',
  machine: secondMachine,
  hears,
  says,
  migrations: { '1': fromFirst },
})

/** The second version with other migrations, as untyped as those of a program in JavaScript. */
export const secondWith = (migrations: Migrations) =>
  defineAgent({ name: 'baker', machine: secondMachine, hears, says, migrations })
