import {
  type AskOptions,
  agentTypes,
  ask,
  defineAgent,
  defineEvent,
  defineParty,
  type EffectOptions,
  effect,
} from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { inputAdded, inputRemoved } from './pets.ts'
import { type Manner, price, shop } from './shops.ts'

/** A party in which one cake goes through an effect, an ask and three steps, for tests of spans. */

export const ordered = defineEvent('cakes.ordered', z.object({ of: z.string() }))
export const cancelled = defineEvent('cakes.cancelled', z.object({}))
export const sold = defineEvent('cakes.sold', z.object({ for: z.string() }))

const hears = [ordered, cancelled]
const says = [sold]

export type Bake = (input: string, scope: { readonly attempt: number; readonly signal: AbortSignal }) => unknown

interface BakerOptions {
  readonly bake?: Bake
  readonly baking?: EffectOptions<string, unknown>
  readonly asking?: AskOptions
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? `${error.code}` : `${error}`)

/** Bakes an ordered cake, asks the shop for the price, and sells it. */
const baker = ({ bake = () => 'cake', baking = {}, asking = {} }: BakerOptions) =>
  defineAgent({
    name: 'baker',
    hears,
    says,
    machine: setup({
      types: agentTypes({ context: { of: '' }, hears, says }),
      actors: { bake: effect('bake', bake, baking), price: ask(price, { to: 'shop', ...asking }) },
      actions: { sell: emit((_, data: { for: string }) => sold(data)) },
    }).createMachine({
      context: { of: '' },
      initial: 'idle',
      states: {
        idle: { on: { 'cakes.ordered': { target: 'baking', actions: assign(({ event }) => event.data) } } },
        baking: {
          tags: 'busy',
          on: { 'cakes.cancelled': 'idle' },
          invoke: {
            id: 'bake',
            src: 'bake',
            input: ({ context }) => context.of,
            onDone: 'pricing',
            onError: {
              target: 'idle',
              actions: { type: 'sell', params: ({ event }) => ({ for: codeOf(event.error) }) },
            },
          },
        },
        pricing: {
          tags: 'busy',
          invoke: {
            id: 'price',
            src: 'price',
            input: ({ context }) => context,
            onDone: {
              target: 'idle',
              actions: { type: 'sell', params: ({ event }) => ({ for: `${event.output.price}` }) },
            },
            onError: {
              target: 'idle',
              actions: { type: 'sell', params: ({ event }) => ({ for: codeOf(event.error) }) },
            },
          },
        },
      },
    }),
  })

export const cakesParty = (options: BakerOptions = {}, manner: Manner = 'answers') =>
  defineParty({
    name: 'cakes',
    agents: [baker(options), shop('shop', manner)],
    events: [sold],
    inputs: { added: inputAdded, removed: inputRemoved },
    state: {
      initial: { sold: [] as string[] },
      on: { 'cakes.sold': (state, { data }) => void state.sold.push(data.for) },
    },
  })
