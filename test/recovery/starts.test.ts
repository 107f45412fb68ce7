import { agentTypes, defineAgent, definePool, defineSupervisor, effect } from 'troupe'
import { beforeEach, describe, expect, it } from 'vitest'
import { type AnyStateMachine, assign, sendParent, sendTo, setup } from 'xstate'
import { command } from '../support/pets.ts'
import { atEveryAppend, createProgram } from '../support/program.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const ran: string[] = []
let isHanging = false
beforeEach(() => {
  ran.splice(0)
  isHanging = false
})

const work = (name: string) =>
  effect('work', () => {
    ran.push(name)
    return isHanging ? new Promise<never>(() => {}) : Promise.resolve()
  })
const fail = (): never => {
  throw new Error('boom')
}

/** Runs an effect in its initial state, by itself or by a machine inside it. */
const workers = {
  'an effect': (name: string) =>
    worker(
      name,
      setup({
        types: agentTypes({ context: {}, hears: [command], says: [] }),
        actors: { work: work(name) },
      }).createMachine({
        context: {},
        on: { 'pets.command': { actions: assign(fail) } },
        initial: 'working',
        states: { working: { invoke: { src: 'work', onDone: 'over', onError: 'failed' } }, over: {}, failed: {} },
      }),
    ),
  'an effect of a machine inside it': (name: string) => {
    const inner = setup({ actors: { work: work(name) } }).createMachine({
      initial: 'working',
      states: { working: { invoke: { src: 'work', onDone: 'over' } }, over: { type: 'final' } },
    })
    return worker(
      name,
      setup({ types: agentTypes({ context: {}, hears: [command], says: [] }), actors: { inner } }).createMachine({
        context: {},
        on: { 'pets.command': { actions: assign(fail) } },
        initial: 'working',
        states: { working: { invoke: { src: 'inner', onDone: 'over', onError: 'failed' } }, over: {}, failed: {} },
      }),
    )
  },
}
const worker = (name: string, machine: Parameters<typeof defineAgent>[0]['machine']) =>
  defineAgent({ name, machine, hears: name === 'first' ? [command] : [], says: [] })

describe.each(Object.entries(workers))('an agent that starts together with others and starts %s at once', (_, of) => {
  it.each([
    ['a group', () => [defineSupervisor({ name: 'group', agents: [of('first'), of('second')] })], ['first', 'second']],
    ['a pool', () => [definePool({ name: 'pool', agent: of('equal'), size: 3 })], ['equal', 'equal', 'equal']],
  ])('runs it in %s', async (_kind, agents, expected) => {
    const { runtime } = await startRuntime({ agents: agents() })
    await runtime.idle()
    expect(ran).toEqual(expected)
  })

  it.each(['one_for_all', 'rest_for_one'] as const)('runs it again when it is restarted %s', async strategy => {
    isHanging = true
    const group = defineSupervisor({ name: 'group', strategy, agents: [of('first'), of('second')] })
    const { runtime } = await startRuntime({ agents: [group] })
    await settle()
    expect(ran).toHaveLength(2)
    await runtime.bus.publish(command({ word: 'boom' }))
    await settle()
    expect(ran).toEqual(['first', 'second', 'first', 'second'])
  })

  it.each([
    [
      'a group with one more agent',
      (...names: string[]) => [defineSupervisor({ name: 'group', agents: names.map(of) })],
      ['first', 'second'],
    ],
    [
      'a pool that has grown',
      (...names: string[]) => [definePool({ name: 'pool', agent: of('equal'), size: names.length })],
      ['pool/1', 'pool/2'],
    ],
  ])('goes on with it in another process, in %s', async (_kind, agents, names) => {
    isHanging = true
    const program = createProgram()
    await program.start({ agents: agents('first') })
    await settle()
    expect(ran).toHaveLength(1)
    isHanging = false
    const next = await program.start({ agents: agents('first', 'second') })
    await next.idle()
    expect(ran).toHaveLength(3)
    expect(names.map(name => next.agent(name).snapshot()?.value)).toEqual(['over', 'over'])
  })
})

/** Machines that send something to their parent when they start. */
const tellers = {
  'says something': setup({}).createMachine({ entry: sendParent({ type: 'told' }) }),
  'is done': setup({}).createMachine({ initial: 'over', states: { over: { type: 'final' } } }),
  'has its first snapshot listened to': setup({}).createMachine({ context: { isReady: true } }),
}

const isReady = ({ event }: { event: { snapshot: { context: { isReady?: boolean } } } }) =>
  event.snapshot.context.isReady === true

const holding = (inner: AnyStateMachine) =>
  setup({ actors: { inner } }).createMachine({
    initial: 'waiting',
    states: {
      waiting: {
        invoke: { id: 'inner', src: 'inner', onDone: 'over', onSnapshot: { guard: isReady, target: 'over' } },
        on: { told: 'over' },
      },
      over: { type: 'final' },
    },
  })

const hosting = (inner: AnyStateMachine) =>
  setup({ types: agentTypes({ context: {}, hears: [], says: [] }), actors: { inner } }).createMachine({
    context: {},
    initial: 'waiting',
    states: {
      waiting: {
        invoke: { id: 'inner', src: 'inner', onDone: 'over', onSnapshot: { guard: isReady, target: 'over' } },
        on: { told: 'over' } as never,
      },
      over: {},
    },
  })

describe.each(Object.entries(tellers))('a machine inside that %s when it starts', (_, inner) => {
  it.each([
    ['its agent', inner],
    ['a machine inside its agent', holding(inner)],
  ])('reaches %s with it, wherever the process ends', async (_whom, hosted) => {
    const host = defineAgent({ name: 'host', machine: hosting(hosted), hears: [], says: [] })
    await atEveryAppend(async ending => {
      const program = createProgram()
      const isEnded = await program.until(ending, { agents: [host] }, runtime => runtime.idle())
      const next = await program.start({ agents: [host] })
      await next.idle()
      expect(next.agent('host').snapshot()?.value).toBe('over')
      return isEnded
    })
  })
})

describe('a machine inside that gets an event from its agent when it starts', () => {
  it('runs an effect because of that event, also after a restart', async () => {
    const inner = setup({ actors: { work: work('inner') } }).createMachine({
      initial: 'idle',
      states: { idle: { on: { go: 'working' } }, working: { invoke: { src: 'work' } } },
    })
    const machine = setup({
      types: agentTypes({ context: {}, hears: [command], says: [] }),
      actors: { inner },
    }).createMachine({
      context: {},
      entry: sendTo('inner', { type: 'go' }),
      invoke: { id: 'inner', src: 'inner' },
      on: { 'pets.command': { actions: assign(fail) } },
    })
    const { runtime } = await startRuntime({
      agents: [defineAgent({ name: 'host', machine, hears: [command], says: [] })],
    })
    await runtime.idle()
    await runtime.bus.publish(command({ word: 'boom' }))
    await runtime.idle()
    expect(ran).toEqual(['inner', 'inner'])
  })
})
