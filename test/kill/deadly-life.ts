/** One process of a party in which an event ends the process each time that it is handled. */
import { argv, exit } from 'node:process'
import { agentFailed, agentTypes, createRuntime, defineAgent, defineEvent, defineParty, effect } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { die } from './cut.ts'
import type { Death } from './death.ts'
import { report } from './report.ts'
import { settled } from './settled.ts'

/** What a process is to do. */
export interface DeadlyOrders {
  readonly directory: string
  readonly death: Death
}

/** The state of the party in a process that was not ended. */
export interface DeadlyReport {
  readonly heard: readonly string[]
  readonly letters: readonly {
    readonly type: string
    readonly to: string
    readonly reason: string
    readonly word: unknown
  }[]
  /** The agents that failed in this process, and their errors. */
  readonly failures: readonly string[]
}

const added = defineEvent('deadly.added', z.object({ inputId: z.string(), content: z.string() }))
const removed = defineEvent('deadly.removed', z.object({ inputId: z.string() }))
const passed = defineEvent('deadly.passed', z.object({ word: z.string() }))
const heard = defineEvent('deadly.heard', z.object({ by: z.string(), word: z.string() }))

const { directory, death }: DeadlyOrders = JSON.parse(argv[2] ?? '{}')

/** Passes on each input after a while. */
function messenger() {
  const context: { word: string } = { word: '' }
  const machine = setup({
    types: agentTypes({ context, hears: [added], says: [passed] }),
  }).createMachine({
    id: 'messenger',
    context,
    initial: 'idle',
    states: {
      idle: {
        on: { 'deadly.added': { target: 'walking', actions: assign(({ event }) => ({ word: event.data.content })) } },
      },
      walking: { tags: 'busy', after: { 5: { target: 'idle', actions: emit(({ context }) => passed(context)) } } },
    },
  })
  return defineAgent({ name: 'messenger', machine, hears: [added], says: [passed] })
}

/** Ends after a while, and ends its process. */
const clockwork = setup({ actions: { dies: assign(() => die()) } }).createMachine({
  initial: 'winding',
  states: { winding: { after: { 20: { target: 'over', actions: 'dies' } } }, over: { type: 'final' } },
})

/** Says the words that it hears. It rests after each, unless it ends the process on an immediate event. The word `die` ends the process. */
function listener<N extends string>(name: N) {
  const isDeadly = (word: string) => name === 'victim' && word === 'die'
  const machine = setup({
    types: agentTypes({ context: {}, hears: [passed], says: [heard] }),
    actors: { work: effect('work', () => 'done'), clockwork },
    actions: { dies: death === 'acting' ? () => die() : assign(() => die()) },
  }).createMachine({
    id: name,
    context: {},
    initial: 'idle',
    states: {
      idle: {
        on: {
          'deadly.passed': [
            { guard: ({ event }) => isDeadly(event.data.word) && death === 'timer', target: 'winding' },
            { guard: ({ event }) => isDeadly(event.data.word) && death === 'inside', target: 'waiting' },
            { guard: ({ event }) => isDeadly(event.data.word) && death === 'outcome', target: 'working' },
            { guard: ({ event }) => isDeadly(event.data.word), actions: 'dies' },
            {
              target: death === 'at once' ? 'idle' : 'resting',
              actions: emit(({ event }) => heard({ by: name, word: event.data.word })),
            },
          ],
        },
      },
      resting: { tags: 'busy', after: { 100: 'idle' } },
      winding: { tags: 'busy', after: { 20: { target: 'idle', actions: 'dies' } } },
      waiting: { tags: 'busy', invoke: { id: 'clockwork', src: 'clockwork', onDone: 'idle' } },
      working: { tags: 'busy', invoke: { id: 'work', src: 'work', onDone: { target: 'idle', actions: 'dies' } } },
    },
  })
  return defineAgent({ name, machine, hears: [passed], says: [heard] })
}

const initial: { heard: string[] } = { heard: [] }
const party = defineParty({
  name: 'deadly',
  agents: [messenger(), listener('witness'), listener('victim')],
  events: [passed, heard],
  inputs: { added, removed },
  state: { initial, on: { 'deadly.heard': (state, { data }) => void state.heard.push(`${data.by} ${data.word}`) } },
})

const failures: string[] = []
const runtime = createRuntime({ party, journal: sqliteJournal({ directory }) })
runtime.bus.subscribe(agentFailed, ({ data }) => failures.push(`${data.address}: ${data.error}`))
await runtime.start()
if (runtime.parties.list().length === 0) await runtime.parties.create({ id: 'p1', inputs: ['one', 'die', 'two'] })
await settled(runtime)
const letters = runtime.bus.deadLetters
  .list()
  .map(({ envelope, to, reason }) => ({ type: envelope.type, to, reason, word: envelope.data }))
report({ heard: runtime.parties.get('p1').state.heard, letters, failures } satisfies DeadlyReport)
exit()
