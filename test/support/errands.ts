import {
  agentTypes,
  defineAgent,
  defineEvent,
  defineParty,
  type EffectFunction,
  type EffectOptions,
  effect,
  type InDoubt,
} from 'troupe'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { inputAdded, inputRemoved } from './pets.ts'

/** An agent that runs errands by effects, and says their results, for tests of effects. */

export const go = defineEvent('errands.go', z.object({ for: z.string() }))
export const backHome = defineEvent('errands.home', z.object({}))
export const brought = defineEvent('errands.brought', z.object({ what: z.string() }))

const hears = [go, backHome]
const says = [brought]
const none: { errand: string } = { errand: '' }

export type Errand = EffectFunction<{ readonly for: string }, string>

type Retries = Pick<EffectOptions<never, never>, 'retries' | 'backoff' | 'timeout'>

/** Runs one errand after the other; `home` makes it leave the running one. */
export const boy = (run: Errand, inDoubt: InDoubt = 'retry', retries: Retries = {}, errors: unknown[] = []) =>
  defineAgent({
    name: 'boy',
    hears,
    says,
    machine: setup({
      types: agentTypes({ context: none, hears, says }),
      actors: { run: effect('run', run, { inDoubt, ...retries }) },
      actions: { tell: emit((_, data: { what: string }) => brought(data)) },
    }).createMachine({
      id: 'boy',
      context: none,
      initial: 'idle',
      states: {
        idle: {
          on: { 'errands.go': { target: 'away', actions: assign(({ event }) => ({ errand: event.data.for })) } },
        },
        away: {
          tags: 'busy',
          on: { 'errands.home': 'idle' },
          invoke: {
            id: 'run',
            src: 'run',
            input: ({ context }) => ({ for: context.errand }),
            onDone: { target: 'idle', actions: { type: 'tell', params: ({ event }) => ({ what: event.output }) } },
            onError: {
              target: 'idle',
              actions: [
                ({ event }) => void errors.push(event.error),
                { type: 'tell', params: ({ event }) => ({ what: failureOf(event.error) }) },
              ],
            },
          },
        },
      },
    }),
  })

const failureOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? `${error.code}: ` : ''
  return `${code}${error instanceof Error ? error.message : error}`
}

const brought0: { brought: string[] } = { brought: [] }

/** A party whose state holds the results of errands. */
export const errandsParty = (...agents: Parameters<typeof defineParty>[0]['agents'][number][]) =>
  defineParty({
    name: 'errands',
    agents,
    events: [brought],
    inputs: { added: inputAdded, removed: inputRemoved },
    state: {
      initial: brought0,
      on: {
        'errands.brought': (state, { data }) => {
          state.brought.push(data.what)
        },
      },
    },
  })

/** The runs of errands as the outside world sees them: by key and attempt. */
export const watchedErrands = () => {
  const runs: string[] = []
  const seen = (run: Errand): Errand => {
    return (input, scope) => {
      runs.push(`${input.for} ${scope.attempt} ${scope.key}`)
      return run(input, scope)
    }
  }
  return {
    runs,
    get keys(): number {
      return new Set(runs.map(run => run.split(' ')[2])).size
    },
    get attempts(): readonly string[] {
      return runs.map(run => run.split(' ').slice(0, 2).join(' '))
    },
    atOnce: seen(input => `${input.for}!`),
    never: seen(() => new Promise<string>(() => {})),
    failing: seen(input => {
      throw new Error(`no ${input.for}`)
    }),
  }
}
