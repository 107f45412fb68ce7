import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import {
  agentTypes,
  defineAgent,
  defineEvent,
  defineParty,
  effect,
  type Journal,
  memoryJournal,
  type Runtime,
  type Schedule,
  systemError,
  ValueError,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import {
  type AnyActorLogic,
  assign,
  emit,
  fromObservable,
  fromPromise,
  fromTransition,
  type Observer,
  raise,
  sendTo,
  setup,
} from 'xstate'
import * as z from 'zod'
import { throughJson } from '../support/lives.ts'
import { atFrame, createProgram } from '../support/program.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'
import { temporaryJournal } from '../support/temporary-journal.ts'
import { deep, keptValue, refusedValue } from '../support/values.ts'

const go = defineEvent('values.go', z.object({}))
const failed = defineEvent('values.failed', z.object({ code: z.string() }))
const added = defineEvent('values.added', z.object({ inputId: z.string(), content: z.string() }))
const removed = defineEvent('values.removed', z.object({ inputId: z.string() }))

const places = ['context', 'input', 'outcome', 'state'] as const
type Place = (typeof places)[number]

/** The values that a program puts into each place that the next process must restore. */
type Values = Readonly<Record<Place, unknown>>

const context: { value: unknown } = { value: undefined }
const types = agentTypes({ context, hears: [go], says: [failed] })

/** One agent keeps a value, and gives one to an effect that never ends. One keeps the result of an effect. A party has a state. */
function program(values: Values, seen: unknown[] = []) {
  const keeper = setup({
    types,
    actors: {
      wait: effect('wait', async (given: unknown) => {
        seen.push(given)
        return new Promise<never>(() => {})
      }),
    },
  }).createMachine({
    context,
    initial: 'idle',
    states: {
      idle: { on: { 'values.go': { target: 'waiting', actions: assign({ value: () => values.context }) } } },
      waiting: { invoke: { id: 'wait', src: 'wait', input: () => values.input } },
    },
  })
  const getter = setup({ types, actors: { get: effect('get', () => values.outcome) } }).createMachine({
    context,
    initial: 'idle',
    states: {
      idle: { on: { 'values.go': 'getting' } },
      getting: {
        invoke: {
          id: 'get',
          src: 'get',
          onDone: { target: 'got', actions: assign({ value: ({ event }) => event.output }) },
          onError: {
            target: 'got',
            actions: emit(({ event }) => failed({ code: event.error instanceof ValueError ? event.error.code : '' })),
          },
        },
      },
      got: {},
    },
  })
  const initial: { kept: unknown } = { kept: null }
  return defineParty({
    name: 'values',
    agents: [
      defineAgent({ name: 'keeper', machine: keeper, hears: [go], says: [failed] }),
      defineAgent({ name: 'getter', machine: getter, hears: [go], says: [failed] }),
    ],
    events: [go],
    inputs: { added, removed },
    state: {
      initial,
      on: {
        'values.go': state => {
          state.kept = values.state
        },
      },
    },
  })
}

const inP1 = { party: 'p1' }
const plain: Values = { context: 1, input: 1, outcome: 1, state: 1 }

describe('the values of a process', () => {
  it('are equal in the next process: contexts, inputs and outcomes of effects, the state of a party', async () => {
    const values = fc.record({ context: keptValue, input: keptValue, outcome: keptValue, state: keptValue })
    await fc.assert(
      fc.asyncProperty(values, fc.constantFrom(1, 1_000), async (values, every) => {
        const world = createProgram()
        const first = await world.start({ party: program(values), snapshots: { every } })
        const party = await first.parties.create({ id: 'p1' })
        await first.bus.publish(go({}), { party: 'p1' })
        await settle()
        expect(party.agent('getter').snapshot()?.value).toBe('got')
        // Snapshots are saved in the background.
        await settle()
        const seen: unknown[] = []
        const second = await world.start({ party: program(values, seen) })
        const again = second.parties.get('p1')
        deepStrictEqual(again.agent('keeper').snapshot()?.context, { value: values.context })
        deepStrictEqual(again.agent('getter').snapshot()?.context, { value: values.outcome })
        deepStrictEqual(again.state.kept, values.state)
        deepStrictEqual(seen, [values.input])
        world.crash()
      }),
      { numRuns: 100 },
    )
  })

  it.each<[string, unknown]>([
    ['plain ones', deep(999)],
    ['maps', deep(249, inner => new Map([[1, inner]]))],
  ])('are equal with as many levels as allowed, in the next process and in another runtime: %s', async (_, value) => {
    const values: Values = { context: value, input: value, outcome: value, state: value }
    const options = { party: program(values), snapshots: { every: 1 } }
    const world = createProgram()
    const first = await world.start(options)
    const party = await first.parties.create({ id: 'p1' })
    await first.bus.publish(go({}), inP1)
    await settle()
    expect(party.agent('getter').snapshot()?.value).toBe('got')
    await settle()
    const next = await world.start(options)
    const lines: string[] = []
    for await (const line of next.parties.export('p1')) lines.push(line)
    const { runtime } = await startRuntime({ party: program(values), journal: temporaryJournal() })
    for (const again of [next.parties.get('p1'), await runtime.parties.import(lines)]) {
      deepStrictEqual(again.agent('keeper').snapshot()?.context, { value })
      deepStrictEqual(again.agent('getter').snapshot()?.context, { value })
      deepStrictEqual(again.state.kept, value)
    }
  })

  it('are equal too if the process ended before an agent had handled an outcome', async () => {
    const world = createProgram()
    const values = { ...plain, outcome: new Map([[new Date(0), 10n]]) }
    const isOutcome = { last: false }
    await world.until(
      frames => {
        isOutcome.last = frames.some(({ entries }) => entries.some(({ kind }) => kind === 'outcome'))
        return isOutcome.last ? frames.findIndex(({ cause }) => cause.kind === 'outcome') + 1 : undefined
      },
      { party: program(values) },
      async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await runtime.bus.publish(go({}), { party: 'p1' })
        await new Promise(() => {})
      },
    )
    const second = await world.start({ party: program(values) })
    await settle()
    expect(second.parties.get('p1').agent('getter').snapshot()?.value).toBe('got')
    deepStrictEqual(second.parties.get('p1').agent('getter').snapshot()?.context, { value: values.outcome })
    world.crash()
  })
})

