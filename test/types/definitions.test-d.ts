import {
  type AgentRef,
  type Answer,
  agentTypes,
  ask,
  askMany,
  child,
  createRuntime,
  type Definition,
  defineAgent,
  defineEvent,
  defineParty,
  definePool,
  defineRequest,
  type Envelope,
  effect,
  type PoolRef,
  type Runtime,
} from 'troupe'
import { type PartyPlan, partyPlanner } from 'troupe/agents'
import { expectTypeOf } from 'vitest'
import { type AnyStateMachine, assign, emit, raise, setup } from 'xstate'
import * as z from 'zod'

// ---- events and requests: inferred from their schemas ----

const added = defineEvent(
  'notes.added',
  z.object({ inputId: z.string(), content: z.string(), pinned: z.boolean().default(false) }),
)
const removed = defineEvent('notes.removed', z.object({ inputId: z.string(), why: z.string().default('') }))
const counted = defineEvent('notes.counted', z.object({ count: z.int() }))
const howMany = defineRequest('notes.how_many', {
  input: z.object({ of: z.string() }),
  output: z.object({ count: z.int() }),
})

const made = added({ inputId: 'n1', content: 'milk' })
expectTypeOf(made.type).toEqualTypeOf<'notes.added'>()
expectTypeOf(made.data).toEqualTypeOf<{ inputId: string; content: string; pinned: boolean }>()
// @ts-expect-error a payload without its content
added({ inputId: 'n1' })
// @ts-expect-error a payload of the wrong type
counted({ count: 'three' })
expectTypeOf(howMany.reply({ ask: 'k' }, { count: 1 }).type).toEqualTypeOf<'notes.how_many.reply'>()
// @ts-expect-error a reply that is none
howMany.reply({ ask: 'k' }, { many: 1 })

// ---- refusals: of the codes and data that the request lists, or of any ----

const takeOut = defineRequest('notes.take_out', {
  input: z.object({ id: z.string() }),
  output: z.object({}),
  refusals: { UNKNOWN: z.object({ id: z.string() }), LOCKED: z.object({ until: z.number() }).optional() },
})
takeOut.fail({ ask: 'k' }, { code: 'UNKNOWN', message: 'Nothing has this id.', data: { id: 'n1' } })
takeOut.fail({ ask: 'k' }, { code: 'LOCKED', message: 'Somebody writes it.' })
// @ts-expect-error a code that it does not list
takeOut.fail({ ask: 'k' }, { code: 'LOST', message: 'It is gone.' })
// @ts-expect-error the data of another code
takeOut.fail({ ask: 'k' }, { code: 'UNKNOWN', message: 'Nothing has this id.', data: { until: 1 } })
// @ts-expect-error without the data that belongs to it
takeOut.fail({ ask: 'k' }, { code: 'UNKNOWN', message: 'Nothing has this id.' })
howMany.fail({ ask: 'k' }, { code: 'ANY', message: 'No.', data: [1] })
const caught: unknown = undefined
if (takeOut.isRefusal(caught)) {
  expectTypeOf(caught.refusal.code).toEqualTypeOf<'UNKNOWN' | 'LOCKED'>()
  if (caught.refusal.code === 'UNKNOWN') expectTypeOf(caught.refusal.data).toEqualTypeOf<{ id: string }>()
}
if (howMany.isRefusal(caught)) expectTypeOf(caught.refusal.data).toEqualTypeOf<unknown>()

// ---- agents: the machine fits what is heard and said ----

const context = { count: 0 }
const hears = [added, howMany]
const says = [counted, howMany]
const machine = setup({ types: agentTypes({ context, hears, says }) }).createMachine({
  context,
  on: {
    'notes.added': {
      actions: [
        assign(({ context: { count }, event }) => {
          expectTypeOf(event.data.pinned).toEqualTypeOf<boolean>()
          return { count: count + 1 }
        }),
        emit(({ context: { count } }) => counted({ count })),
      ],
    },
    'notes.how_many': {
      actions: emit(({ context: { count }, event }) => {
        expectTypeOf(event.ask).toEqualTypeOf<string>()
        return count < 0 ? howMany.fail(event, { code: 'LOST', message: 'No.' }) : howMany.reply(event, { count })
      }),
    },
  },
})
const counter = defineAgent({ name: 'counter', machine, hears, says })
expectTypeOf(counter.name).toEqualTypeOf<'counter'>()
// @ts-expect-error The machine emits an event that `says` does not list.
defineAgent({ name: 'counter', machine, hears, says: [howMany] })
// @ts-expect-error The machine does not take every event that `hears` lists.
defineAgent({ name: 'counter', machine, hears: [added, removed, howMany], says })

