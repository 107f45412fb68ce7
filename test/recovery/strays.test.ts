import { agentTypes, createRuntime, defineAgent, type Journal, memoryJournal, systemError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { fromPromise, setup } from 'xstate'
import { command } from '../support/pets.ts'

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
  it('is told of where the journal outlives the process, because the promise would be run again', async () => {
    const runtime = createRuntime({ agents: [payer], journal: lasting() })
    const told: string[] = []
    runtime.bus.subscribe(systemError, ({ data }) => told.push(`${data.severity} ${data.code}`))
    await runtime.start()
    await runtime.stop()
    expect(told).toEqual(['warning STRAY_WORK'])
  })

  it('is refused by a runtime that is strict', () => {
    const make = () => createRuntime({ agents: [payer], journal: lasting(), strict: true })
    expect(make).toThrow(expect.objectContaining({ code: 'STRAY_WORK', agent: 'payer', src: 'pay' }))
  })

  it("is nobody's business where nothing outlives the process", () => {
    expect(() => createRuntime({ agents: [payer], strict: true })).not.toThrow()
  })
})
