import { agentTypes, createRuntime, defineAgent, type Journal, memoryJournal, systemError } from 'troupe'
import { describe, expect, it } from 'vitest'
import {
  type AnyStateMachine,
  assign,
  createMachine,
  fromCallback,
  fromObservable,
  fromPromise,
  fromTransition,
  setup,
  spawnChild,
} from 'xstate'
import { command } from '../support/pets.ts'
import { settle, suiteScheduler } from '../support/runtime.ts'

const lasting = (): Journal => ({ ...memoryJournal(), isLasting: true })
const nothing: { nothing: null } = { nothing: null }

const machine = setup({
  types: agentTypes({ context: nothing, hears: [command], says: [] }),
  actors: { pay: fromPromise(async () => 'paid') },
}).createMachine({
  context: nothing,
  initial: 'idle',
  states: { idle: { on: { 'pets.command': 'paying' } }, paying: { invoke: { id: 'pay', src: 'pay', onDone: 'idle' } } },
})
const payer = defineAgent({ name: 'payer', machine, hears: [command], says: [] })

describe('an agent that invokes a bare promise', () => {
  it('gets a warning if the journal outlives the process, because the promise would be run again', async () => {
    const runtime = createRuntime({ scheduler: suiteScheduler, agents: [payer], journal: lasting() })
    const warnings: string[] = []
    runtime.bus.subscribe(systemError, ({ data }) => warnings.push(`${data.severity} ${data.code}`))
    await runtime.start()
    await runtime.stop()
    expect(warnings).toEqual(['warning STRAY_WORK'])
  })

  it('is refused by a strict runtime', () => {
    const make = () => createRuntime({ scheduler: suiteScheduler, agents: [payer], journal: lasting(), strict: true })
    expect(make).toThrow(expect.objectContaining({ code: 'STRAY_WORK', agent: 'payer', src: 'pay' }))
  })

  it('gets no warning if the journal does not outlive the process', () => {
    expect(() => createRuntime({ agents: [payer], strict: true })).not.toThrow()
  })
})

const pay = fromPromise(async () => 'paid')
const nested = createMachine({ initial: 'paying', states: { paying: { invoke: { src: pay, id: 'pay' } } } })
const onCommand = (action: object) => createMachine({ on: { 'pets.command': { actions: action as never } } })

const shown: Readonly<Record<string, AnyStateMachine>> = {
  'a promise that is written into the invoke': createMachine({ invoke: { src: pay } }),
  'a callback among several invokes': createMachine({ invoke: [{ src: nested }, { src: fromCallback(() => {}) }] }),
  'an observable': createMachine({
    invoke: { src: fromObservable(() => ({ subscribe: () => ({ unsubscribe() {} }) })) },
  }),
  'a promise of a machine that it invokes': createMachine({ invoke: { src: nested } }),
  'a promise two machines down': createMachine({ invoke: { src: createMachine({ invoke: { src: nested } }) } }),
}

const spawnedUnnamed: Readonly<Record<string, AnyStateMachine>> = {
  'a promise that an action spawns': onCommand(spawnChild(pay)),
  'a promise that an eventless transition spawns': createMachine({
    initial: 'a',
    states: { a: { always: { target: 'b', actions: spawnChild(pay) } }, b: {} },
  }),
  'a promise that the entry of a state spawns': createMachine({ entry: spawnChild(pay) }),
  'a promise that a named action spawns': createMachine({ entry: 'go' }, { actions: { go: spawnChild(pay) } }),
}

const bare = (machine: AnyStateMachine) =>
  defineAgent<'bare', AnyStateMachine, [typeof command], [], Record<never, never>>({
    name: 'bare',
    machine,
    hears: [command],
    says: [],
  })

const reportedFor = async (machine: AnyStateMachine, strict = false) => {
  const runtime = createRuntime({
    scheduler: suiteScheduler,
    agents: [bare(machine)],
    journal: lasting(),
    strict,
    log: 'silent',
  })
  const codes: string[] = []
  runtime.bus.subscribe(systemError, ({ data }) => codes.push(data.code))
  await runtime.start()
  await runtime.bus.publish(command({ word: 'go' }))
  await runtime.idle({ timeout: 1_000 }).catch(() => {})
  return { runtime, codes }
}

describe('stray work', () => {
  it.each(Object.entries(shown))('is found in a definition: %s', async (_, machine) => {
    const { runtime, codes } = await reportedFor(machine)
    await runtime.stop({ timeout: 0 })
    expect(new Set(codes)).toEqual(new Set(['STRAY_WORK']))
    await expect(reportedFor(machine, true)).rejects.toMatchObject({ code: 'STRAY_WORK' })
  })

  it.each(Object.entries(spawnedUnnamed))('is refused in a definition: %s', (_, machine) => {
    const agents = [bare(machine)]
    expect(() => createRuntime({ agents, journal: lasting(), strict: true })).toThrow(
      expect.objectContaining({ code: 'STRAY_WORK' }),
    )
  })

  it('does not include an invoked reducer, which does no outside work', async () => {
    const { runtime, codes } = await reportedFor(
      createMachine({ invoke: { src: fromTransition((count: number) => count + 1, 0) } }),
    )
    await runtime.stop({ timeout: 0 })
    expect(codes).toEqual([])
  })

  it('is refused at spawn too', async () => {
    const runtime = await createRuntime({ scheduler: suiteScheduler, journal: lasting(), strict: true }).start()
    await expect(runtime.spawn(payer)).rejects.toMatchObject({ code: 'STRAY_WORK' })
    await runtime.stop()
  })

  // The function calls `spawn`, so the definition does not show what it spawns.
  const spawning = setup({ actors: { pay } }).createMachine({
    context: {},
    on: { 'pets.command': { actions: assign({ ref: ({ spawn }) => spawn('pay', { id: 'one' }) }) } },
  })

  it('is reported once if only a step shows it', async () => {
    const { runtime, codes } = await reportedFor(spawning)
    await runtime.bus.publish(command({ word: 'again' }))
    await runtime.stop({ timeout: 0 })
    expect(codes).toEqual(['STRAY_WORK'])
  })

  it('without a name, which no other process could start, fails the step if the journal outlives the process', async () => {
    const unnamed = createMachine({
      context: {},
      on: { 'pets.command': { actions: assign({ ref: ({ spawn }) => spawn(nested, { id: 'kid' }) }) } },
    })
    const { runtime } = await reportedFor(unnamed)
    await settle()
    expect(runtime.bus.deadLetters.list().length).toBeGreaterThan(0)
    expect(runtime.bus.history({ type: 'agent.failed' })).toMatchObject([
      { data: { error: expect.stringContaining('"runtime/bare" spawned "kid" from a logic and not from a name') } },
    ])
    await runtime.stop({ timeout: 0 })
  })
})
