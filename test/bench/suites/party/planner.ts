import { type Agent, agentTypes, defineAgent, defineEvent, defineParty, type EffectLogic, effect } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import {
  analyse,
  type Brief,
  type Found,
  find,
  type Plan,
  plan,
  type Search,
  searches,
  type Total,
  total,
} from './work.ts'

/** The eight agents of a party; each does one of the steps, and tells what came out. */

const sum = { guests: z.int(), cost: z.number(), items: z.array(z.enum(searches)) }

export const added = defineEvent('bench.input.added', z.object({ inputId: z.string(), content: z.string() }))
export const removed = defineEvent('bench.input.removed', z.object({ inputId: z.string() }))
const briefed = defineEvent('bench.briefed', z.object({ guests: z.int(), theme: z.string() }))
const found = defineEvent('bench.found', z.object({ search: z.enum(searches), guests: z.int(), cost: z.number() }))
const totalled = defineEvent('bench.totalled', z.object(sum))
const planned = defineEvent('bench.planned', z.object({ ...sum, perGuest: z.number() }))

const analyzer = defineAgent({
  name: 'analyzer',
  hears: [added],
  says: [briefed],
  machine: setup({ types: agentTypes({ context: {}, hears: [added], says: [briefed] }) }).createMachine({
    id: 'analyzer',
    context: {},
    on: { 'bench.input.added': { actions: emit(({ event }) => briefed(analyse(event.data.content))) } },
  }),
})

const searcher = (search: Search): Agent =>
  defineAgent({
    name: search,
    hears: [briefed],
    says: [found],
    machine: setup({ types: agentTypes({ context: {}, hears: [briefed], says: [found] }) }).createMachine({
      id: search,
      context: {},
      on: { 'bench.briefed': { actions: emit(({ event }) => found(find(search, event.data))) } },
    }),
  })

const nobody: { readonly brief: Brief } = { brief: { guests: 0, theme: '' } }

/** One whose search is work outside, as a real one is: recorded before it begins and when it ends. */
const searcherOutside = (search: Search): Agent => {
  const work: EffectLogic<Brief, Found> = effect('find', async (brief: Brief) => find(search, brief))
  return defineAgent({
    name: search,
    hears: [briefed],
    says: [found],
    machine: setup({
      types: agentTypes({ context: nobody, hears: [briefed], says: [found] }),
      actors: { work },
    }).createMachine({
      id: search,
      context: nobody,
      initial: 'idle',
      states: {
        idle: {
          on: { 'bench.briefed': { target: 'searching', actions: assign(({ event }) => ({ brief: event.data })) } },
        },
        searching: {
          tags: 'busy',
          invoke: {
            id: 'work',
            src: 'work',
            input: ({ context }) => context.brief,
            onDone: { target: 'idle', actions: emit(({ event }) => found(event.output)) },
          },
        },
      },
    }),
  })
}

const nothing: { readonly found: readonly Found[] } = { found: [] }

const budget = defineAgent({
  name: 'budget',
  hears: [found],
  says: [totalled],
  machine: setup({
    types: agentTypes({ context: nothing, hears: [found], says: [totalled] }),
    guards: { isLast: ({ context }) => context.found.length === searches.length - 1 },
    actions: {
      keep: assign(({ context }, one: Found) => ({ found: [...context.found, one] })),
      tell: emit(({ context }) => totalled(total(context.found))),
    },
  }).createMachine({
    id: 'budget',
    context: nothing,
    on: {
      'bench.found': [
        { guard: 'isLast', actions: [{ type: 'keep', params: ({ event }) => event.data }, 'tell'] },
        { actions: { type: 'keep', params: ({ event }) => event.data } },
      ],
    },
  }),
})

const planning = defineAgent({
  name: 'planner',
  hears: [totalled],
  says: [planned],
  machine: setup({ types: agentTypes({ context: {}, hears: [totalled], says: [planned] }) }).createMachine({
    id: 'planner',
    context: {},
    on: { 'bench.totalled': { actions: emit(({ event }) => planned(plan(event.data))) } },
  }),
})

interface State {
  readonly brief: Brief | null
  readonly found: readonly Found[]
  readonly total: Total | null
  readonly plan: Plan | null
}

const initial: State = { brief: null, found: [], total: null, plan: null }

const plannerWith = (search: (search: Search) => Agent) =>
  defineParty({
    name: 'bench-planner',
    agents: [analyzer, ...searches.map(search), budget, planning],
    events: [briefed, found, totalled, planned],
    inputs: { added, removed },
    state: {
      initial,
      on: {
        'bench.briefed': (state, { data }) => void (state.brief = data),
        'bench.found': (state, { data }) => void state.found.push(data),
        'bench.totalled': (state, { data }) => void (state.total = data),
        'bench.planned': (state, { data }) => void (state.plan = data),
      },
      completed: ({ plan }) => plan !== null,
    },
  })

export type BenchPlanner = ReturnType<typeof plannerWith>

/** Each step is an action of a machine. */
export const planner = plannerWith(searcher)
/** The five searches are effects. */
export const plannerOutside = plannerWith(searcherOutside)
