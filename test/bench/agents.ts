import { type AgentRef, agentTypes, defineAgent, defineEvent, defineRequest } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'

/** The machines that run on bare XState and inside Troupe alike, so that both do the same work. */

/**
 * The small machine: two states, and a context that counts the one event that it hears.
 *
 * @param persist whether the event is journalled
 */
export function counting(persist: boolean) {
  const tick = defineEvent('bench.tick', z.object({ n: z.int() }), { persist })
  const machine = setup({
    types: agentTypes({ context: none, hears: [tick], says: [] }),
    actions: { count: assign(({ context }) => ({ count: context.count + 1 })) },
  }).createMachine({
    id: 'counter',
    context: none,
    initial: 'fresh',
    states: {
      fresh: { on: { 'bench.tick': { target: 'counting', actions: 'count' } } },
      counting: { on: { 'bench.tick': { actions: 'count' } } },
    },
  })
  return { tick, machine, counter: defineAgent({ name: 'counter', machine, hears: [tick], says: [] }) }
}

const none: { count: number } = { count: 0 }

/** What an agent has counted. */
export function countOf(agent: AgentRef): number {
  const context = agent.snapshot()?.context
  return typeof context === 'object' && context !== null && 'count' in context ? Number(context.count) : 0
}

export const double = defineRequest('bench.double', {
  input: z.object({ n: z.int() }),
  output: z.object({ doubled: z.int() }),
})

/**
 * A machine that answers.
 *
 * @param persist whether requests and replies are journalled
 */
export function doubling(persist: boolean) {
  const twice = defineRequest('bench.double', { input: double.input, output: double.output, persist })
  const doubler = defineAgent({
    name: 'doubler',
    hears: [twice],
    says: [twice],
    machine: setup({ types: agentTypes({ context: {}, hears: [twice], says: [twice] }) }).createMachine({
      id: 'doubler',
      context: {},
      on: {
        'bench.double': { actions: emit(({ event }) => twice.reply(event, { doubled: event.data.n * 2 })) },
      },
    }),
  })
  return { twice, doubler }
}

/**
 * Two machines that talk: the asker asks when told to `go`, the answerer answers, the asker adds up what it heard.
 *
 * @param persist whether what they say is journalled
 */
export function talkers(persist: boolean) {
  const go = defineEvent('bench.go', z.object({ id: z.int() }), { persist })
  const asked = defineEvent('bench.asked', z.object({ id: z.int() }), { persist })
  const answered = defineEvent('bench.answered', z.object({ id: z.int() }), { persist })
  const askerHears = [go, answered]
  const asker = defineAgent({
    name: 'asker',
    hears: askerHears,
    says: [asked],
    machine: setup({ types: agentTypes({ context: silence, hears: askerHears, says: [asked] }) }).createMachine({
      id: 'asker',
      context: silence,
      on: {
        'bench.go': { actions: emit(({ event }) => asked(event.data)) },
        'bench.answered': {
          actions: assign(({ context, event }) => ({ heard: context.heard + 1, sum: context.sum + event.data.id })),
        },
      },
    }),
  })
  const answerer = defineAgent({
    name: 'answerer',
    hears: [asked],
    says: [answered],
    machine: setup({ types: agentTypes({ context: {}, hears: [asked], says: [answered] }) }).createMachine({
      id: 'answerer',
      context: {},
      on: { 'bench.asked': { actions: emit(({ event }) => answered(event.data)) } },
    }),
  })
  return { go, asked, answered, asker, answerer }
}

/** What an asker has heard: how many answers, and the sum of their ids. */
export const silence: { heard: number; sum: number } = { heard: 0, sum: 0 }

/** What an asker has heard when every id below `asks` was answered once. */
export function allHeard(asks: number): typeof silence {
  return { heard: asks, sum: (asks * (asks - 1)) / 2 }
}
