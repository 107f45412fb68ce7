import { assign, createActor, fromPromise, setup, toPromise } from 'xstate'
import { partyRounds } from './rounds.ts'
import {
  analyse,
  type Brief,
  type Found,
  find,
  inputFor,
  type Plan,
  plan,
  type Search,
  searches,
  type Total,
  total,
} from './work.ts'

interface Memory {
  readonly input: string
  readonly brief: Brief
  readonly found: readonly Found[]
  readonly sum: Total
  readonly plan: Plan
}

const nothing = { guests: 0, cost: 0, items: [] }
const empty = { brief: { guests: 0, theme: '' }, found: [], sum: nothing, plan: { ...nothing, perGuest: 0 } }

const base = setup({
  types: { context: {} as Memory, input: {} as string, output: {} as Plan },
  actors: {
    analyse: fromPromise<Brief, string>(async ({ input }) => analyse(input)),
    find: fromPromise<Found, { search: Search; brief: Brief }>(async ({ input: { search, brief } }) =>
      find(search, brief),
    ),
    total: fromPromise<Total, readonly Found[]>(async ({ input }) => total(input)),
    plan: fromPromise<Plan, Total>(async ({ input }) => plan(input)),
  },
})

const searching = (search: Search) =>
  base.createStateConfig({
    initial: 'at-work',
    states: {
      'at-work': {
        invoke: {
          src: 'find',
          input: ({ context: { brief } }) => ({ search, brief }),
          onDone: {
            target: 'done',
            actions: assign({ found: ({ context, event }) => [...context.found, event.output] }),
          },
        },
      },
      done: { type: 'final' },
    },
  })

/** One machine for the whole party, and each step a promise that it invokes. */
const machine = base.createMachine({
  id: 'planner',
  context: ({ input }) => ({ ...empty, input }),
  initial: 'analysing',
  states: {
    analysing: {
      invoke: {
        src: 'analyse',
        input: ({ context }) => context.input,
        onDone: { target: 'searching', actions: assign({ brief: ({ event }) => event.output }) },
      },
    },
    searching: {
      type: 'parallel',
      states: Object.fromEntries(searches.map(search => [search, searching(search)])),
      onDone: 'totalling',
    },
    totalling: {
      invoke: {
        src: 'total',
        input: ({ context }) => context.found,
        onDone: { target: 'planning', actions: assign({ sum: ({ event }) => event.output }) },
      },
    },
    planning: {
      invoke: {
        src: 'plan',
        input: ({ context }) => context.sum,
        onDone: { target: 'planned', actions: assign({ plan: ({ event }) => event.output }) },
      },
    },
    planned: { type: 'final' },
  },
  output: ({ context }) => context.plan,
})

export const xstate = partyRounds(() => ({
  plan: guests => toPromise(createActor(machine, { input: inputFor(guests) }).start()),
}))
