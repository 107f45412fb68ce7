import { agentTypes, defineAgent, defineEvent, effect } from 'troupe'
import { beforeEach, describe, expect, it } from 'vitest'
import { sendParent, sendTo, setup } from 'xstate'
import * as z from 'zod'
import { createProgram } from '../support/program.ts'
import { startRuntime, until } from '../support/runtime.ts'

const go = defineEvent('work-inside.go', z.object({}))
const off = defineEvent('work-inside.off', z.object({}))
const ran: string[] = []
beforeEach(() => void ran.splice(0))

const first = effect('first', () => void ran.push('first'))
const second = effect('second', () => void ran.push('second'))
const hang = effect('hang', () => new Promise<never>(() => {}))

/** Says that it goes on, and then has an effect run. */
const telling = setup({ actors: { first } }).createMachine({
  initial: 'idle',
  states: {
    idle: { after: { 100: { target: 'working', actions: sendParent({ type: 'told' }) } } },
    working: { invoke: { src: 'first', onDone: 'over' } },
    over: { type: 'final' },
  },
})
const working = setup({ actors: { second } }).createMachine({
  initial: 'idle',
  states: {
    idle: { on: { told: 'working' } },
    working: { invoke: { src: 'second', onDone: 'over' } },
    over: { type: 'final' },
  },
})
const { createMachine } = setup({
  types: agentTypes({ context: {}, hears: [go], says: [] }),
  actors: { telling, working, second },
})
const invoke = [
  { id: 'telling', src: 'telling' as const, onError: '.failed' as const },
  { id: 'working', src: 'working' as const },
]

/** Agents which have an effect run because of what the machine inside says. */
const hearers = {
  'the agent': createMachine({
    context: {},
    invoke,
    initial: 'idle',
    states: { idle: { on: { told: 'working' } as never }, working: { invoke: { src: 'second' } }, failed: {} },
  }),
  'another machine inside': createMachine({
    context: {},
    invoke,
    initial: 'idle',
    states: { idle: { on: { told: { actions: sendTo('working', { type: 'told' }) } } as never }, failed: {} },
  }),
}

describe('an effect of a machine inside an agent', () => {
  it.each(Object.entries(hearers))('runs beside one that is wanted at the same time by %s', async (_, machine) => {
    const { runtime, clock } = await startRuntime({
      agents: [defineAgent({ name: 'host', machine, hears: [go], says: [] })],
    })
    await runtime.idle()
    clock.advance(100)
    await until(() => ran.length > 0)
    await runtime.idle()
    expect(ran.toSorted()).toEqual(['first', 'second'])
    expect(runtime.agent('host').snapshot()?.value).not.toBe('failed')
  })

  it.each([
    ['its machine left', { initial: 'on', states: { on: { invoke: { src: 'hang' }, on: { off: 'off' } }, off: {} } }],
    ['it left with its machine', { invoke: { src: 'hang' } }],
    [
      'it left before it could begin',
      { initial: 'on', states: { on: { invoke: { src: 'hang' }, always: 'off' }, off: {} } },
    ],
  ])('is no longer wanted by the journal either when %s', async (_, config) => {
    const kid = setup({ actors: { hang } }).createMachine(config as never)
    const machine = setup({
      types: agentTypes({ context: {}, hears: [go, off], says: [] }),
      actors: { kid },
    }).createMachine({
      context: {},
      initial: 'without',
      states: {
        with: {
          invoke: { id: 'kid', src: 'kid' },
          on: { 'work-inside.off': { actions: sendTo('kid', { type: 'off' }) }, 'work-inside.go': 'without' },
        },
        without: { on: { 'work-inside.go': 'with' } },
      },
    })
    const program = createProgram()
    const runtime = await program.start({
      agents: [defineAgent({ name: 'host', machine, hears: [go, off], says: [] })],
    })
    for (let round = 0; round < 3; round++)
      for (const event of [go({}), off({}), go({})]) await runtime.bus.publish(event)
    await runtime.idle()
    const entries = (await program.frames('runtime')).flatMap(frame => frame.entries)
    const keysOf = (kind: string) => entries.flatMap(one => (one.kind === kind && 'key' in one ? [one.key] : []))
    const [wanted, dropped] = [keysOf('effect'), keysOf('dropped')]
    expect(wanted).toHaveLength(3)
    // What never began is dropped when something else is wanted.
    expect(dropped).toEqual(expect.arrayContaining(wanted.slice(0, 2)))
  })
})
