import { type Agent, agentTypes, ask, defineAgent, type EffectScope, effect, type HookScope } from 'troupe'
import { assign, emit, raise, setup } from 'xstate'
import { countOf, finished, type Kind, poison, rang, wanted } from './chore-events.ts'

/** Agents that do chores. They are made once: what they do for a run stands in their events. */

/** What each run decides about all agents. */
export interface Housekeeping {
  labour(by: string, scope: EffectScope): Promise<string>
  init(scope: HookScope): Promise<void>
}

let house: Housekeeping = { labour: async by => by, init: async () => {} }

/** Sets what happens outside the agents from now on. */
export function setHouse(next: Housekeeping): void {
  house = next
}

interface Kept {
  readonly at: Date
  readonly names: ReadonlyMap<string, bigint>
}

interface Doing {
  readonly name: string
  readonly chore: string
  readonly kind: Kind | 'none'
  readonly ms: number
  readonly rings: number
  readonly kept: Kept | undefined
}

const nothing: Doing = { name: '', chore: '', kind: 'none', ms: 1, rings: 0, kept: undefined }
const hears = [wanted]
const says = [finished]
const types = agentTypes({ context: nothing, hears, says, internal: [rang] })

/** A machine inside a machine, each with a timer. */
const inner = setup({}).createMachine({
  initial: 'first',
  states: { first: { after: { 700: 'second' } }, second: { after: { 300: 'end' } }, end: { type: 'final' } },
})
const outer = setup({ actors: { inner } }).createMachine({
  initial: 'inside',
  states: {
    inside: { invoke: { id: 'inner', src: 'inner', onDone: 'after' } },
    after: { after: { 500: 'end' } },
    end: { type: 'final' },
  },
})

/** What was kept, in words, if it is still what it was. */
function wordsOf({ kept }: Doing): string {
  if (!kept) return 'nothing'
  const { at, names } = kept
  const date = at instanceof Date ? `a date ${at.getTime()}` : `no date ${JSON.stringify(at)}`
  return `${date}, ${names instanceof Map ? `a map of ${typeof names.get('one')}` : 'no map'}`
}

const machine = setup({
  types: { ...types, input: { name: '' } },
  actors: {
    outer,
    labour: effect('labour', (by: string, scope) => house.labour(by, scope), {
      retries: 20,
      backoff: { initial: 100 },
      timeout: 5_000,
    }),
    count: ask(countOf, { to: 'runtime/counter', deadline: 1e9 }),
  },
  delays: { pause: ({ context }) => context.ms },
  guards: {
    does: ({ context }, { kind }: { readonly kind: Kind }) => context.kind === kind,
    rangTwice: ({ context }) => context.rings === 1,
  },
  actions: {
    finish: emit(({ context: { chore } }, { result }: { readonly result: string }) => finished({ chore, result })),
  },
}).createMachine({
  id: 'handyman',
  context: ({ input: { name } }) => ({ ...nothing, name }),
  initial: 'free',
  states: {
    free: {
      entry: assign(({ context: { name } }) => ({ ...nothing, name })),
      on: {
        'chores.wanted': {
          guard: ({ context, event }) => event.data.to === context.name,
          target: 'busy',
          actions: assign(({ event: { data } }) => ({ chore: data.chore, kind: data.kind, ms: data.ms })),
        },
      },
    },
    busy: {
      tags: 'busy',
      initial: 'choosing',
      onDone: 'free',
      states: {
        choosing: {
          always: [
            { guard: { type: 'does', params: { kind: 'keep' } }, target: 'keeping' },
            { guard: { type: 'does', params: { kind: 'nest' } }, target: 'nesting' },
            { guard: { type: 'does', params: { kind: 'raise' } }, target: 'raising' },
            { guard: { type: 'does', params: { kind: 'ask' } }, target: 'asking' },
            { guard: { type: 'does', params: { kind: 'work' } }, target: 'working' },
            { target: 'waiting' },
          ],
        },
        keeping: {
          entry: assign({ kept: { at: new Date(86_400_000), names: new Map([['one', 1n]]) } }),
          after: {
            pause: {
              target: 'end',
              actions: { type: 'finish', params: ({ context }) => ({ result: wordsOf(context) }) },
            },
          },
        },
        nesting: {
          invoke: {
            id: 'outer',
            src: 'outer',
            onDone: { target: 'end', actions: { type: 'finish', params: { result: 'nested' } } },
          },
        },
        raising: {
          entry: [raise(rang({ n: 1 }), { delay: 500, id: 'bell' }), raise(rang({ n: 2 }), { delay: 900, id: 'bell' })],
          on: {
            'chores.rang': [
              {
                guard: 'rangTwice',
                target: 'end',
                actions: { type: 'finish', params: { result: 'rang twice' } },
              },
              { actions: assign({ rings: ({ context }) => context.rings + 1 }) },
            ],
          },
        },
        asking: {
          invoke: {
            id: 'count',
            src: 'count',
            input: ({ context: { chore } }) => ({ chore }),
            onDone: {
              target: 'end',
              actions: { type: 'finish', params: ({ event }) => ({ result: `asked ${event.output.count}` }) },
            },
            onError: {
              target: 'end',
              actions: { type: 'finish', params: ({ event }) => ({ result: `${event.error}` }) },
            },
          },
        },
        working: {
          invoke: {
            id: 'labour',
            src: 'labour',
            input: ({ context }) => context.name,
            onDone: {
              target: 'end',
              actions: { type: 'finish', params: ({ event }) => ({ result: event.output }) },
            },
            onError: {
              target: 'end',
              actions: { type: 'finish', params: ({ event }) => ({ result: `${event.error}` }) },
            },
          },
        },
        waiting: {
          after: { pause: { target: 'end', actions: { type: 'finish', params: { result: 'waited' } } } },
        },
        end: { type: 'final' },
      },
    },
  },
})

