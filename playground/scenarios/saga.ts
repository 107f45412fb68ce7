import { deepEqual, match } from 'node:assert/strict'
import { agentTypes, ask, defineAgent, defineEvent, defineParty, defineRequest, effect } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { defineScenario } from '../stage/scenario.ts'

const wish = z.object({ inputId: z.string(), content: z.string(), tiers: z.int() })
const wished = defineEvent('anniversary.wished', wish, { description: 'Somebody wishes for something at the party.' })
const withdrawn = defineEvent('anniversary.withdrawn', z.object({ inputId: z.string() }), {
  description: 'A wish is taken back.',
})
const what = z.object({ what: z.string() })
const booked = defineEvent('anniversary.booked', what, { description: 'A shop took a booking.' })
const cancelled = defineEvent('anniversary.cancelled', what, { description: 'A shop took a booking back.' })
const stranded = defineEvent('anniversary.stranded', what, { description: 'A person has to cancel this.' })
const settled = defineEvent('anniversary.settled', z.object({ outcome: z.string() }), {
  description: 'It is decided: all are booked, or none.',
})

const io = { input: z.object({}), output: z.object({}) }
const book = defineRequest('shop.book', { ...io, description: 'Asks a shop to take a booking.' })
// Cancelling twice does no harm, so it may be asked again.
const cancel = defineRequest('shop.cancel', { ...io, safe: true, description: 'Asks a shop to take a booking back.' })

/** Takes every booking and every cancellation. */
const shop = (name: string) => {
  const hears = [book, cancel]
  const says = [book, cancel, booked, cancelled]
  const machine = setup({ types: agentTypes({ context: {}, hears, says }) }).createMachine({
    id: name,
    context: {},
    on: {
      'shop.book': { actions: [emit(() => booked({ what: name })), emit(({ event }) => book.reply(event, {}))] },
      'shop.cancel': { actions: [emit(() => cancelled({ what: name })), emit(({ event }) => cancel.reply(event, {}))] },
    },
  })
  return defineAgent({ name, machine, hears, says })
}

async function bake({ tiers }: { tiers: number }): Promise<string> {
  if (tiers > 5) throw new Error(`No oven is high enough for ${tiers} tiers.`)
  return 'cake'
}

const hears = [wished]
const says = [booked, stranded, settled]
const context = { tiers: 0, why: '' }
/** Books one thing after the other; what cannot be had sends it back the way it came. */
const machine = setup({
  types: agentTypes({ context, hears, says }),
  actors: {
    bookBand: ask(book, { to: 'band' }),
    bookHall: ask(book, { to: 'hall' }),
    bakeCake: effect('bake-cake', bake),
    cancelHall: ask(cancel, { to: 'hall', retries: 2 }),
    cancelBand: ask(cancel, { to: 'band', retries: 2 }),
  },
  actions: {
    remember: assign((_, { error }: { error: unknown }) => ({
      why: error instanceof Error ? error.message : `${error}`,
    })),
    strand: emit((_, params: { what: string }) => stranded(params)),
  },
}).createMachine({
  id: 'booking',
  context,
  initial: 'idle',
  states: {
    idle: {
      on: {
        'anniversary.wished': {
          target: 'bookingBand',
          actions: assign(({ event }) => ({ tiers: event.data.tiers, why: '' })),
        },
      },
    },
    // A shop that does not answer may have booked nevertheless, so what failed itself is cancelled too.
    bookingBand: {
      tags: 'busy',
      invoke: {
        id: 'bookBand',
        src: 'bookBand',
        input: {},
        onDone: 'bookingHall',
        onError: { target: 'cancellingBand', actions: { type: 'remember', params: ({ event }) => event } },
      },
    },
    bookingHall: {
      tags: 'busy',
      invoke: {
        id: 'bookHall',
        src: 'bookHall',
        input: {},
        onDone: 'bakingCake',
        onError: { target: 'cancellingHall', actions: { type: 'remember', params: ({ event }) => event } },
      },
    },
    bakingCake: {
      tags: 'busy',
      invoke: {
        id: 'bakeCake',
        src: 'bakeCake',
        input: ({ context }) => context,
        onDone: { target: 'done', actions: emit(({ event }) => booked({ what: event.output })) },
        onError: { target: 'cancellingHall', actions: { type: 'remember', params: ({ event }) => event } },
      },
    },
    // The way back goes on, even if something cannot be cancelled.
    cancellingHall: {
      tags: 'busy',
      invoke: {
        id: 'cancelHall',
        src: 'cancelHall',
        input: {},
        onDone: 'cancellingBand',
        onError: { target: 'cancellingBand', actions: { type: 'strand', params: { what: 'hall' } } },
      },
    },
    cancellingBand: {
      tags: 'busy',
      invoke: {
        id: 'cancelBand',
        src: 'cancelBand',
        input: {},
        onDone: 'failed',
        onError: { target: 'failed', actions: { type: 'strand', params: { what: 'band' } } },
      },
    },
    done: { entry: emit(() => settled({ outcome: 'booked' })), always: 'idle' },
    failed: { entry: emit(({ context }) => settled({ outcome: context.why })), always: 'idle' },
  },
})
const booking = defineAgent({ name: 'booking', machine, hears, says })