// An agent that hears or says nothing is one too.
const listener = setup({ types: agentTypes({ context, hears: [added], says: [] }) }).createMachine({
  context,
  on: { 'notes.added': {} },
})
defineAgent({ name: 'listener', machine: listener, hears: [added], says: [] })
const speaker = setup({ types: agentTypes({ context, hears: [], says: [counted] }) }).createMachine({
  context,
  entry: emit(counted({ count: 1 })),
})
defineAgent({ name: 'speaker', machine: speaker, hears: [], says: [counted] })

// What it hears and says need not be written twice, and what it raises for itself is heard from nobody else.
const retried = defineEvent('notes.retried', z.object({ at: z.int() }))
const types = agentTypes({ context, hears: [added], says: [counted], internal: [retried] })
const retrying = setup({ types }).createMachine({
  context,
  on: {
    'notes.added': { actions: raise(retried({ at: 1 })) },
    'notes.retried': {
      actions: emit(({ event }) => {
        expectTypeOf(event.data).toEqualTypeOf<{ at: number }>()
        return counted({ count: event.data.at })
      }),
    },
  },
})
expectTypeOf(defineAgent({ name: 'retrying', machine: retrying, types }).name).toEqualTypeOf<'retrying'>()
// @ts-expect-error types of another machine
defineAgent({ name: 'retrying', machine, types })
// @ts-expect-error an internal event that is not listed
setup({ types: agentTypes({ context, hears, says }) }).createMachine({ context, entry: raise(retried({ at: 1 })) })

// ---- what is missing is named ----

type Machine<M extends AnyStateMachine, H extends readonly Definition[], S extends readonly Definition[]> = Parameters<
  typeof defineAgent<'counter', M, H, S, Record<never, never>>
>[0]['machine']
type State<O> = Parameters<
  typeof defineParty<typeof context, [typeof removed], typeof added, typeof removed, O>
>[0]['state']

const bare = setup({}).createMachine({ on: { 'notes.added': { actions: emit(() => counted({ count: 1 })) } } })
// @ts-expect-error the machine was made without agentTypes
defineAgent({ name: 'counter', machine: bare, hears, says })
expectTypeOf<
  Machine<typeof bare, typeof hears, typeof says>
>().toExtend<'The machine has no types: setup({ types: agentTypes({ context, hears, says }) }).'>()
// @ts-expect-error neither hears and says nor types
defineAgent({ name: 'counter', machine })
expectTypeOf<
  Machine<typeof machine, readonly Definition[], readonly Definition[]>
>().toExtend<'Say what the agent hears and says: give `hears` and `says`, or `types` of agentTypes.'>()
expectTypeOf<
  Machine<typeof machine, typeof hears, readonly [typeof howMany]>
>().toExtend<'The machine emits an event that `says` does not list.'>()
expectTypeOf<
  State<{ 'notes.counted': () => void }>['on']['notes.counted']
>().toEqualTypeOf<'The option `events` does not list this event.'>()

// ---- invoked asks and effects: typed input and output ----

effect('count', (text: string) => text.length, {
  enrich: {
    tagsBefore: text => {
      expectTypeOf(text).toEqualTypeOf<string>()
      return { length: text.length }
    },
    completed: ({ durationMs }, outcome) => {
      if (outcome.ok) expectTypeOf(outcome.output).toEqualTypeOf<number>()
      return { perSecond: durationMs / 1_000 }
    },
    // @ts-expect-error a tag is no list
    tagsAfter: () => ({ words: [] }),
  },
})

setup({
  types: agentTypes({ context, hears, says }),
  actors: {
    count: ask(howMany, { deadline: 100 }),
    fetch: effect('fetch', async (id: string, { key, signal, now }) => {
      expectTypeOf(key).toEqualTypeOf<string>()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      return { id, at: now() }
    }),
  },
}).createMachine({
  context,
  initial: 'asking',
  states: {
    asking: {
      invoke: {
        src: 'count',
        input: { of: 'milk' },
        onDone: {
          actions: assign(({ event }) => {
            expectTypeOf(event.output).toEqualTypeOf<{ count: number }>()
            return { count: event.output.count }
          }),
        },
      },
    },
    fetching: {
      invoke: {
        src: 'fetch',
        input: 'n1',
        onDone: {
          actions: ({ event }) => expectTypeOf(event.output).toEqualTypeOf<{ id: string; at: number }>(),
        },
      },
    },
  },
})

// ---- parties: the state flows to `party.state` ----