describe('the error of an effect', () => {
  const thrown = Object.assign(new TypeError('no such host', { cause: 'dns' }), { code: 'ENOTFOUND' })
  const keeping = () => {
    const machine = setup({
      types,
      actors: {
        get: effect('get', () => {
          throw thrown
        }),
      },
    }).createMachine({
      context,
      initial: 'idle',
      states: {
        idle: { on: { 'values.go': 'getting' } },
        getting: {
          invoke: {
            src: 'get',
            onError: { target: 'over', actions: assign({ value: ({ event }) => event.error }) },
          },
        },
        over: {},
      },
    })
    return { agents: [defineAgent({ name: 'keeper', machine, hears: [go], says: [failed] })] }
  }

  it('may be kept by its agent, and is equal if the process ended before the agent had handled it', async () => {
    const world = createProgram()
    await world.until(
      atFrame(({ cause }) => cause.kind === 'outcome', 'written'),
      keeping(),
      async runtime => {
        await runtime.bus.publish(go({}))
        await new Promise(() => {})
      },
    )
    const second = await world.start(keeping())
    const keeper = second.agent('keeper')
    await settle()
    expect(keeper.snapshot()?.value).toBe('over')
    deepStrictEqual(keeper.snapshot()?.context, { value: thrown })
    expect(keeper.incarnation).toBe(1)
    world.crash()
  })
})

