import { type Agent, agentTypes, ask, askMany, child, defineAgent, type EffectScope, effect } from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { done, given, question, said, type Task, tick } from './job-events.ts'

/** Agents that do jobs. They are made once: what they do for a job stands in its event. */

/** Does the work of an effect; each run has a function of its own. */
export type Labour = (what: string, scope: EffectScope) => Promise<string>

let labour: Labour = async what => what

/** Sets the function of all effects from now on. */
export function setLabour(next: Labour): void {
  labour = next
}

const throwing = () => {
  throw new Error('that went wrong')
}

/** Milliseconds for which askers wait. */
export const deadline = 10_000
const effectOptions = { retries: 20, backoff: { initial: 100 }, timeout: 5_000 }

/** Answers one question after the other: at once, after a while, or never. */
function oracleNamed(name: string): Agent {
  const context: { ask: string; said: string } = { ask: '', said: '' }
  const machine = setup({
    types: agentTypes({ context, hears: [question], says: [question] }),
  }).createMachine({
    id: name,
    context,
    initial: 'free',
    states: {
      free: {
        on: {
          'jobs.question': [
            { guard: ({ event }) => event.data.how === 'never', actions: assign({}) },
            {
              guard: ({ event }) => event.data.how === 'refuse',
              actions: emit(({ event }) => question.fail(event, { code: 'NO', message: 'no' })),
            },
            {
              guard: ({ event }) => event.data.how === 'later',
              target: 'thinking',
              actions: assign(({ event }) => ({ ask: event.ask, said: `${event.data.what}!` })),
            },
            { actions: emit(({ event }) => question.reply(event, { said: `${event.data.what}!` })) },
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
  return defineAgent({ name, machine, hears: [question], says: [question] })
}

/** Runs one effect, and has its result as output. */
const hand = defineAgent({
  name: 'hand',
  hears: [],
  says: [],
  restart: 'transient',
  machine: setup({
    types: { ...agentTypes({ context: { made: '' }, hears: [], says: [] }), output: '' },
    actors: { make: effect('make', (what: string, scope) => labour(what, scope), effectOptions) },
  }).createMachine({
    id: 'hand',
    context: { made: '' },
    initial: 'making',
    output: ({ context }) => context.made,
    states: {
      making: {
        invoke: {
          id: 'make',
          src: 'make',
          input: 'part',
          onDone: { target: 'made', actions: assign(({ event }) => ({ made: event.output })) },
          onError: { target: 'made', actions: assign({ made: 'nothing' }) },
        },
      },
      made: { type: 'final' },
    },
  }),
})

interface Working {
  readonly job: string
  readonly tasks: readonly Task[]
  readonly at: number
  readonly results: readonly unknown[]
}

const idle: Working = { job: '', tasks: [], at: 0, results: [] }

/** Does the tasks of one job after the other. A second region counts what the first one does. */
function workerNamed(name: string): Agent {
  const hears = [given, tick]
  const says = [said, done]
  const context: Working & { count: number } = { ...idle, count: 0 }
  const machine = setup({
    types: {
      ...agentTypes({ context, hears, says }),
    },
    actors: {
      work: effect('work', (what: string, scope) => labour(what, scope), effectOptions),
      askIn: ask(question, { to: 'oracle', deadline }),
      askOut: ask(question, { to: 'runtime/oracle', deadline }),
      poll: askMany(question, { to: ['oracle', 'runtime/oracle'], deadline }),
      hand: child(hand),
    },
    delays: { pause: ({ context }) => msOf(context.tasks[context.at]) },
    guards: {
      is: ({ context }, wanted: { readonly do: Task['do']; readonly where?: 'in' | 'out' }) => {
        const now = context.tasks[context.at]
        return now?.do === wanted.do && (now.do !== 'ask' || now.where === wanted.where)
      },
    },
    actions: {
      crash: assign(throwing),
      keepFunction: assign({ results: [() => {}] }),
      sayFirst: emit(({ context: { job, at } }) => said({ by: name, what: `${job} ${at}`, n: 1 })),
      saySecond: emit(({ context: { job, at } }) => said({ by: name, what: `${job} ${at}`, n: 2 })),
      note: assign(({ context: { at, results } }, { what }: { what: string }) => ({
        at: at + 1,
        results: [...results, what],
      })),
    },
  }).createMachine({
    id: name,
    context,
    type: 'parallel',
    states: {
      labour: {
        initial: 'free',
        states: {
          free: {
            on: {
              'jobs.given': {
                guard: ({ event }) => event.data.to === name,
                target: 'busy',
                actions: assign(({ event: { data } }) => ({ job: data.job, tasks: data.tasks, at: 0, results: [] })),
              },
            },
          },
          busy: {
            tags: 'busy',
            initial: 'next',
            onDone: {
              target: 'free',
              actions: [
                emit(({ context: { job, results } }) => done({ by: name, job, results: results.map(String) })),
                assign(() => idle),
              ],
            },
            states: {
              next: {
                always: [
                  {
                    guard: { type: 'is', params: { do: 'say' } },
                    actions: ['sayFirst', 'saySecond', { type: 'note', params: { what: 'said' } }],
                    target: 'next',
                    reenter: true,
                  },
                  { guard: { type: 'is', params: { do: 'crash' } }, actions: 'crash', target: 'end' },
                  {
                    guard: { type: 'is', params: { do: 'keep a function' } },
                    actions: 'keepFunction',
                    target: 'waiting',
                  },
                  { guard: { type: 'is', params: { do: 'work' } }, target: 'working' },
                  { guard: { type: 'is', params: { do: 'ask', where: 'in' } }, target: 'askingIn' },
                  { guard: { type: 'is', params: { do: 'ask', where: 'out' } }, target: 'askingOut' },
                  { guard: { type: 'is', params: { do: 'poll' } }, target: 'polling' },
                  { guard: { type: 'is', params: { do: 'wait' } }, target: 'waiting' },
                  { guard: { type: 'is', params: { do: 'child' } }, target: 'delegating' },
                  { target: 'end' },
                ],
              },
              working: {
                invoke: {
                  id: 'work',
                  src: 'work',
                  input: ({ context: { job, at } }) => `${job} ${at}`,
                  onDone: {
                    target: 'next',
                    actions: { type: 'note', params: ({ event }) => ({ what: event.output }) },
                  },
                  onError: {
                    target: 'next',
                    actions: { type: 'note', params: ({ event }) => ({ what: codeOf(event.error) }) },
                  },
                },
              },
              askingIn: {
                invoke: {
                  id: 'ask-in',
                  src: 'askIn',
                  input: ({ context: { job, at, tasks } }) => ({ what: `${job} ${at}`, how: howOf(tasks[at]) }),
                  onDone: {
                    target: 'next',
                    actions: { type: 'note', params: ({ event }) => ({ what: event.output.said }) },
                  },
                  onError: {
                    target: 'next',
                    actions: { type: 'note', params: ({ event }) => ({ what: codeOf(event.error) }) },
                  },
                },
              },
              askingOut: {
                invoke: {
                  id: 'ask-out',
                  src: 'askOut',
                  input: ({ context: { job, at, tasks } }) => ({ what: `${job} ${at}`, how: howOf(tasks[at]) }),
                  onDone: {
                    target: 'next',
                    actions: { type: 'note', params: ({ event }) => ({ what: event.output.said }) },
                  },
                  onError: {
                    target: 'next',
                    actions: { type: 'note', params: ({ event }) => ({ what: codeOf(event.error) }) },
                  },
                },
              },
              polling: {
                invoke: {
                  id: 'poll',
                  src: 'poll',
                  input: ({ context: { job, at } }) => ({ what: `${job} ${at}`, how: 'at once' as const }),
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
              waiting: { after: { pause: { target: 'next', actions: { type: 'note', params: { what: 'waited' } } } } },
              delegating: {
                invoke: {
                  id: 'hand',
                  src: 'hand',
                  onDone: {
                    target: 'next',
                    actions: { type: 'note', params: ({ event }) => ({ what: `${event.output}` }) },
                  },
                  onError: {
                    target: 'next',
                    actions: { type: 'note', params: ({ event }) => ({ what: codeOf(event.error) }) },
                  },
                },
              },
              end: { type: 'final' },
            },
          },
        },
      },
      counting: {
        initial: 'even',
        states: {
          even: {
            on: { 'jobs.tick': { target: 'odd', actions: assign(({ context }) => ({ count: context.count + 1 })) } },
          },
          odd: {
            on: { 'jobs.tick': { target: 'even', actions: assign(({ context }) => ({ count: context.count + 1 })) } },
          },
        },
      },
    },
  })
  return defineAgent({ name, machine, hears, says })
}

const msOf = (task: Task | undefined): number => (task?.do === 'wait' ? task.ms : 0)
const howOf = (task: Task | undefined) => (task?.do === 'ask' ? task.how : 'at once')
const codeOf = (error: unknown): string => z.object({ code: z.string() }).parse(error).code

const noted: { readonly log: readonly string[] } = { log: [] }

/** Keeps what it hears. */
function scribeNamed(name: string): Agent {
  const hears = [said, done, tick]
  const machine = setup({
    types: agentTypes({ context: noted, hears, says: [] }),
    actions: { note: assign(({ context }, { what }: { what: string }) => ({ log: [...context.log, what] })) },
  }).createMachine({
    id: name,
    context: noted,
    on: {
      'jobs.said': {
        actions: { type: 'note', params: ({ event: { data } }) => ({ what: `${data.by}: ${data.what} ${data.n}` }) },
      },
      'jobs.done': {
        actions: { type: 'note', params: ({ event: { data } }) => ({ what: `${data.by}: ${data.job} done` }) },
      },
      'jobs.tick': { actions: { type: 'note', params: ({ event: { data } }) => ({ what: data.schedule }) } },
    },
  })
  return defineAgent({ name, machine, hears, says: [] })
}

export const workers: readonly Agent[] = ['worker-0', 'worker-1', 'worker-2'].map(workerNamed)
export const oracle = oracleNamed('oracle')
export const scribe = scribeNamed('scribe')
export const chronicler = scribeNamed('chronicler')