const notes: { counts: number[] } = { counts: [] }
const notebook = defineParty({
  name: 'notebook',
  agents: [counter],
  events: [counted],
  inputs: { added, removed },
  state: {
    initial: notes,
    on: {
      'notes.counted': (state, event) => {
        expectTypeOf(event.data).toEqualTypeOf<{ count: number }>()
        state.counts.push(event.data.count)
      },
    },
  },
})
defineParty({
  name: 'notebook',
  agents: [],
  events: [counted],
  inputs: { added, removed },
  // @ts-expect-error an event that `events` does not list
  state: { initial: notes, on: { 'notes.unheard': () => {} } },
})

async function use(): Promise<void> {
  const runtime = await createRuntime({ party: notebook }).start()
  const party = await runtime.parties.create({ inputs: ['milk', { content: 'eggs', pinned: true }] })
  expectTypeOf(party.state.counts).toEqualTypeOf<number[]>()
  expectTypeOf(party.state.version).toEqualTypeOf<number>()
  expectTypeOf(party.state.status).toEqualTypeOf<'initializing' | 'planning' | 'completed' | 'error'>()
  for (const input of party.state.inputs) expectTypeOf(input.pinned).toEqualTypeOf<boolean>()
  await party.addInput({ content: 'bread', inputId: 'mine' }, { expectedVersion: 3 })
  // @ts-expect-error an input of another application
  await party.addInput({ text: 'bread' })
  await party.removeInput('mine', { why: 'bought' })
  // @ts-expect-error a removal that the event does not know
  await party.removeInput('mine', { because: 'bought' })
  expectTypeOf(await party.idle()).toHaveProperty('reason')
  expectTypeOf(await runtime.ask(`party/${party.id}/counter`, howMany, { of: 'all' })).toEqualTypeOf<{
    count: number
  }>()
  const spawned = await runtime.spawn(counter)
  expectTypeOf(spawned).toEqualTypeOf<AgentRef>()
  expectTypeOf(party.agent('counter')).toEqualTypeOf<AgentRef>()
  expectTypeOf(party.agent('counter').snapshot()?.context).toEqualTypeOf<unknown>()
  const pool = await runtime.spawn(definePool({ name: 'counters', agent: counter, size: 2 }))
  expectTypeOf(pool).toEqualTypeOf<PoolRef>()
  expectTypeOf(await pool.ask(howMany, { of: 'all' })).toEqualTypeOf<{ count: number }>()
  expectTypeOf(await runtime.askMany([pool.address], howMany, { of: 'all' }, { need: 'first' })).toEqualTypeOf<
    readonly Answer<{ count: number }>[]
  >()
  runtime.handle(howMany, ({ of }, { signal }) => {
    expectTypeOf(of).toEqualTypeOf<string>()
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    return { count: 1 }
  })
  // @ts-expect-error an answer that is none
  runtime.handle(howMany, async () => ({ many: 1 }))
  runtime.bus.errors(({ data }) => expectTypeOf(data.severity).toEqualTypeOf<'warning' | 'error' | 'critical'>())
  // @ts-expect-error a severity that is none
  runtime.bus.errors(() => {}, { atLeast: 'fatal' })
  runtime.bus.subscribe(counted, envelope => {
    expectTypeOf(envelope).toEqualTypeOf<Envelope<'notes.counted', { count: number }>>()
  })
  runtime.bus.subscribe('notes.*', ({ data }) => expectTypeOf(data).toEqualTypeOf<unknown>())
}

// ---- what an agent invokes: inputs and outputs of the request, of a child nothing is known ----

setup({
  types: agentTypes({ context, hears, says }),
  actors: { all: askMany(howMany, { need: 'majority' }), helper: child(counter) },
}).createMachine({
  context,
  invoke: [
    {
      src: 'all',
      input: { of: 'all' },
      onDone: {
        actions: ({ event }) => expectTypeOf(event.output).toEqualTypeOf<readonly Answer<{ count: number }>[]>(),
      },
    },
    { id: 'helper', src: 'helper', onDone: { actions: ({ event }) => expectTypeOf(event.output).toBeUnknown() } },
  ],
})

// ---- the reference application ----

async function plan(): Promise<void> {
  const runtime = await createRuntime({ party: partyPlanner }).start()
  const party = await runtime.parties.create({ inputs: ['vegan cake'] })
  expectTypeOf(party.state.plan).toEqualTypeOf<PartyPlan | null>()
}

// Without type arguments the classes stand for any of their kind.
const stopAnything = (runtime: Runtime): Promise<void> => runtime.stop()
expectTypeOf(stopAnything).toBeFunction()
expectTypeOf(use).toBeFunction()
expectTypeOf(plan).toBeFunction()
