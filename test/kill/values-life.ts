/** Two processes: the first puts random values into each place that the next process must restore, and is killed. The second compares. */
import { deepStrictEqual } from 'node:assert'
import { argv, exit } from 'node:process'
import fc from 'fast-check'
import { agentTypes, createRuntime, defineAgent, defineEvent, defineParty, effect } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { keptValue } from '../support/values.ts'
import { die } from './cut.ts'
import { report } from './report.ts'

/** What a process is to do. */
export interface ValuesOrders {
  readonly directory: string
  readonly seed: number
  readonly count: number
  readonly what: 'put' | 'compare'
}

const { directory, seed, count, what }: ValuesOrders = JSON.parse(argv[2] ?? '{}')
const four = fc.record({ context: keptValue, input: keptValue, outcome: keptValue, state: keptValue })
const values = fc.sample(four, { seed, numRuns: count })

const go = defineEvent('values.go', z.object({}))
const added = defineEvent('values.added', z.object({ inputId: z.string(), content: z.string() }))
const removed = defineEvent('values.removed', z.object({ inputId: z.string() }))
const context: { value: unknown; got: unknown } = { value: undefined, got: undefined }
const seen = new Map<number, unknown>()

const agents = values.map((value, n) => {
  const machine = setup({
    types: agentTypes({ context, hears: [go], says: [] }),
    actors: {
      get: effect('get', () => value.outcome),
      wait: effect('wait', async (input: unknown) => {
        seen.set(n, input)
        return new Promise<never>(() => {})
      }),
    },
  }).createMachine({
    context,
    initial: 'idle',
    states: {
      idle: { on: { 'values.go': { target: 'getting', actions: assign({ value: () => value.context }) } } },
      getting: {
        invoke: {
          id: 'get',
          src: 'get',
          onDone: { target: 'waiting', actions: assign({ got: ({ event }) => event.output }) },
        },
      },
      waiting: { invoke: { id: 'wait', src: 'wait', input: () => value.input } },
    },
  })
  return defineAgent({ name: `agent-${n}`, machine, hears: [go], says: [] })
})
const initial: { kept: unknown } = { kept: null }
const party = defineParty({
  name: 'values',
  agents,
  events: [go],
  inputs: { added, removed },
  state: {
    initial,
    on: {
      'values.go': state => {
        state.kept = values.map(value => value.state)
      },
    },
  },
})

const runtime = createRuntime({ party, journal: sqliteJournal({ directory }), snapshots: { every: 5 } })
await runtime.start()
if (what === 'put') {
  await runtime.parties.create({ id: 'p1' })
  await runtime.bus.publish(go({}), { party: 'p1' })
}
while (seen.size < count) await new Promise(setImmediate)
if (what === 'put') die()
const p1 = runtime.parties.get('p1')
for (const [n, value] of values.entries()) {
  const found = p1.agent(`agent-${n}`).snapshot()?.context
  deepStrictEqual(found, { value: value.context, got: value.outcome })
  deepStrictEqual(seen.get(n), value.input)
}
deepStrictEqual(
  p1.state.kept,
  values.map(value => value.state),
)
report({ equal: values.length })
exit()
