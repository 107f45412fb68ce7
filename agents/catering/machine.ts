import { agentTypes, ask, type EffectLogic } from 'troupe'
import { assign, emit, setup } from 'xstate'
import { agentCompleted, agentFailed, type Found, guestCount, type Order } from '../party/events.ts'
import { failureOf } from '../party/failure.ts'
import { searchHears, searchSays, started } from '../party/search-machine.ts'

/** The deadline for the number of guests from the input analyzer, in milliseconds. */
export const guestCountDeadline = 5_000

/** The input of the search: the order, and the number of guests. */
export interface CateringWish {
  readonly order: Order | null
  readonly guests: number
}

const context: CateringWish = { order: null, guests: 0 }

/** The machine of the catering agent: it asks how many guests come before it searches. */
export const cateringMachine = (search: EffectLogic<CateringWish, Found>) =>
  setup({
    types: agentTypes({ context, hears: searchHears, says: searchSays }),
    actors: {
      count: ask(guestCount, { to: 'input-analyzer', deadline: guestCountDeadline }),
      search,
    },
    guards: {
      isForMe: (_, agentName: string) => agentName === 'catering',
    },
    actions: {
      accept: assign((_, order: Order) => ({ order })),
      remember: assign((_, { guests }: { guests: number }) => ({ guests })),
      tellStarted: emit((_, order: Order) => started(order)),
      tellFound: emit(({ context: { order } }, found: Found) =>
        agentCompleted({ ...found, executionId: order?.executionId ?? '' }),
      ),
      tellFailed: emit(({ context: { order } }, { error }: { error: unknown }) =>
        agentFailed(failureOf('catering', order?.executionId ?? '', error)),
      ),
      forget: assign({ order: null }),
    },
  }).createMachine({
    id: 'catering',
    version: '1',
    context,
    initial: 'idle',
    on: {
      'party.agent.should_execute': {
        target: '.working',
        guard: { type: 'isForMe', params: ({ event }) => event.data.agentName },
        actions: [
          { type: 'accept', params: ({ event }) => event.data },
          { type: 'tellStarted', params: ({ event }) => event.data },
        ],
      },
      'party.agent.data_removed': {
        target: '.idle',
        guard: { type: 'isForMe', params: ({ event }) => event.data.agentName },
        actions: 'forget',
      },
    },
    states: {
      idle: {},
      working: {
        tags: 'busy',
        initial: 'counting',
        states: {
          counting: {
            invoke: {
              id: 'count',
              src: 'count',
              input: { why: 'portions' },
              onDone: { target: 'searching', actions: { type: 'remember', params: ({ event }) => event.output } },
              onError: { target: '#catering.failed', actions: { type: 'tellFailed', params: ({ event }) => event } },
            },
          },
          searching: {
            invoke: {
              id: 'search',
              src: 'search',
              input: ({ context: { order, guests } }) => ({ order, guests }),
              onDone: { target: '#catering.idle', actions: { type: 'tellFound', params: ({ event }) => event.output } },
              onError: { target: '#catering.failed', actions: { type: 'tellFailed', params: ({ event }) => event } },
            },
          },
        },
      },
      failed: {},
    },
  })
