import { agentTypes, defineAgent } from 'troupe'
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import { command, dogAgent } from '../support/pets.ts'
import { createProgram } from '../support/program.ts'
import { startRuntime } from '../support/runtime.ts'

describe('the time that an agent has been busy', () => {
  it('begins with the agent, if its first state is busy', async () => {
    const sleeper = defineAgent({
      name: 'sleeper',
      hears: [],
      says: [],
      machine: setup({ types: agentTypes({ context: {}, hears: [], says: [] }) }).createMachine({
        context: {},
        initial: 'asleep',
        states: { asleep: { tags: 'busy' } },
      }),
    })
    const { runtime, clock } = await startRuntime({ agents: [sleeper] })
    await runtime.idle()
    clock.advance(5_000)
    expect(runtime.bus.metrics().busy).toBe(5_000)
  })

  it('begins anew in the next process', async () => {
    const program = createProgram()
    const first = await program.start({ agents: [dogAgent()] })
    await first.bus.publish(command({ word: 'rest' }))
    await first.idle()
    program.clock.advance(5_000)
    expect(first.bus.metrics().busy).toBe(5_000)
    const next = await program.start({ agents: [dogAgent()] })
    await next.idle()
    program.clock.advance(3_000)
    expect(next.bus.metrics().busy).toBe(3_000)
  })
})
