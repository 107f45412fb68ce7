import { agentTypes, type EffectLogic, type EffectScope, effect } from 'troupe'
import { assign, emit, setup } from 'xstate'
import type { Found, Order } from './events.ts'
import { agentCompleted, agentDataRemoved, agentFailed, agentShouldExecute, agentStarted } from './events.ts'
import { failureOf } from './failure.ts'
import type { SearchAgent } from './schemas.ts'

/** What an agent that searches hears and says. */
export const searchHears = [agentShouldExecute, agentDataRemoved]
export const searchSays = [agentStarted, agentCompleted, agentFailed]

/** The event that an agent says when it begins. */
export const started = ({ agentName, executionId, inputIds, reason }: Order) =>
  agentStarted({ agentName, executionId, inputCount: inputIds.length, message: reason })

/** A search found something; its duration is measured around it. */
type Finding = Found extends infer F ? (F extends Found ? Omit<F, 'executionTimeMs'> : never) : never

/** The search of an agent as an effect that also returns its duration. */
export const timedSearch = (
  name: string,
  search: (order: Order, scope: EffectScope) => Promise<Finding>,
): EffectLogic<Order | null, Found> =>
  effect(name, async (order: Order | null, scope): Promise<Found> => {
    if (!order) throw new TypeError('There is no order to search for.')
    const startedAt = scope.now()
    const finding = await search(order, scope)
    return { ...finding, executionTimeMs: scope.now() - startedAt }
  })

const context: { order: Order | null } = { order: null }

/**
 * The machine of an agent that has one search to do: it waits for an order, searches, and says the result. A newer order
 * replaces the running one, and a withdrawn order ends it.
 */
export const searchMachine = (id: SearchAgent, search: EffectLogic<Order | null, Found>) =>
  setup({
    types: agentTypes({ context, hears: searchHears, says: searchSays }),
    actors: { search },
    guards: {
      isForMe: (_, agentName: string) => agentName === id,
    },
    actions: {
      accept: assign((_, order: Order) => ({ order })),
      tellStarted: emit((_, order: Order) => started(order)),
      tellFound: emit(({ context: { order } }, found: Found) =>
        agentCompleted({ ...found, executionId: order?.executionId ?? '' }),
      ),
      tellFailed: emit(({ context: { order } }, { error }: { error: unknown }) =>
        agentFailed(failureOf(id, order?.executionId ?? '', error)),
      ),
      forget: assign({ order: null }),
    },
  }).createMachine({
    id,
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
        invoke: {
          id: 'search',
          src: 'search',
          input: ({ context: { order } }) => order,
          onDone: { target: 'idle', actions: { type: 'tellFound', params: ({ event }) => event.output } },
          onError: { target: 'failed', actions: { type: 'tellFailed', params: ({ event }) => event } },
        },
      },
      failed: {},
    },
  })
