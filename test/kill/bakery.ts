import {
  type Agent,
  agentTypes,
  ask,
  askMany,
  child,
  defineAgent,
  defineEvent,
  defineParty,
  definePool,
  defineRequest,
  defineSupervisor,
  type EffectFunction,
  effect,
} from 'troupe'
import { assign, cancel, emit, raise, setup } from 'xstate'
import * as z from 'zod'

/**
 * A bakery in which each sort of work is running when a process ends: effects, asks within the party and across its border,
 * timers, a child, a pool, agents that crash, and agents outside that hear the party. Its final state does not depend on the
 * order of that work.
 */

const order = z.object({ order: z.string() })

const ordered = defineEvent('bakery.ordered', z.object({ inputId: z.string(), content: z.string() }))
const takenBack = defineEvent('bakery.taken_back', z.object({ inputId: z.string() }))
const accepted = defineEvent('bakery.accepted', z.object({ order: z.string(), cents: z.int() }))
const baked = defineEvent('bakery.baked', order)
const watched = defineEvent('bakery.watched', order)
const packed = defineEvent('bakery.packed', order)
const tasted = defineEvent('bakery.tasted', z.object({ order: z.string(), stars: z.int() }))
const rung = defineEvent('bakery.rung', order)
const noted = defineEvent('bakery.noted', order)
const shelved = defineEvent('bakery.shelved', order)
const seen = defineEvent('bakery.seen', z.object({ order: z.string(), by: z.string() }))
const closing = defineEvent('bakery.closing', z.object({}))
const ready = defineEvent('bakery.ready', z.object({ who: z.string() }))
const closed = defineEvent('bakery.closed', z.object({}))
/** The event that `bell` sends to itself. */
const ring = defineEvent('bakery.ring', order)
const nag = defineEvent('bakery.nag', order)
const price = defineRequest('bakery.price', { input: order, output: z.object({ cents: z.int() }) })
const opinion = defineRequest('bakery.opinion', { input: order, output: z.object({ stars: z.int() }) })

/** Orders on which an agent crashes: once, and each time that it gets the order. */
const dropped = 'cake-3'
const hot = 'cake-5'
/** Milliseconds. So long that no ask ends by its deadline, also on a slow machine. */
const patient = 3_600_000

const count: { count: number } = { count: 0 }
const current: { order: string; orders: readonly string[] } = { order: '', orders: [] }

function fail(): never {
  throw new Error('oh no')
}

/** The state of a party. */
export interface BakeryState {
  /** How often each event was said for each order. Their sequence may differ, so only the numbers are kept. */
  readonly marks: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly inputs: Iterable<{ readonly content: string }>
  readonly status: string
  readonly version: number
}

/** What the effects of a bakery do outside. */
export type Receive = (key: string) => void