describe('a value that its giver changes later,', () => {
  it('keeps its first content: the input of an effect, its result, and the input of an agent', async () => {
    const given = { list: [1] }
    const cache = [1]
    const machine = setup({
      types: { ...agentTypes({ context, hears: [], says: [] }), input: {} as { readonly list: number[] } },
      actors: {
        work: effect('work', ({ value }: typeof context) => {
          if (Array.isArray(value)) value.push(99)
          return cache
        }),
      },
    }).createMachine({
      context: ({ input }) => ({ value: input.list }),
      initial: 'working',
      states: {
        working: {
          invoke: {
            src: 'work',
            input: ({ context }) => context,
            onDone: {
              target: 'over',
              actions: assign({ value: ({ context, event }) => [context.value, event.output] }),
            },
          },
        },
        over: {},
      },
    })
    const { runtime } = await startRuntime({})
    const ref = await runtime.spawn(defineAgent({ name: 'worker', machine, hears: [], says: [], input: given }), {
      input: given,
    })
    given.list.push(2)
    await settle()
    expect(ref.snapshot()?.value).toBe('over')
    cache.push(3)
    expect(ref.snapshot()?.context).toEqual({ value: [[1], [1]] })
    await runtime.stop()
  })
})

const journals: Readonly<Record<string, () => Journal>> = { memory: memoryJournal, SQLite: temporaryJournal }

describe.each(Object.entries(journals))('a value that no journal can hold, on a journal in %s,', (name, journal) => {
  const publishGo = async (values: Values) => {
    const { runtime } = await startRuntime({ party: program(values), journal: journal() })
    const party = await runtime.parties.create({ id: 'p1' })
    const published = await runtime.bus.publish(go({}), { party: 'p1' }).catch((error: unknown) => error)
    await settle()
    expect(party.agent('getter').snapshot()?.value === 'got' || published instanceof Error).toBe(true)
    const letters = () => runtime.bus.deadLetters.list().map(({ envelope, to, reason }) => [envelope.type, to, reason])
    return { runtime, party, published, letters }
  }

  it.each(['context', 'input'] as const)('fails the step before its frame if it is the %s', async place => {
    await fc.assert(
      fc.asyncProperty(refusedValue, async ({ value, found }) => {
        const { runtime, party, letters } = await publishGo({ ...plain, [place]: value })
        await settle()
        expect(letters()).toEqual([['values.go', 'party/p1/keeper', 'failed']])
        const [error] = runtime.bus.history({ type: 'agent.failed' })
        expect(error?.data).toMatchObject({
          error: expect.stringContaining(`keeper${place === 'input' ? '/wait' : ''}" holds ${found}`),
        })
        await settle()
        expect(party.agent('keeper').incarnation).toBe(2)
        expect(party.agent('keeper').snapshot()).toMatchObject({ status: 'active', value: 'idle' })
        await runtime.stop({ timeout: 0 })
      }),
      // It is refused before the journal is called.
      { numRuns: name === 'memory' ? 14 : 4 },
    )
  })

  it.each([
    ['itself', assign(({ self }) => ({ value: self }) as never)],
    ['the parent of a machine', assign(({ self }) => ({ value: self._parent }) as never)],
  ])(
    'fails the step before its frame if a context holds an actor that is not a child of its machine: %s',
    async (_, remember) => {
      const machine = setup({ types }).createMachine({ context, on: { 'values.go': { actions: remember as never } } })
      const agent = defineAgent({ name: 'keeper', machine, hears: [go], says: [failed] })
      const { runtime } = await startRuntime({ agents: [agent], journal: journal() })
      await runtime.bus.publish(go({}))
      await settle()
      expect(runtime.agent('keeper').incarnation).toBe(2)
      expect(runtime.bus.deadLetters.list()).toMatchObject([{ reason: 'failed', to: 'runtime/keeper' }])
      expect(runtime.agent('keeper').snapshot()).toMatchObject({ context: { value: undefined } })
    },
  )

  it('is an error of the invoke if an effect returns it', async () => {
    const { runtime } = await publishGo({ ...plain, outcome: { sum: () => 1 } })
    expect(runtime.bus.history({ type: failed.type })).toMatchObject([{ data: { code: 'VALUE' } }])
  })

  it('refuses the event that would put it into the state of a party', async () => {
    const { party, published } = await publishGo({ ...plain, state: [{ sum: () => 1 }] })
    expect(published).toMatchObject({
      code: 'STATE_APPLY',
      cause: { code: 'VALUE', path: 'kept.0.sum', found: 'a function' },
    })
    expect(party.state.kept).toBeNull()
  })
})

