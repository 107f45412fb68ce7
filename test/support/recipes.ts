import fc from 'fast-check'
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
  effect,
  type OnRestart,
} from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { inputAdded, inputRemoved } from './pets.ts'

/** Random programs whose outcome does not depend on the order of concurrent work, so that two runs can be compared. */

/** One task of a worker for an input. */
type Task =
  /** Says an event. */
  | { readonly do: 'say' }
  /** Runs an effect, which may fail. */
  | { readonly do: 'work'; readonly fails: boolean }
  /** Asks an oracle, which answers at once, after a while, or crashes. */
  | { readonly do: 'ask'; readonly where: 'in' | 'out'; readonly how: 'at once' | 'later' | 'crash' }
  /** Asks both oracles. */
  | { readonly do: 'poll' }
  | { readonly do: 'wait'; readonly ms: number }
  /** Starts a child that runs an effect. */
  | { readonly do: 'bear' }
  | { readonly do: 'crash' }

export interface Recipe {
  /** The tasks of each worker for each input. */
  readonly workers: readonly (readonly Task[])[]
  readonly onRestart: OnRestart
  /** The number of inputs, which come one after the other. */
  readonly inputs: number
}

const task = fc.oneof<fc.WeightedArbitrary<Task>[]>(
  { weight: 3, arbitrary: fc.constant({ do: 'say' }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('work'), fails: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('ask'),
      where: fc.constantFrom('in', 'out'),
      how: fc.constantFrom('at once', 'later', 'crash'),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'poll' }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 2_000 }) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'bear' }) },
  { weight: 1, arbitrary: fc.constant({ do: 'crash' }) },
)

export const recipe: fc.Arbitrary<Recipe> = fc.record({
  workers: fc.array(fc.array(task, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 }),
  onRestart: fc.constantFrom('reset', 'keep'),
  inputs: fc.integer({ min: 1, max: 3 }),
})

const did = defineEvent('recipe.did', z.object({ who: z.string(), what: z.string() }))
const question = defineRequest('recipe.question', {
  input: z.object({ what: z.string(), how: z.enum(['at once', 'later', 'crash']) }),
  output: z.object({ said: z.string() }),
})

const throwing = () => {
  throw new Error('that went wrong')
}

/** Answers one question after the other. */
const oracle = (): Agent => {
  const context: { ask: string; said: string } = { ask: '', said: '' }
  const machine = setup({
    types: agentTypes({ context, hears: [question], says: [question] }),
    actions: { crash: assign(throwing) },
  }).createMachine({
    id: 'oracle',
    context,
    initial: 'free',
    states: {
      free: {
        on: {
          'recipe.question': [
            { guard: ({ event }) => event.data.how === 'crash', actions: 'crash' },
            {
              guard: ({ event }) => event.data.how === 'later',
              target: 'thinking',
              actions: assign(({ event }) => ({ ask: event.ask, said: `${event.data.what}, later` })),
            },
            { actions: emit(({ event }) => question.reply(event, { said: `${event.data.what}, at once` })) },
          ],
        },
      },
      thinking: {
        tags: 'busy',
        after: {
          300: {
            target: 'free',
            actions: [
              emit(({ context: { ask, said } }) => question.reply({ ask }, { said })),
              assign({ ask: '', said: '' }),
            ],
          },
        },
      },
    },
  })
  return defineAgent({ name: 'oracle', machine, hears: [question], says: [question] })
}

/** Runs one effect, and has its result as output. */
const bud = defineAgent({
  name: 'bud',
  hears: [],
  says: [],
  restart: 'transient',
  machine: setup({
    types: { ...agentTypes({ context: { made: '' }, hears: [], says: [] }), output: '' },
    actors: { grow: effect('grow', async (_: null) => 'flower') },
  }).createMachine({
    id: 'bud',
    context: { made: '' },
    initial: 'growing',
    output: ({ context }) => context.made,
    states: {
      growing: {
        invoke: {
          id: 'grow',
          src: 'grow',
          input: null,
          onDone: { target: 'grown', actions: assign(({ event }) => ({ made: event.output })) },
        },
      },
      grown: { type: 'final' },
    },
  }),
})

