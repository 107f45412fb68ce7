import {
  type Agent,
  agentTypes,
  ask,
  defineAgent,
  defineEvent,
  defineParty,
  defineRequest,
  type EffectFunction,
  effect,
  type PartyDefinition,
} from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

/** Many small parties at once. Each errand is priced, paid and carried out, with effects, an ask to a shared agent, and a timer. */

const errand = z.object({ errand: z.string() })

const wanted = defineEvent('errands.wanted', z.object({ inputId: z.string(), content: z.string() }))
const unwanted = defineEvent('errands.unwanted', z.object({ inputId: z.string() }))
const accepted = defineEvent('errands.accepted', errand)
const priced = defineEvent('errands.priced', errand)
const paid = defineEvent('errands.paid', errand)
const pay = defineRequest('errands.pay', { input: errand, output: errand })
const carried = defineEvent('errands.carried', errand)

/** How often each errand reached each stage. */
const marks: { marks: Record<string, Record<string, number>> } = { marks: {} }
const none: { count: number } = { count: 0 }
/** Milliseconds. So long that no ask ends by its deadline, also on a slow machine. */
const patient = 3_600_000
const current: { errand: string } = { errand: '' }

/** The effect of an errand. */
export type Errand = EffectFunction<string, string>

export function errandsOf(errand: Errand): PartyDefinition<typeof marks, typeof wanted, typeof unwanted> {
  return defineParty({
    name: 'errands',
    agents: [secretary(), pricer(errand), payer(), porter()],
    shared: [bank()],
    events: [accepted, priced, paid, carried],
    inputs: { added: wanted, removed: unwanted },
    state: {
      initial: marks,
      on: {
        'errands.accepted': ({ marks }, { data }) => mark(marks, data.errand, 'accepted'),
        'errands.priced': ({ marks }, { data }) => mark(marks, data.errand, 'priced'),
        'errands.paid': ({ marks }, { data }) => mark(marks, data.errand, 'paid'),
        'errands.carried': ({ marks }, { data }) => mark(marks, data.errand, 'carried'),
      },
    },
  })
}

/** The stages of a finished errand. */
export const over = { accepted: 1, priced: 1, paid: 1, carried: 1 }

function mark(marks: Record<string, Record<string, number>>, errand: string, what: string): void {
  const of = (marks[errand] ??= {})
  of[what] = (of[what] ?? 0) + 1
}

function secretary(): Agent {
  const machine = setup({
    types: agentTypes({ context: {}, hears: [wanted], says: [accepted] }),
  }).createMachine({
    id: 'secretary',
    on: { 'errands.wanted': { actions: emit(({ event }) => accepted({ errand: event.data.content })) } },
  })
  return defineAgent({ name: 'secretary', machine, hears: [wanted], says: [accepted] })
}

/** Runs an effect for each errand. */
function pricer(run: Errand): Agent {
  const machine = setup({
    types: agentTypes({ context: current, hears: [accepted], says: [priced] }),
    actors: { price: effect('price', run) },
    actions: { begin: assign((_, { errand }: { errand: string }) => ({ errand })) },
  }).createMachine({
    id: 'pricer',
    context: current,
    initial: 'idle',
    states: {
      idle: {
        on: {
          'errands.accepted': { target: 'pricing', actions: { type: 'begin', params: ({ event }) => event.data } },
        },
      },
      pricing: {
        tags: 'busy',
        invoke: {
          id: 'price',
          src: 'price',
          input: ({ context }) => context.errand,
          onDone: { target: 'idle', actions: emit(({ event }) => priced({ errand: event.output })) },
        },
      },
    },
  })
  return defineAgent({ name: 'pricer', machine, hears: [accepted], says: [priced] })
}

/** Asks an agent that all parties share. */
function payer(): Agent {
  const machine = setup({
    types: agentTypes({ context: current, hears: [priced], says: [paid] }),
    actors: { pay: ask(pay, { deadline: patient }) },
    actions: { begin: assign((_, { errand }: { errand: string }) => ({ errand })) },
  }).createMachine({
    id: 'payer',
    context: current,
    initial: 'idle',
    states: {
      idle: {
        on: { 'errands.priced': { target: 'paying', actions: { type: 'begin', params: ({ event }) => event.data } } },
      },
      paying: {
        tags: 'busy',
        invoke: {
          id: 'pay',
          src: 'pay',
          input: ({ context }) => context,
          onDone: { target: 'idle', actions: emit(({ event }) => paid(event.output)) },
        },
      },
    },
  })
  return defineAgent({ name: 'payer', machine, hears: [priced], says: [paid] })
}

/** Outside the parties: counts the payments that it is asked for. */
function bank(): Agent {
  const machine = setup({
    types: agentTypes({ context: none, hears: [pay], says: [pay] }),
  }).createMachine({
    id: 'bank',
    context: none,
    on: {
      'errands.pay': {
        actions: [
          emit(({ event }) => pay.reply(event, event.data)),
          assign(({ context }) => ({ count: context.count + 1 })),
        ],
      },
    },
  })
  return defineAgent({ name: 'bank', machine, hears: [pay], says: [pay] })
}

/** Carries out an errand after a while. */
function porter(): Agent {
  const machine = setup({
    types: agentTypes({ context: current, hears: [paid], says: [carried] }),
    actions: { begin: assign((_, { errand }: { errand: string }) => ({ errand })) },
  }).createMachine({
    id: 'porter',
    context: current,
    initial: 'idle',
    states: {
      idle: {
        on: { 'errands.paid': { target: 'away', actions: { type: 'begin', params: ({ event }) => event.data } } },
      },
      away: { tags: 'busy', after: { 20: { target: 'idle', actions: emit(({ context }) => carried(context)) } } },
    },
  })
  return defineAgent({ name: 'porter', machine, hears: [paid], says: [carried] })
}
