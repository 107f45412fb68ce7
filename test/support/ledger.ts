import { agentTypes, ask, defineAgent, defineEvent, definePartitionKind, defineParty, defineRequest } from 'troupe'
import { assign, emit, enqueueActions, setup } from 'xstate'
import * as z from 'zod'

// An own kind of partitions: a ledger that reserves money before it is spent, up to a cap.

const money = z.object({ id: z.string(), amount: z.number() })
export const held = defineEvent('ledger.held', money)
export const settled = defineEvent('ledger.settled', money)
export const hold = defineRequest('ledger.hold', { input: money, output: z.object({ granted: z.boolean() }) })
export const settle = defineRequest('ledger.settle', { input: money, output: z.object({ spent: z.number() }) })

export const cap = 100

/** Amounts by the ids of what the money is for. */
type Amounts = Readonly<Record<string, number>>

const sum = (amounts: Amounts) => Object.values(amounts).reduce((total, one) => total + one, 0)

const context: { holds: Amounts; spent: Amounts } = { holds: {}, spent: {} }
const types = agentTypes({ context, hears: [hold, settle], says: [held, settled, hold, settle] })

/** Answers one request after the other, and repeats its answer for the same id. */
const machine = setup({ types }).createMachine({
  context,
  on: {
    'ledger.hold': {
      actions: enqueueActions(({ context: { holds, spent }, event, enqueue }) => {
        const { id, amount } = event.data
        const isKnown = id in holds || id in spent
        const granted = isKnown || sum(holds) + sum(spent) + amount <= cap
        enqueue.emit(hold.reply(event, { granted }))
        if (isKnown || !granted) return
        enqueue.assign({ holds: { ...holds, [id]: amount } })
        enqueue.emit(held({ id, amount }))
      }),
    },
    'ledger.settle': {
      actions: enqueueActions(({ context: { holds, spent }, event, enqueue }) => {
        const { id, amount } = event.data
        const { [id]: reserved = 0, ...left } = holds
        const cost = spent[id] ?? Math.min(amount, reserved)
        enqueue.emit(settle.reply(event, { spent: cost }))
        if (id in spent) return
        enqueue.assign({ holds: left, spent: { ...spent, [id]: cost } })
        enqueue.emit(settled({ id, amount: cost }))
      }),
    },
  },
})

export const bookkeeper = defineAgent({ name: 'bookkeeper', machine, types })

/** The reserved amounts by id, and the sum that is spent. */
const initial: { holds: Record<string, number>; spent: number } = { holds: {}, spent: 0 }

export const ledger = definePartitionKind({
  name: 'ledger',
  agents: [bookkeeper],
  events: [held, settled],
  state: {
    initial,
    on: {
      'ledger.held': (state, { data }) => void (state.holds[data.id] = data.amount),
      'ledger.settled': (state, { data }) => {
        delete state.holds[data.id]
        state.spent += data.amount
      },
    },
  },
})

export const wanted = defineEvent('shop.wanted', z.object({ inputId: z.string(), content: z.string() }))
export const returned = defineEvent('shop.returned', z.object({ inputId: z.string() }))
export const bought = defineEvent('shop.bought', money)
export const refused = defineEvent('shop.refused', z.object({ id: z.string() }))

const order = { id: '', amount: 0 }
const buyerTypes = agentTypes({ context: order, hears: [wanted], says: [bought, refused] })
const address = 'ledger/main/bookkeeper'

/** Buys what its party wants with the money of a ledger: first it reserves the money, then it spends it. */
const buyer = defineAgent({
  name: 'buyer',
  types: buyerTypes,
  machine: setup({
    types: buyerTypes,
    actors: { hold: ask(hold, { to: address }), settle: ask(settle, { to: address }) },
  }).createMachine({
    context: order,
    initial: 'idle',
    states: {
      idle: {
        on: {
          'shop.wanted': {
            target: 'holding',
            actions: assign(({ event }) => ({ id: event.data.inputId, amount: Number(event.data.content) })),
          },
        },
      },
      holding: {
        tags: 'busy',
        invoke: {
          src: 'hold',
          input: ({ context }) => context,
          onDone: [
            { guard: ({ event }) => event.output.granted, target: 'settling' },
            { target: 'idle', actions: emit(({ context: { id } }) => refused({ id })) },
          ],
          onError: { target: 'idle', actions: emit(({ context: { id } }) => refused({ id })) },
        },
      },
      settling: {
        tags: 'busy',
        invoke: {
          src: 'settle',
          input: ({ context }) => context,
          onDone: { target: 'idle', actions: emit(({ context }) => bought(context)) },
          onError: { target: 'idle', actions: emit(({ context: { id } }) => refused({ id })) },
        },
      },
    },
  }),
})

/** A party with the bought things, their prices, and the things that could not be bought. */
const purchases: { bought: Record<string, number>; refused: string[] } = { bought: {}, refused: [] }

export const shop = defineParty({
  name: 'shop',
  agents: [buyer],
  events: [bought, refused],
  inputs: { added: wanted, removed: returned },
  state: {
    initial: purchases,
    on: {
      'shop.bought': (state, { data }) => void (state.bought[data.id] = data.amount),
      'shop.refused': (state, { data }) => void state.refused.push(data.id),
    },
  },
})
