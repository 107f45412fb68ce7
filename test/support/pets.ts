import {
  agentTypes,
  ask,
  child,
  defineAgent,
  defineEvent,
  defineParty,
  defineRequest,
  type EffectFunction,
  effect,
  type MailboxOptions,
} from 'troupe'
import { assign, emit, enqueueActions, setup } from 'xstate'
import * as z from 'zod'

/** A small application for tests of the runtime: a dog that hears commands, and a trainer that may ask it. */

export const inputAdded = defineEvent('pets.input.added', z.object({ inputId: z.string(), content: z.string().min(1) }))
export const inputRemoved = defineEvent(
  'pets.input.removed',
  z.object({ inputId: z.string(), why: z.string().default('') }),
)
export const command = defineEvent('pets.command', z.object({ word: z.string() }))
export const barked = defineEvent('pets.barked', z.object({ word: z.string(), count: z.int() }))
export const glance = defineEvent('pets.glance', z.object({ at: z.string() }), { persist: false })
export const urgent = defineEvent('pets.urgent', z.object({ word: z.string() }), { priority: 1 })
export const trick = defineRequest('pets.trick', {
  input: z.object({ name: z.string() }),
  output: z.object({ done: z.string() }),
})

const dogHears = [command, urgent, trick]
const dogSays = [barked, trick]
const calm: { count: number; asked: string | null } = { count: 0, asked: null }

/**
 * A dog: barks at commands and counts them. `boom` makes it throw in an `assign`, `log-boom` in a plain action, `rest` makes it
 * busy until `up`, `nap` busy for 1,000 ms, `run` makes it wait for an effect, `leave` is its end.
 */
export const dogMachine = (run: EffectFunction<string, unknown> = word => word) =>
  setup({
    types: agentTypes({ context: calm, hears: dogHears, says: dogSays }),
    actors: { run: effect('run', run) },
    guards: {
      says: (_, { said, word }: { said: string; word: string }) => said === word,
    },
    actions: {
      bark: emit(({ context: { count } }, { word }: { word: string }) => barked({ word, count: count + 1 })),
      count: assign(({ context: { count } }) => ({ count: count + 1 })),
      explode: assign(() => {
        throw new Error('boom')
      }),
      explodeLater: () => {
        throw new Error('log boom')
      },
    },
  }).createMachine({
    id: 'dog',
    context: calm,
    initial: 'awake',
    states: {
      awake: {
        on: {
          'pets.command': [
            { guard: ({ event }) => event.data.word === 'boom', actions: 'explode' },
            { guard: ({ event }) => event.data.word === 'log-boom', actions: 'explodeLater' },
            { guard: ({ event }) => event.data.word === 'rest', target: 'resting' },
            { guard: ({ event }) => event.data.word === 'nap', target: 'napping' },
            { guard: ({ event }) => event.data.word === 'run', target: 'running' },
            { guard: ({ event }) => event.data.word === 'leave', target: 'gone' },
            { guard: ({ event }) => event.data.word === 'nothing' },
            { actions: [{ type: 'bark', params: ({ event }) => event.data }, 'count'] },
          ],
          'pets.trick': [
            { guard: ({ event }) => event.data.name === 'boom', actions: 'explode' },
            { guard: ({ event }) => event.data.name === 'silence', actions: 'count' },
            {
              guard: ({ event }) => event.data.name === 'twice',
              actions: [
                emit(({ event }) => trick.reply(event, { done: 'once' })),
                emit(({ event }) => trick.reply(event, { done: 'twice' })),
              ],
            },
            {
              guard: ({ event }) => event.data.name === 'later',
              target: 'remembering',
              actions: assign(({ event }) => ({ asked: event.ask })),
            },
            { actions: emit(({ event }) => trick.reply(event, { done: event.data.name })) },
          ],
        },
      },
      resting: {
        tags: 'busy',
        on: { 'pets.urgent': { target: 'awake', actions: { type: 'bark', params: ({ event }) => event.data } } },
      },
      napping: { tags: 'busy', after: { 1_000: 'awake' } },
      remembering: {
        after: {
          5_000: {
            target: 'awake',
            actions: emit(({ context: { asked } }) => trick.reply({ ask: asked ?? '' }, { done: 'late' })),
          },
        },
      },
      running: {
        tags: 'busy',
        invoke: {
          id: 'run',
          src: 'run',
          input: 'far',
          onDone: { target: 'awake', actions: { type: 'bark', params: ({ event }) => ({ word: `${event.output}` }) } },
          onError: { target: 'awake', actions: { type: 'bark', params: { word: 'tired' } } },
        },
      },
      gone: { type: 'final' },
    },
  })

