import { agentTypes, defineAgent, defineEvent, systemError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import * as z from 'zod'
import { startRuntime } from '../support/runtime.ts'

const knock = defineEvent('door.knock', z.object({ who: z.string() }))
const bell = defineEvent('door.bell', z.object({}))
const hears = [knock, bell]
const types = agentTypes({ context: {}, hears, says: [] })
const base = setup({ types })

/** Opens when somebody knocks, and is open until the bell rings. */
const machines = {
  forgetful: base.createMachine({
    context: {},
    initial: 'shut',
    states: { shut: { on: { 'door.knock': 'open' } }, open: { on: { 'door.bell': 'shut' } } },
  }),
  busy: base.createMachine({
    context: {},
    initial: 'shut',
    states: { shut: { on: { 'door.knock': 'open' } }, open: { tags: 'busy', on: { 'door.bell': 'shut' } } },
  }),
  deliberate: base.createMachine({
    context: {},
    initial: 'shut',
    states: {
      shut: { on: { 'door.knock': 'open' } },
      open: { on: { 'door.bell': 'shut', 'door.knock': {} } },
    },
  }),
  guarded: base.createMachine({
    context: {},
    initial: 'shut',
    states: {
      shut: { on: { 'door.knock': 'open' } },
      open: { on: { 'door.knock': { guard: ({ event }) => event.data.who === 'nobody', target: 'shut' } } },
    },
  }),
  deaf: base.createMachine({ context: {}, initial: 'shut', states: { shut: {}, open: {} } }),
  nested: base.createMachine({
    context: {},
    initial: 'shut',
    states: {
      shut: { on: { 'door.*': 'open.wide' } },
      open: { initial: 'ajar', states: { ajar: {}, wide: {} } },
    },
  }),
}

/** What is told of a door at which somebody knocks three times. */
async function toldOf(name: keyof typeof machines) {
  const door = defineAgent({ name: 'door', hears, says: [], machine: machines[name] })
  const { runtime } = await startRuntime({ agents: [door] })
  for (const who of ['ann', 'bob', 'eve']) await runtime.bus.publish(knock({ who }))
  await runtime.idle()
  return runtime.bus.history({ type: systemError.type }).map(({ data }) => data)
}

describe('an event that an agent ignores and another of its states takes', () => {
  it('is a warning, once, where no state is ever busy', async () => {
    expect(await toldOf('forgetful')).toMatchObject([
      {
        severity: 'warning',
        code: 'EVENT_MISSED',
        address: 'runtime/door',
        message: `"runtime/door" ignored "door.knock" in its state "open", and its state "shut" takes it: that event is lost to it. Give the state "open" tags: 'busy', so that events wait until it is left, or write on: { 'door.knock': {} } there if they are to be ignored.`,
      },
    ])
  })

  it('is a warning for nested states that take groups of types', async () => {
    expect(await toldOf('nested')).toMatchObject([
      {
        code: 'EVENT_MISSED',
        message: expect.stringContaining('its state "{\\"open\\":\\"wide\\"}"'.replaceAll('\\', '')),
      },
    ])
  })

  it.each(['busy', 'deliberate', 'guarded', 'deaf'] as const)('is no warning where the machine is %s', async name => {
    expect(await toldOf(name)).toEqual([])
  })
})