describe.each(Object.entries(journals))('a machine inside an agent, on a journal in %s,', (_, journal) => {
  const refused = () => ({ sum: () => 1 })
  const inner = setup({ types: { context: {} as { value: unknown } } }).createMachine({
    context: { value: undefined },
    on: {
      PUT: { actions: assign({ value: refused }) },
      LATER: { actions: raise(() => ({ type: 'PUT', value: refused() }), { delay: 10 }) },
    },
    initial: 'idle',
    states: {
      idle: { on: { WAIT: 'waiting' } },
      waiting: { after: { 10: { target: 'idle', actions: assign({ value: refused }) } } },
    },
  })
  const holderOf = (wanted: string) => {
    const machine = setup({
      types: agentTypes({ context: {}, hears: [go], says: [] }),
      actors: { inner },
    }).createMachine({
      context: {},
      invoke: { id: 'inner', src: 'inner' },
      on: { 'values.go': { actions: sendTo('inner', { type: wanted }) } },
    })
    return defineAgent({ name: 'holder', machine, hears: [go], says: [] })
  }

  it.each([
    ['a step puts it into its context', 'PUT', 'The context of "runtime/holder/inner" holds a function at "value.sum"'],
    ['one of its timers does', 'WAIT', 'The context of "runtime/holder/inner" holds a function at "value.sum"'],
    [
      'an event that it sends later holds it',
      'LATER',
      'An event that "runtime/holder/inner" sends later holds a function at "value.sum"',
    ],
  ])('fails its agent because of a value that no journal can hold, when %s', async (_when, wanted, message) => {
    const { runtime, clock } = await startRuntime({ agents: [holderOf(wanted)], journal: journal() })
    await runtime.bus.publish(go({}))
    clock.advance(10)
    await settle()
    expect(runtime.agent('holder').incarnation).toBe(2)
    expect(runtime.bus.history({ type: 'agent.failed' }).map(({ data }) => data)).toMatchObject([
      { address: 'runtime/holder', incarnation: 1, error: expect.stringContaining(message) },
    ])
    expect(errorsIn(runtime)).toEqual(['AGENT_FAILED'])
    await runtime.stop()
  })
})

describe.each(Object.entries(journals))(
  'an actor inside an agent that is no machine, on a journal in %s,',
  (_, journal) => {
    const fn = () => 1
    let promises = 0
    let observables = 0
    const logics: Readonly<Record<string, AnyActorLogic>> = {
      transition: fromTransition((): object => ({ fn }), {}),
      // The agent fails when this promise resolves. The promise of the next incarnation never resolves.
      promise: fromPromise(() => (promises++ === 0 ? Promise.resolve({ fn }) : new Promise<never>(() => {}))),
      // The observable of the next incarnation never tells anything. The journal may read the first value before the agent does.
      observable: fromObservable(() => ({ subscribe: observables++ === 0 ? keepTelling({ fn }) : keepSilent })),
    }

    it.each(Object.keys(logics))('fails its agent when it holds what cannot be saved: a %s', async name => {
      const kid = logics[name] ?? fromTransition(() => ({}), {})
      const machine = setup({
        types: agentTypes({ context: {}, hears: [go], says: [] }),
        actors: { kid },
      }).createMachine({
        context: {},
        invoke: { id: 'kid', src: 'kid' },
        on: { 'values.go': { actions: sendTo('kid', { type: 'values.go' }) } },
      })
      const holder = defineAgent({ name: 'holder', machine, hears: [go], says: [] })
      const { runtime } = await startRuntime({ agents: [holder], journal: journal() })
      await turn()
      await runtime.bus.publish(go({}))
      await settle()
      expect(runtime.agent('holder').incarnation).toBe(2)
      expect(runtime.bus.history({ type: 'agent.failed' }).map(({ data }) => data)).toMatchObject([
        { error: expect.stringMatching(/The (context|output) of "runtime\/holder\/kid" holds a function at "fn"/) },
      ])
      await runtime.stop()
    })
  },
)

