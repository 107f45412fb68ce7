import { agentTypes, defineAgent, defineEvent, defineParty, effect } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

// 1. The events, declared once: types, checks and docs come from this.
const added = defineEvent('trip.input.added', z.object({ inputId: z.string(), content: z.string().min(1) }))
const removed = defineEvent('trip.input.removed', z.object({ inputId: z.string() }))
const found = defineEvent('trip.train.found', z.object({ train: z.string() }))

// 2. The agent: what it remembers, hears and says, and how it behaves.
const context = { to: '' }
const types = agentTypes({ context, hears: [added], says: [found] })
const search = effect('search-trains', async ({ to }: typeof context) => `the night train to ${to}`)
const machine = setup({ types, actors: { search } }).createMachine({
  context,
  initial: 'idle',
  states: {
    idle: {
      on: { 'trip.input.added': { target: 'waiting', actions: assign(({ event }) => ({ to: event.data.content })) } },
    },
    waiting: { tags: 'busy', after: { 60_000: 'searching' } }, // a minute, to think twice
    searching: {
      tags: 'busy',
      invoke: {
        id: 'search',
        src: 'search',
        input: ({ context }) => context,
        onDone: { target: 'idle', actions: emit(({ event }) => found({ train: event.output })) },
      },
    },
  },
})
const train = defineAgent({ name: 'train', machine, types })

// 3. The party: its agents, and how its state changes by what they say.
const initial: { trains: string[] } = { trains: [] }
export const trip = defineParty({
  name: 'trip',
  agents: [train],
  events: [found],
  inputs: { added, removed },
  state: { initial, on: { 'trip.train.found': (state, { data }) => void state.trains.push(data.train) } },
})