export const dogAgent = (
  options: { mailbox?: MailboxOptions; restart?: 'permanent' | 'transient' | 'temporary' } = {},
) => defineAgent({ name: 'dog', machine: dogMachine(), hears: dogHears, says: dogSays, ...options })

/** The same dog, with an effect that the test gives. */
export const runnerAgent = (run: EffectFunction<string, unknown>) =>
  defineAgent({ name: 'dog', machine: dogMachine(run), hears: dogHears, says: dogSays })

const told = defineEvent('pets.told', z.object({ what: z.string() }))
const trainerHears = [inputAdded]
const trainerSays = [told]

/** A trainer: asks the dog for the trick that an input names, and says the result. */
export const trainerAgent = (to: string | undefined, deadline = 2_000) => {
  const name: { trick: string } = { trick: '' }
  const machine = setup({
    types: agentTypes({ context: name, hears: trainerHears, says: trainerSays }),
    actors: { ask: ask(trick, { deadline, ...(to !== undefined && { to }) }) },
    actions: {
      tell: emit((_, { what }: { what: string }) => told({ what })),
    },
  }).createMachine({
    id: 'trainer',
    context: name,
    initial: 'idle',
    states: {
      idle: {
        on: {
          'pets.input.added': { target: 'asking', actions: assign(({ event }) => ({ trick: event.data.content })) },
        },
      },
      asking: {
        tags: 'busy',
        invoke: {
          id: 'ask',
          src: 'ask',
          input: ({ context }) => ({ name: context.trick }),
          onDone: { target: 'idle', actions: { type: 'tell', params: ({ event }) => ({ what: event.output.done }) } },
          onError: {
            target: 'idle',
            actions: { type: 'tell', params: ({ event }) => ({ what: codeOf(event.error) }) },
          },
        },
      },
    },
  })
  return defineAgent({ name: 'trainer', machine, hears: trainerHears, says: trainerSays })
}

export { told }

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? `${error.code}` : `${error}`

export const spray = defineEvent('pets.spray', z.object({ from: z.int(), count: z.int() }))
const nothing: { readonly nothing: null } = { nothing: null }

/** An agent that says many commands in one step, so backpressure cannot slow it. */
export const hoseAgent = () => {
  const machine = setup({
    types: agentTypes({ context: nothing, hears: [spray], says: [command] }),
  }).createMachine({
    context: nothing,
    on: {
      'pets.spray': {
        actions: enqueueActions(({ enqueue, event: { data } }) => {
          for (let n = data.from; n < data.from + data.count; n++) enqueue.emit(command({ word: `w${n}` }))
        }),
      },
    },
  })
  return defineAgent({ name: 'hose', machine, hears: [spray], says: [command] })
}

const heard: { barks: number; said: string[] } = { barks: 0, said: [] }

/** A party with these agents; its state counts the barks and keeps the results of the trainer. */
export const petsParty = (...agents: Parameters<typeof defineParty>[0]['agents'][number][]) =>
  defineParty({
    name: 'pets',
    agents,
    events: [command, urgent, barked, glance, told],
    inputs: { added: inputAdded, removed: inputRemoved },
    state: {
      initial: heard,
      on: {
        'pets.barked': state => {
          state.barks++
        },
        'pets.told': (state, { data }) => {
          state.said.push(data.what)
        },
      },
    },
  })

/** Has a dog as its child. */
export const motherAgent = () =>
  defineAgent({
    name: 'mother',
    hears: [],
    says: [],
    machine: setup({
      types: agentTypes({ context: {}, hears: [], says: [] }),
      actors: { pup: child(dogAgent()) },
    }).createMachine({
      context: {},
      invoke: { id: 'pup', src: 'pup' },
    }),
  })

const unheard: { words: readonly string[] } = { words: [] }

/** Collects the barked words. */
export const parrotAgent = () =>
  defineAgent({
    name: 'parrot',
    hears: [barked],
    says: [],
    machine: setup({ types: agentTypes({ context: unheard, hears: [barked], says: [] }) }).createMachine({
      id: 'parrot',
      context: unheard,
      on: {
        'pets.barked': { actions: assign(({ context, event }) => ({ words: [...context.words, event.data.word] })) },
      },
    }),
  })
