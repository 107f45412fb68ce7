import { agentTypes, child, defineAgent, defineEvent, ValueError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { createProgram } from '../support/program.ts'
import { startRuntime } from '../support/runtime.ts'

const boom = defineEvent('guest.boom', z.object({}))

interface Guest {
  readonly name: string
  readonly since: Date
}

/** Greets the person in its input; `boom` makes it fail. */
const greeter = (input?: Guest) => {
  const context: { who: string; since: Date } = { who: '', since: new Date(0) }
  const machine = setup({
    types: { ...agentTypes({ context, hears: [boom], says: [] }), input: {} as Guest },
  }).createMachine({
    context: ({ input }) => ({ who: input.name, since: input.since }),
    on: {
      'guest.boom': {
        actions: assign(() => {
          throw new Error('boom')
        }),
      },
    },
  })
  return defineAgent({ name: 'greeter', machine, hears: [boom], says: [], ...(input && { input }) })
}

const ada: Guest = { name: 'Ada', since: new Date(1_000) }
const grace: Guest = { name: 'Grace', since: new Date(2_000) }
const remembers = ({ name, since }: Guest) => ({ context: { who: name, since } })

describe('a machine that takes an input', () => {
  it('starts with the input of its definition, or with the input of its spawn', async () => {
    const { runtime } = await startRuntime({ agents: [greeter(ada)] })
    const other = await runtime.spawn(greeter(ada), { name: 'other', input: grace })
    expect(runtime.agent('greeter').snapshot()).toMatchObject(remembers(ada))
    expect(other.snapshot()).toMatchObject(remembers(grace))
  })

  it('starts with the same input after each restart, also in another process', async () => {
    const program = createProgram()
    const first = await program.start({ registered: [greeter()], events: [boom] })
    await first.spawn(greeter(), { input: ada })
    await first.bus.publish(boom({}))
    await first.idle()
    expect(first.agent('greeter')).toMatchObject({ incarnation: 2 })
    expect(first.agent('greeter').snapshot()).toMatchObject(remembers(ada))
    const second = await program.start({ registered: [greeter()], events: [boom], snapshots: { every: 1 } })
    await second.bus.publish(boom({}))
    await second.idle()
    const third = await program.start({ registered: [greeter()], events: [boom] })
    await third.bus.publish(boom({}))
    await third.idle()
    expect(third.agent('greeter')).toMatchObject({ incarnation: 4 })
    expect(third.agent('greeter').snapshot()).toMatchObject(remembers(ada))
  })

  it('gets the input of the invoke if it is a child', async () => {
    const program = createProgram()
    const hostMachine = setup({
      types: agentTypes({ context: {}, hears: [], says: [] }),
      actors: { greet: child(greeter()) },
    }).createMachine({ context: {}, invoke: { id: 'guest', src: 'greet', input: () => grace } })
    const agents = [defineAgent({ name: 'host', machine: hostMachine, hears: [], says: [] })]
    const first = await program.start({ agents })
    await first.idle()
    expect(first.agent('host/guest').snapshot()).toMatchObject(remembers(grace))
    const second = await program.start({ agents })
    await second.bus.publish(boom({}))
    await second.idle()
    expect(second.agent('host/guest')).toMatchObject({ incarnation: 2 })
    expect(second.agent('host/guest').snapshot()).toMatchObject(remembers(grace))
  })

  it('refuses an input that a journal cannot restore', async () => {
    const { runtime } = await startRuntime({})
    const strange = { name: 'Ada', since: new Date(0), greet: () => 'hello' }
    await expect(runtime.spawn(greeter(), { input: strange })).rejects.toThrow(ValueError)
    expect(() => greeter(strange)).toThrow('The input of "greeter" holds a function at "greet"')
    expect(() => runtime.agent('greeter')).toThrow()
  })
})