export function bakeryOf(receive: Receive, orders: number) {
  const work: EffectFunction<string, string> = (order, { key }) => {
    receive(key)
    return order
  }
  /** Never ends: the agent that wants it leaves it. */
  const endless: EffectFunction<string, never> = (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

  const agents = [
    clerk(),
    definePool({ name: 'bakers', agent: baker(work), size: 2 }),
    watcher(endless),
    packer(work),
    taster(),
    critic('critic', 3),
    critic('guest', 2),
    bell(),
    shaky(),
    fragile(),
    closer(orders),
    defineSupervisor({ name: 'twins', strategy: 'one_for_all', agents: [twin('alice'), twin('bob')] }),
  ]
  return {
    party: defineParty({
      name: 'bakery',
      agents,
      events: [accepted, baked, watched, packed, tasted, rung, noted, shelved, seen, closing, ready, closed],
      inputs: { added: ordered, removed: takenBack },
      state: {
        initial: marks,
        on: {
          'bakery.accepted': (state, { data }) => mark(state.marks, data.order, `accepted for ${data.cents}`),
          'bakery.baked': (state, { data }) => mark(state.marks, data.order, 'baked'),
          'bakery.watched': (state, { data }) => mark(state.marks, data.order, 'watched'),
          'bakery.packed': (state, { data }) => mark(state.marks, data.order, 'packed'),
          'bakery.tasted': (state, { data }) => mark(state.marks, data.order, `tasted ${data.stars}`),
          'bakery.rung': (state, { data }) => mark(state.marks, data.order, 'rung'),
          'bakery.noted': (state, { data }) => mark(state.marks, data.order, 'noted'),
          'bakery.shelved': (state, { data }) => mark(state.marks, data.order, 'shelved'),
          'bakery.seen': (state, { data }) => mark(state.marks, data.order, `seen by ${data.by}`),
          'bakery.closing': state => mark(state.marks, 'all', 'closing'),
          'bakery.ready': (state, { data }) => mark(state.marks, 'all', `ready: ${data.who}`),
          'bakery.closed': state => mark(state.marks, 'all', 'closed'),
        },
        completed: ({ marks }) => (marks['all']?.['closed'] ?? 0) > 0,
      },
    }),
    /** Outside the party. */
    agents: [till(), ledger(work)],
    inputs: Array.from({ length: orders }, (_, place) => ({
      inputId: `in-${place + 1}`,
      content: `cake-${place + 1}`,
    })),
  }
}

const marks: { marks: Record<string, Record<string, number>> } = { marks: {} }

function mark(marks: Record<string, Record<string, number>>, order: string, what: string): void {
  const of = (marks[order] ??= {})
  of[what] = (of[what] ?? 0) + 1
}

/** Asks an agent outside what each order costs. */
function clerk(): Agent {
  const hears = [ordered]
  const says = [accepted]
  const machine = setup({
    types: agentTypes({ context: current, hears, says }),
    actors: { price: ask(price, { deadline: patient }) },
    actions: {
      begin: assign(({ context: { orders } }, { order }: { order: string }) => ({ order, orders: [...orders, order] })),
      accept: emit(({ context: { order } }, { cents }: { cents: number }) => accepted({ order, cents })),
    },
  }).createMachine({
    id: 'clerk',
    context: current,
    initial: 'idle',
    states: {
      idle: {
        on: {
          'bakery.ordered': {
            target: 'asking',
            actions: { type: 'begin', params: ({ event }) => ({ order: event.data.content }) },
          },
        },
      },
      asking: {
        tags: 'busy',
        invoke: {
          id: 'price',
          src: 'price',
          input: ({ context: { order } }) => ({ order }),
          onDone: { target: 'idle', actions: { type: 'accept', params: ({ event }) => event.output } },
        },
      },
    },
  })
  return defineAgent({ name: 'clerk', machine, hears, says })
}

/** Bakes each accepted order, as outside work. */
function baker(bake: EffectFunction<string, string>): Agent {
  const hears = [accepted]
  const says = [baked]
  const machine = setup({
    types: agentTypes({ context: current, hears, says }),
    actors: { bake: effect('bake', bake) },
    actions: {
      begin: assign(({ context: { orders } }, { order }: { order: string }) => ({ order, orders: [...orders, order] })),
      tell: emit((_, { order }: { order: string }) => baked({ order })),
    },
  }).createMachine({
    id: 'baker',
    context: current,
    initial: 'idle',
    states: {
      idle: {
        on: {
          'bakery.accepted': { target: 'baking', actions: { type: 'begin', params: ({ event }) => event.data } },
        },
      },
      baking: {
        tags: 'busy',
        invoke: {
          id: 'bake',
          src: 'bake',
          input: ({ context: { order } }) => order,
          onDone: {
            target: 'idle',
            actions: { type: 'tell', params: ({ event }) => ({ order: event.output }) },
          },
        },
      },
    },
  })
  return defineAgent({ name: 'baker', machine, hears, says })
}

/** Watches each order with an effect that never ends, until a timer ends it. */
function watcher(look: EffectFunction<string, never>): Agent {
  const hears = [accepted]
  const says = [watched]
  const machine = setup({
    types: agentTypes({ context: current, hears, says }),
    actors: { look: effect('look', look) },
    actions: {
      begin: assign(({ context: { orders } }, { order }: { order: string }) => ({ order, orders: [...orders, order] })),
      tell: emit(({ context: { order } }) => watched({ order })),
    },
  }).createMachine({
    id: 'watcher',
    context: current,
    initial: 'idle',
    states: {
      idle: {
        on: {
          'bakery.accepted': { target: 'looking', actions: { type: 'begin', params: ({ event }) => event.data } },
        },
      },
      looking: {
        tags: 'busy',
        after: { 2: { target: 'idle', actions: 'tell' } },
        invoke: { id: 'look', src: 'look', input: ({ context: { order } }) => order },
      },
    },
  })
  return defineAgent({ name: 'watcher', machine, hears, says, timers: 'remaining' })
}

/** Folds one box with outside work, and is done. */
function box(fold: EffectFunction<string, string>): Agent {
  const machine = setup({
    types: { ...agentTypes({ context: {}, hears: [], says: [] }), output: '' },
    actors: { fold: effect('fold', fold) },
  }).createMachine({
    id: 'box',
    initial: 'folding',
    states: {
      folding: { invoke: { id: 'fold', src: 'fold', input: 'a box', onDone: 'folded' } },
      folded: { type: 'final' },
    },
    output: 'folded',
  })
  return defineAgent({ name: 'box', machine, hears: [], says: [], restart: 'transient' })
}

/** Lets each order cool for a while, while a child folds its box. */
function packer(fold: EffectFunction<string, string>): Agent {
  const hears = [baked]
  const says = [packed]
  const machine = setup({
    types: agentTypes({ context: current, hears, says }),
    actors: { box: child(box(fold)) },
    actions: {
      begin: assign(({ context: { orders } }, { order }: { order: string }) => ({ order, orders: [...orders, order] })),
      tell: emit(({ context: { order } }) => packed({ order })),
    },
  }).createMachine({
    id: 'packer',
    context: current,
    initial: 'idle',
    states: {
      idle: {
        on: { 'bakery.baked': { target: 'cooling', actions: { type: 'begin', params: ({ event }) => event.data } } },
      },
      cooling: { tags: 'busy', after: { 2: 'boxing' } },
      boxing: { tags: 'busy', invoke: { id: 'box', src: 'box', onDone: { target: 'idle', actions: 'tell' } } },
    },
  })
  return defineAgent({ name: 'packer', machine, hears, says })
}

/** Asks both critics. */
function taster(): Agent {
  const hears = [packed]
  const says = [tasted]
  const machine = setup({
    types: agentTypes({ context: current, hears, says }),
    actors: { opinions: askMany(opinion, { to: ['critic', 'guest'], deadline: patient }) },
    actions: {
      begin: assign(({ context: { orders } }, { order }: { order: string }) => ({ order, orders: [...orders, order] })),
      tell: emit(({ context: { order } }, { stars }: { stars: number }) => tasted({ order, stars })),
    },
  }).createMachine({
    id: 'taster',
    context: current,
    initial: 'idle',
    states: {
      idle: {
        on: { 'bakery.packed': { target: 'asking', actions: { type: 'begin', params: ({ event }) => event.data } } },
      },
      asking: {
        tags: 'busy',
        invoke: {
          id: 'opinions',
          src: 'opinions',
          input: ({ context: { order } }) => ({ order }),
          onDone: {
            target: 'idle',
            actions: {
              type: 'tell',
              params: ({ event }) => ({ stars: event.output.reduce((sum, { output }) => sum + output.stars, 0) }),
            },
          },
        },
      },
    },
  })
  return defineAgent({ name: 'taster', machine, hears, says })
}

/** Answers at once. */
function critic<N extends string>(name: N, stars: number): Agent {
  const machine = setup({
    types: agentTypes({ context: count, hears: [opinion], says: [opinion] }),
  }).createMachine({
    id: name,
    context: count,
    on: {
      'bakery.opinion': {
        actions: [
          emit(({ event }) => opinion.reply(event, { stars })),
          assign(({ context }) => ({ count: context.count + 1 })),
        ],
      },
    },
  })
  return defineAgent({ name, machine, hears: [opinion], says: [opinion] })
}

/** Rings for each order after a while; a much later timer is cancelled before it fires. */
function bell(): Agent {
  const hears = [tasted, ring, nag]
  const says = [rung]
  const machine = setup({
    types: agentTypes({ context: count, hears, says }),
    actions: { tell: emit((_, { order }: { order: string }) => rung({ order })) },
  }).createMachine({
    id: 'bell',
    context: count,
    on: {
      'bakery.tasted': {
        actions: [
          // One order at a time: of several timers with one id, only the newest can be cancelled.
          cancel('nag'),
          raise(({ event }) => ring({ order: event.data.order }), { delay: 2 }),
          raise(({ event }) => nag({ order: event.data.order }), { delay: patient, id: 'nag' }),
        ],
      },
      'bakery.ring': {
        actions: [
          cancel('nag'),
          { type: 'tell', params: ({ event }) => event.data },
          assign(({ context }) => ({ count: context.count + 1 })),
        ],
      },
      'bakery.nag': { actions: assign(({ context }) => ({ count: context.count - 1_000 })) },
    },
  })
  return defineAgent({ name: 'bell', machine, hears, says })
}

/** Crashes on one order, and keeps the others. */
function shaky(): Agent {
  const hears = [rung]
  const says = [noted]
  const machine = setup({
    types: agentTypes({ context: count, hears, says }),
    actions: { fail: assign(fail), tell: emit((_, { order }: { order: string }) => noted({ order })) },
  }).createMachine({
    id: 'shaky',
    context: count,
    on: {
      'bakery.rung': [
        { guard: ({ event }) => event.data.order === dropped, actions: 'fail' },
        {
          actions: [
            { type: 'tell', params: ({ event }) => event.data },
            assign(({ context }) => ({ count: context.count + 1 })),
          ],
        },
      ],
    },
  })
  return defineAgent({ name: 'shaky', machine, hears, says, restart: 'transient', onRestart: 'keep' })
}

/** Crashes on one order each time that it is delivered again. */
function fragile(): Agent {
  const hears = [noted]
  const says = [shelved]
  const machine = setup({
    types: agentTypes({ context: count, hears, says }),
    actions: { fail: assign(fail), tell: emit((_, { order }: { order: string }) => shelved({ order })) },
  }).createMachine({
    id: 'fragile',
    context: count,
    on: {
      'bakery.noted': [
        { guard: ({ event }) => event.data.order === hot, actions: 'fail' },
        {
          actions: [
            { type: 'tell', params: ({ event }) => event.data },
            assign(({ context }) => ({ count: context.count + 1 })),
          ],
        },
      ],
    },
  })
  return defineAgent({ name: 'fragile', machine, hears, says, onCrash: 'redeliver', onRestart: 'keep' })
}

/** Counts the events at the end of each order, then closes, and has closed shortly after the twins have restarted. */
function closer(orders: number): Agent {
  const hears = [shelved, seen, ready]
  const says = [closing, closed]
  // `shaky` never handles one of the orders, and `fragile` never handles another one.
  const last = orders - 2 + 2 * (orders - 1)
  const machine = setup({
    types: agentTypes({ context: count, hears, says }),
    actions: { count: assign(({ context }) => ({ count: context.count + 1 })) },
  }).createMachine({
    id: 'closer',
    context: count,
    initial: 'open',
    states: {
      open: {
        on: { 'bakery.shelved': { actions: 'count' }, 'bakery.seen': { actions: 'count' } },
        always: {
          guard: ({ context }) => context.count === last,
          target: 'closing',
          actions: emit(() => closing({})),
        },
      },
      closing: {
        on: { 'bakery.ready': { guard: ({ event }) => event.data.who === 'bob', target: 'waiting' } },
      },
      waiting: { after: { 2: { target: 'closed', actions: emit(() => closed({})) } } },
      closed: {},
    },
  })
  return defineAgent({ name: 'closer', machine, hears, says })
}

/** One of two agents that restart together, with new contexts, when `alice` crashes at closing time. */
function twin<N extends string>(name: N): Agent {
  const hears = [noted, closing, closed]
  const machine = setup({
    types: agentTypes({ context: count, hears, says: [seen, ready] }),
    actions: {
      fail: assign(fail),
      tell: emit((_, { order }: { order: string }) => seen({ order, by: name })),
      count: assign(({ context }) => ({ count: context.count + 1 })),
    },
  }).createMachine({
    id: name,
    context: count,
    entry: emit(() => ready({ who: name })),
    on: {
      'bakery.noted': { actions: [{ type: 'tell', params: ({ event }) => event.data }, 'count'] },
      'bakery.closing': { actions: 'fail' },
      'bakery.closed': { actions: 'count' },
    },
  })
  return defineAgent({ name, machine, hears: name === 'alice' ? hears : [noted, closed], says: [seen, ready] })
}

/** Outside the party: gives prices. */
function till(): Agent {
  const machine = setup({
    types: agentTypes({ context: count, hears: [price], says: [price] }),
  }).createMachine({
    id: 'till',
    context: count,
    on: {
      'bakery.price': {
        actions: [
          emit(({ event }) => price.reply(event, { cents: event.data.order.length * 100 })),
          assign(({ context }) => ({ count: context.count + 1 })),
        ],
      },
    },
  })
  return defineAgent({ name: 'till', machine, hears: [price], says: [price] })
}

/** Outside the party: books the events that it hears of the party, with outside work. */
function ledger(book: EffectFunction<string, string>): Agent {
  const hears = [packed]
  const machine = setup({
    types: agentTypes({ context: current, hears, says: [] }),
    actors: { book: effect('book', book) },
    actions: {
      begin: assign(({ context: { orders } }, { order }: { order: string }) => ({ order, orders: [...orders, order] })),
    },
  }).createMachine({
    id: 'ledger',
    context: current,
    initial: 'idle',
    states: {
      idle: {
        on: { 'bakery.packed': { target: 'booking', actions: { type: 'begin', params: ({ event }) => event.data } } },
      },
      booking: {
        tags: 'busy',
        invoke: {
          id: 'book',
          src: 'book',
          input: ({ context: { order } }) => order,
          onDone: 'idle',
        },
      },
    },
  })
  return defineAgent({ name: 'ledger', machine, hears, says: [] })
}