function handyman(name: string, timers: 'absolute' | 'remaining'): Agent {
  return defineAgent({
    name,
    machine,
    input: { name },
    hears,
    says,
    timers,
    onInit: scope => house.init(scope),
  })
}

/** The agents that are always there, and one that a program spawns; their timers have one rule. */
function staffWith(timers: 'absolute' | 'remaining') {
  return { handymen: ['ada', 'bob'].map(name => handyman(name, timers)), late: handyman('late', timers) }
}

export const staff = { absolute: staffWith('absolute'), remaining: staffWith('remaining') }

/** Counts how often it was asked about each chore. */
const counts: { readonly of: Readonly<Record<string, number>> } = { of: {} }
export const counter = defineAgent({
  name: 'counter',
  hears: [countOf],
  says: [countOf],
  machine: setup({ types: agentTypes({ context: counts, hears: [countOf], says: [countOf] }) }).createMachine({
    id: 'counter',
    context: counts,
    on: {
      'chores.count': {
        actions: [
          assign(({ context, event: { data } }) => ({
            of: { ...context.of, [data.chore]: (context.of[data.chore] ?? 0) + 1 },
          })),
          emit(({ context, event }) => countOf.reply(event, { count: context.of[event.data.chore] ?? 0 })),
        ],
      },
    },
  }),
})

/** Does one chore, and is done. */
export const guest = defineAgent({
  name: 'guest',
  hears,
  says,
  machine: setup({ types: agentTypes({ context: {}, hears, says }) }).createMachine({
    id: 'guest',
    context: {},
    initial: 'there',
    states: {
      there: {
        on: {
          'chores.wanted': {
            guard: ({ event }) => event.data.to === 'guest',
            target: 'gone',
            actions: emit(({ event }) => finished({ chore: event.data.chore, result: 'was there' })),
          },
        },
      },
      gone: { type: 'final' },
    },
  }),
})

const throwing = () => {
  throw new Error('poisoned')
}

/** Fails on poison. */
function fragile(name: string): Agent {
  const only = [poison]
  return defineAgent({
    name,
    hears: only,
    says: [],
    machine: setup({ types: agentTypes({ context: {}, hears: only, says: [] }) }).createMachine({
      id: name,
      context: {},
      on: { 'chores.poison': { actions: assign(throwing) } },
    }),
  })
}

export const fragiles: readonly Agent[] = ['glass', 'china'].map(fragile)