describe.each(Object.entries(journals))('an effect whose result cannot be read, on a journal in %s,', (_, journal) => {
  const bad = (why: string) => () => {
    throw new Error(why)
  }
  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  }
  const once = () => {
    let reads = 0
    return Object.defineProperty({}, 'x', { enumerable: true, get: () => (reads++ > 0 ? bad('again')() : 1) })
  }
  const ends: Readonly<Record<string, () => unknown>> = {
    'returns what answers only once': once,
    'returns a proxy of a date': () => new Proxy(new Date(0), {}),
    'returns what is revoked': revoked,
    'throws what has no prototype': () => {
      throw Object.create(null)
    },
    'throws what has a code that throws': () => {
      throw Object.defineProperty({}, 'code', { get: bad('code') })
    },
    'throws what has a message that throws': () => {
      throw Object.defineProperty(new Error('x'), 'message', { get: bad('message') })
    },
    'throws what is revoked': () => {
      throw revoked()
    },
  }

  it.each(Object.keys(ends))('fails for its agent when it %s', async name => {
    const machine = setup({
      types: agentTypes({ context: {}, hears: [], says: [] }),
      actors: { work: effect('work', () => ends[name]?.()) },
    }).createMachine({
      context: {},
      initial: 'working',
      states: { working: { invoke: { src: 'work', onDone: 'done', onError: 'failed' } }, done: {}, failed: {} },
    })
    const worker = defineAgent({ name: 'worker', machine, hears: [], says: [] })
    const { runtime } = await startRuntime({ agents: [worker], journal: journal() })
    expect(await runtime.idle()).toMatchObject({ reason: 'settled' })
    expect(runtime.agent('worker').snapshot()?.value).toBe('failed')
    await runtime.stop()
  })
})

describe('a machine that changes its context in place', () => {
  it('fails and restarts if the context cannot be saved, and other agents go on', async () => {
    const list: unknown[] = []
    const machine = setup({ types: agentTypes({ context: { list }, hears: [go], says: [] }) }).createMachine({
      context: () => ({ list: [] }),
      on: {
        'values.go': {
          actions: assign(({ context }) => {
            context.list.push(() => 1)
            return { list: context.list }
          }),
        },
      },
    })
    const pusher = defineAgent({ name: 'pusher', machine, hears: [go], says: [] })
    const { runtime } = await startRuntime({ agents: [pusher], journal: temporaryJournal() })
    await runtime.bus.publish(go({}))
    await settle()
    expect(runtime.agent('pusher').incarnation).toBe(2)
    expect(runtime.agent('pusher').snapshot()?.status).toBe('active')
    expect(runtime.agent('pusher').snapshot()).toMatchObject({ context: { list: [] } })
    expect(errorsIn(runtime)).toEqual(['AGENT_FAILED'])
  })
})