/** Does its tasks for one input after the other, and keeps the result of each. */
const worker = (name: string, tasks: readonly Task[], onRestart: OnRestart): Agent => {
  const context: { input: string; at: number; log: readonly string[] } = { input: '', at: 0, log: [] }
  const hears = [inputAdded]
  const says = [did]
  const machine = setup({
    types: agentTypes({ context, hears, says }),
    actors: {
      work: effect('work', async ({ what, fails }: { what: string; fails: boolean }) =>
        fails ? throwing() : `${what} done`,
      ),
      askIn: ask(question, { to: 'oracle', deadline: 1e9 }),
      askOut: ask(question, { to: 'runtime/oracle', deadline: 1e9 }),
      poll: askMany(question, { to: ['oracle', 'runtime/oracle'], deadline: 1e9 }),
      bud: child(bud),
    },
    delays: { pause: ({ context }) => msOf(tasks[context.at]) },
    guards: {
      is: ({ context }, wanted: { readonly do: Task['do']; readonly where?: 'in' | 'out' }) => {
        const now = tasks[context.at]
        return now?.do === wanted.do && (now.do !== 'ask' || now.where === wanted.where)
      },
    },
    actions: {
      crash: assign(throwing),
      say: emit(({ context: { input, at } }) => did({ who: name, what: `${input} ${at}` })),
      complain: emit(({ context: { input } }) => did({ who: name, what: `${input} failed` })),
      note: assign(({ context: { at, log } }, { what }: { what: string }) => ({ at: at + 1, log: [...log, what] })),
    },
  }).createMachine({
    id: name,
    context,
    initial: 'free',
    states: {
      free: {
        on: {
          'pets.input.added': {
            target: 'next',
            actions: assign(({ event }) => ({ input: event.data.content, at: 0 })),
          },
        },
      },
      next: {
        tags: 'busy',
        always: [
          {
            guard: { type: 'is', params: { do: 'say' } },
            actions: ['say', { type: 'note', params: { what: 'said' } }],
          },
          { guard: { type: 'is', params: { do: 'crash' } }, actions: 'crash' },
          { guard: { type: 'is', params: { do: 'work' } }, target: 'working' },
          { guard: { type: 'is', params: { do: 'ask', where: 'in' } }, target: 'askingIn' },
          { guard: { type: 'is', params: { do: 'ask', where: 'out' } }, target: 'askingOut' },
          { guard: { type: 'is', params: { do: 'poll' } }, target: 'polling' },
          { guard: { type: 'is', params: { do: 'wait' } }, target: 'waiting' },
          { guard: { type: 'is', params: { do: 'bear' } }, target: 'bearing' },
          { target: 'free', actions: assign({ input: '', at: 0 }) },
        ],
      },
      working: {
        tags: 'busy',
        invoke: {
          id: 'work',
          src: 'work',
          input: ({ context: { input, at } }) => ({ what: `${input} ${at}`, fails: isFailing(tasks[at]) }),
          onDone: { target: 'next', actions: { type: 'note', params: ({ event }) => ({ what: event.output }) } },
          onError: { target: 'next', actions: ['complain', { type: 'note', params: { what: 'failed' } }] },
        },
      },
      askingIn: {
        tags: 'busy',
        invoke: {
          id: 'ask-in',
          src: 'askIn',
          input: ({ context: { input, at } }) => ({ what: `${input} ${at}`, how: howOf(tasks[at]) }),
          onDone: { target: 'next', actions: { type: 'note', params: ({ event }) => ({ what: event.output.said }) } },
          onError: {
            target: 'next',
            actions: { type: 'note', params: ({ event }) => ({ what: codeOf(event.error) }) },
          },
        },
      },
      askingOut: {
        tags: 'busy',
        invoke: {
          id: 'ask-out',
          src: 'askOut',
          input: ({ context: { input, at } }) => ({ what: `${input} ${at}`, how: howOf(tasks[at]) }),
          onDone: { target: 'next', actions: { type: 'note', params: ({ event }) => ({ what: event.output.said }) } },
          onError: {
            target: 'next',
            actions: { type: 'note', params: ({ event }) => ({ what: codeOf(event.error) }) },
          },
        },
      },
      polling: {
        tags: 'busy',
        invoke: {
          id: 'poll',
          src: 'poll',
          input: ({ context: { input, at } }) => ({ what: `${input} ${at}`, how: 'at once' as const }),
          onDone: {
            target: 'next',
            // Chance decides who answers first.
            actions: {
              type: 'note',
              params: ({ event }) => ({
                what: event.output
                  .map(({ from }) => from)
                  .toSorted()
                  .join(),
              }),
            },
          },
          onError: {
            target: 'next',
            actions: { type: 'note', params: ({ event }) => ({ what: codeOf(event.error) }) },
          },
        },
      },
      waiting: {
        tags: 'busy',
        after: { pause: { target: 'next', actions: { type: 'note', params: { what: 'waited' } } } },
      },
      bearing: {
        tags: 'busy',
        invoke: {
          id: 'bud',
          src: 'bud',
          onDone: { target: 'next', actions: { type: 'note', params: ({ event }) => ({ what: `${event.output}` }) } },
          onError: {
            target: 'next',
            actions: { type: 'note', params: ({ event }) => ({ what: codeOf(event.error) }) },
          },
        },
      },
    },
  })
  return defineAgent({ name, machine, hears, says, onRestart })
}

const msOf = (task: Task | undefined): number => (task?.do === 'wait' ? task.ms : 0)
const isFailing = (task: Task | undefined): boolean => task?.do === 'work' && task.fails
const howOf = (task: Task | undefined) => (task?.do === 'ask' ? task.how : 'at once')
const codeOf = (error: unknown): string => z.object({ code: z.string() }).parse(error).code

const noted: { log: readonly string[] } = { log: [] }

/** Collects the results of workers. */
const scribe = (name: string): Agent => {
  const machine = setup({ types: agentTypes({ context: noted, hears: [did], says: [] }) }).createMachine({
    id: name,
    context: noted,
    on: {
      'recipe.did': {
        actions: assign(({ context, event: { data } }) => ({ log: [...context.log, `${data.who} ${data.what}`] })),
      },
    },
  })
  return defineAgent({ name, machine, hears: [did], says: [] })
}

const results: { results: Record<string, string[]> } = { results: {} }

/** The program of a recipe: a party, and agents outside. */
export const programOf = ({ workers, onRestart }: Recipe) => ({
  party: defineParty({
    name: 'recipe',
    agents: [
      ...workers.map((tasks, place) => worker(`worker-${place}`, tasks, onRestart)),
      oracle(),
      definePool({ name: 'scribes', agent: scribe('scribe'), size: 2 }),
    ],
    events: [did],
    inputs: { added: inputAdded, removed: inputRemoved },
    state: {
      initial: results,
      on: {
        'recipe.did': ({ results }, { data }) => {
          results[data.who] = [...(results[data.who] ?? []), data.what]
        },
      },
    },
  }),
  agents: [oracle(), scribe('chronicler')],
  intensity: { max: 1_000, within: 1_000 },
})
