import { agentTypes, ask, createRuntime, defineAgent, defineEvent, defineParty, defineRequest, effect } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

// 1. What is said, declared once: types, checks and docs come from it.
const added = defineEvent('trip.input.added', z.object({ inputId: z.string(), content: z.string().min(1) }))
const removed = defineEvent('trip.input.removed', z.object({ inputId: z.string() }))
const found = defineEvent('trip.train.found', z.object({ train: z.string() }))
const failed = defineEvent('trip.train.failed', z.object({ error: z.string() }))
const seats = defineRequest('trip.seats', { input: z.object({ to: z.string() }), output: z.object({ seats: z.int() }) })

// 2. An agent that answers.
const deskTypes = agentTypes({ context: {}, hears: [seats], says: [seats] })
const desk = defineAgent({
  name: 'desk',
  types: deskTypes,
  machine: setup({ types: deskTypes }).createMachine({
    context: {},
    on: { 'trip.seats': { actions: emit(({ event }) => seats.reply(event, { seats: event.data.to.length })) } },
  }),
})

// 3. An agent that asks, works outside, and tells.
const context = { to: '', seats: 0 }
const types = agentTypes({ context, hears: [added], says: [found, failed] })
const machine = setup({
  types,
  actors: {
    count: ask(seats, { deadline: 2_000 }),
    search: effect('search-trains', async ({ to, seats }: typeof context) => `${seats} seats to ${to}`),
  },
  actions: {
    tellFailed: emit((_, { error }: { error: unknown }) => failed({ error: `${error}` })),
  },
}).createMachine({
  id: 'train',
  context,
  initial: 'idle',
  states: {
    idle: {
      on: { 'trip.input.added': { target: 'counting', actions: assign(({ event }) => ({ to: event.data.content })) } },
    },
    counting: {
      tags: 'busy',
      invoke: {
        id: 'count',
        src: 'count',
        input: ({ context }) => ({ to: context.to }),
        onDone: { target: 'searching', actions: assign(({ event }) => event.output) },
        onError: { target: 'idle', actions: { type: 'tellFailed', params: ({ event }) => event } },
      },
    },
    searching: {
      tags: 'busy',
      invoke: {
        id: 'search',
        src: 'search',
        input: ({ context }) => context,
        onDone: { target: 'idle', actions: emit(({ event }) => found({ train: event.output })) },
        onError: { target: 'idle', actions: { type: 'tellFailed', params: ({ event }) => event } },
      },
    },
  },
})
const train = defineAgent({ name: 'train', machine, types, restart: 'transient' })

// 4. A party of both, whose state changes only by what they say.
const initial: { trains: string[] } = { trains: [] }
const trip = defineParty({
  name: 'trip',
  agents: [desk, train],
  events: [found],
  inputs: { added, removed },
  state: { initial, on: { 'trip.train.found': (state, { data }) => void state.trains.push(data.train) } },
})

const runtime = await createRuntime({ party: trip }).start()
const party = await runtime.parties.create({ inputs: ['Oslo', 'Rome'] })
await party.idle()
console.log(party.state.trains) // [ '4 seats to Oslo', '4 seats to Rome' ]
await runtime.stop()