describe('a value that the runtime gives to callers', () => {
  it('cannot be changed by them: the state of a party, what its watchers get, and snapshots of agents', async () => {
    const values = { ...plain, context: { at: new Date(0) }, state: { at: new Date(0), tags: new Set(['a']) } }
    const { runtime } = await startRuntime({ party: program(values) })
    const party = await runtime.parties.create({ id: 'p1' })
    const watched: unknown[] = []
    party.watch(state => watched.push(state))
    await runtime.bus.publish(go({}), { party: 'p1' })
    await settle()
    expect(party.agent('keeper').snapshot()?.value).toBe('waiting')
    for (const state of [party.state, ...watched]) {
      expect(() => Object.assign(state ?? {}, { kept: 'forged' })).toThrow(TypeError)
      const { kept } = state as { kept: typeof values.state }
      kept?.at?.setTime(1)
      kept?.tags?.add('b')
    }
    const snapshot = party.agent('keeper').snapshot()?.context as { value: typeof values.context }
    snapshot.value.at.setTime(1)
    expect(() => Object.assign(snapshot, { value: 'forged' })).toThrow(TypeError)
    expect(party.state.kept).toEqual(values.state)
    expect(party.agent('keeper').snapshot()?.context).toEqual({ value: { at: new Date(0) } })
  })

  it('cannot be changed by them: inputs that were restored from a snapshot', async () => {
    const world = createProgram()
    const first = await world.start({ party: program(plain), snapshots: { every: 1 } })
    await first.parties.create({ id: 'p1', inputs: ['vegan cake'] })
    await first.idle()
    await settle()
    const second = await world.start({ party: program(plain) })
    const [input] = second.parties.get('p1').state.inputs
    expect(() => Object.assign(input ?? {}, { content: 'forged' })).toThrow(TypeError)
    world.crash()
  })

  it('cannot be changed by them: inputs and schedules that were restored from frames', async () => {
    const memory = memoryJournal()
    const journal: Journal = {
      ...memory,
      async *read(...from) {
        for await (const frame of memory.read(...from)) yield throughJson(frame)
      },
      close: async () => {},
    }
    const world = createProgram()
    const every: Schedule = { every: 1_000 }
    const over: Schedule = { after: 0 }
    const first = await world.start({ party: program(plain), journal })
    await first.parties.create({ id: 'p1', inputs: ['vegan cake'] })
    await first.schedules.set('every', every, go({}), inP1)
    await first.schedules.set('over', over, go({}), inP1)
    world.clock.advance(0)
    await first.stop({ timeout: 0 })
    const second = await world.start({ party: program(plain), journal })
    const [input] = second.parties.get('p1').state.inputs
    const infos = [...second.schedules.list(), await second.schedules.set('over', over, go({}), inP1)]
    expect(infos.map(({ name }) => name)).toEqual(['every', 'over'])
    for (const handedOut of [input, ...infos.map(({ schedule }) => schedule)])
      expect(() => Object.assign(handedOut ?? {}, { content: 'forged', missed: 'forged' })).toThrow(TypeError)
    await second.stop({ timeout: 0 })
  })

  it('cannot be changed by them: the infos of subscriptions', async () => {
    const { runtime } = await startRuntime({ events: [go] })
    runtime.bus.subscribe(go, () => {})
    const types = runtime.bus.subscriptions()[0]?.types ?? []
    expect(() => Object.assign(types, ['forged'])).toThrow(TypeError)
  })

  it('cannot be changed by them: envelopes of events', async () => {
    const { runtime } = await startRuntime({ events: [go] })
    const said: unknown[] = []
    runtime.bus.subscribe(go, envelope => {
      expect(() => Object.assign(envelope, { data: 'forged' })).toThrow(TypeError)
    })
    runtime.bus.subscribe(go, envelope => said.push(envelope.data))
    const published = await runtime.bus.publish(go({}))
    expect(() => Object.assign(published, { data: 'forged' })).toThrow(TypeError)
    expect(said).toEqual([{}])
  })
})

/** An observable that gives one value, and does not end. */
function keepTelling(value: unknown) {
  return (to: Observer<unknown> | ((value: unknown) => void)) => {
    queueMicrotask(() => (typeof to === 'function' ? to(value) : to.next?.(value)))
    return { unsubscribe: () => {} }
  }
}

function keepSilent() {
  return { unsubscribe: () => {} }
}

function errorsIn({ bus }: Pick<Runtime, 'bus'>): readonly unknown[] {
  return bus.history({ type: 'system.error' }).map(({ data }) => systemError.schema.parse(data).code)
}