const initial: { booked: string[]; outcome: string } = { booked: [], outcome: '' }
const anniversary = defineParty({
  name: 'anniversary',
  agents: [shop('band'), shop('hall'), booking],
  events: [booked, cancelled, settled],
  inputs: { added: wished, removed: withdrawn },
  state: {
    initial,
    on: {
      'anniversary.booked': (state, { data }) => void state.booked.push(data.what),
      'anniversary.cancelled': (state, { data }) => {
        state.booked = state.booked.filter(what => what !== data.what)
      },
      'anniversary.settled': (state, { data }) => {
        state.outcome = data.outcome
      },
    },
  },
})

export const scenario = defineScenario({
  id: 'saga',
  title: 'Two anniversaries, one with too high a cake',
  shows:
    'Several bookings of which all are wanted or none: when a late one fails, those before are cancelled, the last one first.',
  seed: 1,
  runtime: { party: anniversary },
  steps: [
    {
      does: 'Ida and Otto want a band, a hall and a cake of three tiers.',
      run: ({ runtime }) =>
        runtime.parties.create({ id: 'ida-and-otto', inputs: [{ content: 'golden wedding', tiers: 3 }] }),
      idle: true,
    },
    {
      does: 'Ann and Bob want the same, but a cake of nine tiers.',
      run: ({ runtime }) =>
        runtime.parties.create({ id: 'ann-and-bob', inputs: [{ content: 'silver wedding', tiers: 9 }] }),
      idle: true,
    },
  ],
  asserts: [
    {
      that: 'Ida and Otto get all three.',
      check: ({ runtime }) => {
        const { booked, outcome } = runtime.parties.get('ida-and-otto').state
        deepEqual({ booked, outcome }, { booked: ['band', 'hall', 'cake'], outcome: 'booked' })
      },
    },
    {
      that: 'Ann and Bob get nothing, and are told why.',
      check: ({ runtime }) => {
        const { booked, outcome } = runtime.parties.get('ann-and-bob').state
        deepEqual(booked, [])
        match(outcome, /9 tiers/)
      },
    },
    {
      that: 'What was booked for them is cancelled in reverse order.',
      check: ({ said }) => {
        const story = [...said(booked), ...said(cancelled)]
          .filter(({ party }) => party === 'ann-and-bob')
          .toSorted((one, other) => one.seq - other.seq)
        deepEqual(
          story.map(({ type, data }) => `${type} ${data.what}`),
          [
            'anniversary.booked band',
            'anniversary.booked hall',
            'anniversary.cancelled hall',
            'anniversary.cancelled band',
          ],
        )
      },
    },
    { that: 'Nothing is left for a person to cancel.', check: ({ said }) => deepEqual(said(stranded), []) },
  ],
})
