import { agentTypes, ask, type EffectLogic } from 'troupe'
import { assign, emit, setup } from 'xstate'
import { agentCompleted, agentFailed, type FoundVendors, type Order, vendorQuotes } from '../party/events.ts'
import { failureOf } from '../party/failure.ts'
import type { Quotes } from '../party/schemas.ts'
import { searchHears, searchSays, started } from '../party/search-machine.ts'
import { quoted } from './quoted.ts'

/** The deadline for an answer of the quotes desk, in milliseconds. */
export const quotesDeadline = 5_000

interface VendorWork {
  readonly order: Order | null
  readonly found: FoundVendors | null
}

const context: VendorWork = { order: null, found: null }

/**
 * The machine of the vendor agent: it searches, then asks the quotes desk, an agent outside the party, for prices. If
 * the desk is silent, the result keeps its list prices, marked as not confirmed.
 */
export const vendorMachine = (search: EffectLogic<Order | null, FoundVendors>) =>
  setup({
    types: agentTypes({ context, hears: searchHears, says: searchSays }),
    actors: {
      search,
      quote: ask(vendorQuotes, { to: 'runtime/quotes', deadline: quotesDeadline }),
    },
    guards: {
      isForMe: (_, agentName: string) => agentName === 'vendor',
    },
    actions: {
      accept: assign((_, order: Order) => ({ order, found: null })),
      remember: assign((_, found: FoundVendors) => ({ found })),
      tellStarted: emit((_, order: Order) => started(order)),
      tellFound: emit(({ context: { order, found } }, { prices }: { prices: Quotes | undefined }) =>
        agentCompleted({ ...quoted(found, prices), executionId: order?.executionId ?? '' }),
      ),
      tellFailed: emit(({ context: { order } }, { error }: { error: unknown }) =>
        agentFailed(failureOf('vendor', order?.executionId ?? '', error)),
      ),
      forget: assign({ order: null, found: null }),
    },
  }).createMachine({
    id: 'vendor',
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
        initial: 'searching',
        states: {
          searching: {
            invoke: {
              id: 'search',
              src: 'search',
              input: ({ context: { order } }) => order,
              onDone: { target: 'quoting', actions: { type: 'remember', params: ({ event }) => event.output } },
              onError: { target: '#vendor.failed', actions: { type: 'tellFailed', params: ({ event }) => event } },
            },
          },
          quoting: {
            invoke: {
              id: 'quote',
              src: 'quote',
              input: ({ context: { order, found } }) => ({
                vendorIds: found?.result.vendorIds ?? [],
                ...(order?.agentName === 'vendor' && order.needs.date !== undefined && { date: order.needs.date }),
              }),
              onDone: { target: '#vendor.idle', actions: { type: 'tellFound', params: ({ event }) => event.output } },
              onError: { target: '#vendor.idle', actions: { type: 'tellFound', params: { prices: undefined } } },
            },
          },
        },
      },
      failed: {},
    },
  })
