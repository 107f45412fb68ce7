import { agentTypes, defineAgent, defineEvent } from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, raise, setup } from 'xstate'
import * as z from 'zod'
import { barked, command } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'

const tired = defineEvent('dog.tired', z.object({ after: z.string() }))
const types = agentTypes({ context: { word: '' }, hears: [command], says: [barked], internal: [tired] })

/** Is tired a second after each command, and barks then. */
const dog = defineAgent({
  name: 'dog',
  types,
  machine: setup({ types }).createMachine({
    context: { word: '' },
    on: {
      'pets.command': { actions: raise(({ event }) => tired({ after: event.data.word }), { delay: 1_000 }) },
      'dog.tired': {
        actions: [
          assign(({ event }) => ({ word: event.data.after })),
          emit(({ event }) => barked({ word: event.data.after, count: 1 })),
        ],
      },
    },
  }),
})

describe('an internal event', () => {
  it('is an event that the machine raises for itself', async () => {
    const { runtime, clock } = await startRuntime({ agents: [dog] })
    await runtime.bus.publish(command({ word: 'run' }))
    await runtime.idle()
    clock.advance(1_000)
    await runtime.idle()
    expect(runtime.bus.history({ type: barked.type }).map(({ data }) => data)).toEqual([{ word: 'run', count: 1 }])
  })

  it('cannot be sent to the machine from outside', async () => {
    const { runtime } = await startRuntime({ agents: [dog] })
    const undeclared = { code: 'EVENT_UNKNOWN', type: tired.type }
    await expect(runtime.bus.publish(tired({ after: 'all' }))).rejects.toMatchObject(undeclared)
    await expect(runtime.agent('dog').send(tired({ after: 'all' }))).rejects.toMatchObject(undeclared)
    expect(runtime.agent('dog').snapshot()?.context).toEqual({ word: '' })
  })

  it('does not reach the machine when somebody publishes its type', async () => {
    const { runtime } = await startRuntime({ agents: [dog], events: [tired] })
    await runtime.bus.publish(tired({ after: 'all' }))
    await runtime.idle()
    expect(runtime.agent('dog').snapshot()?.context).toEqual({ word: '' })
  })
})

describe('an agent whose lists are those of its types', () => {
  it('hears and says what they list', () => {
    expect(dog).toMatchObject({ hears: [command], says: [barked] })
  })
})
