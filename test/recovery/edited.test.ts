import { type Agent, type AgentRef, agentTypes, defineAgent, effect, PartyQuarantinedError } from 'troupe'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type AnyStateMachine, assign, createMachine, emit, setup } from 'xstate'
import { barked, command, petsParty } from '../support/pets.ts'
import { createProgram } from '../support/program.ts'

const hears = [command]
const says = [barked]

const dogOf = (machine: AnyStateMachine): Agent => defineAgent({ name: 'dog', machine, hears, says })

const context: { words: number; last?: string } = { words: 0 }
const types = agentTypes({ context, hears, says })
const dog = setup({
  types,
  actions: {
    count: assign(({ context, event }) => ({ words: context.words + 1, last: event.data.word })),
    bark: emit(() => barked({ word: 'wow', count: 1 })),
  },
})

/** Counts words. */
const counting = dog.createMachine({
  context,
  initial: 'idle',
  states: { idle: { on: { 'pets.command': { actions: 'count' } } } },
})

/** A party whose dog has counted one word. The next process has another machine for the dog. */
async function editedTo(
  machine: AnyStateMachine,
  { before = counting, ...options }: { before?: AnyStateMachine; development?: boolean | undefined } = {},
) {
  const program = createProgram()
  const first = await program.start({ party: petsParty(dogOf(before)) })
  const p1 = await first.parties.create({ id: 'p1' })
  await first.bus.publish(command({ word: 'sit' }), { party: 'p1' })
  await p1.idle()
  const runtime = program.create({ party: petsParty(dogOf(machine)), development: true, ...options })
  const warnings: string[] = []
  runtime.bus.errors(({ data }) => void warnings.push(`${data.severity} ${data.code}`))
  await runtime.start()
  return { program, runtime, warnings }
}

interface Parties {
  readonly parties: { get(id: string): { agent(name: string): AgentRef } }
}

const contextOf = ({ parties }: Parties) => parties.get('p1').agent('dog').snapshot()?.context

/** Barks too. */
const barking = dog.createMachine({
  context,
  initial: 'idle',
  states: {
    idle: { on: { 'pets.command': { target: 'proud', actions: ['count', 'bark'] } } },
    proud: { always: 'idle' },
  },
})

describe('a machine that was edited and keeps the names of its states and the fields of its context', () => {
  it('goes on in its former state, with a warning', async () => {
    const { runtime, warnings } = await editedTo(barking)
    expect(warnings).toEqual(['warning MACHINE_EDITED'])
    expect(runtime.parties.list({ quarantined: true })).toEqual([])
    await runtime.bus.publish(command({ word: 'roll' }), { party: 'p1' })
    await runtime.idle()
    expect(contextOf(runtime)).toEqual({ words: 2, last: 'roll' })
  })

  it('warns once for all parties, and not again in the next process', async () => {
    const program = createProgram()
    const first = await program.start({ party: petsParty(dogOf(counting)) })
    await first.parties.create({ id: 'p1' })
    await first.parties.create({ id: 'p2' })
    const codes: string[] = []
    for (let process = 0; process < 2; process++) {
      const next = program.create({ party: petsParty(dogOf(barking)), development: true })
      next.bus.errors(({ data }) => void codes.push(data.code))
      await next.start()
    }
    expect(codes).toEqual(['MACHINE_EDITED'])
  })

  it('keeps its party in quarantine in production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { runtime } = await editedTo(barking, { development: undefined })
    expect(runtime.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'MACHINE_CHANGED' }])
  })

  it('keeps its party in quarantine if the runtime is created with development: false', async () => {
    const { runtime } = await editedTo(barking, { development: false })
    expect(runtime.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'MACHINE_CHANGED' }])
  })
})

describe('a machine that was edited, and whose saved snapshot no longer fits', () => {
  const machineOf = (context: object | (() => object), state: object = {}, name = 'idle') =>
    createMachine({ context, initial: name, states: { [name]: { on: { 'pets.command': {} }, ...state } } })
  const slow = effect('slow', () => new Promise<never>(() => {}))

  it.each([
    ['a state is gone', machineOf(context, {}, 'waiting'), "State 'idle' does not exist"],
    ['a field of the context is new', machineOf({ words: 0, sum: 0 }), 'context.sum is new'],
    ['a field of a computed context is new', machineOf(() => ({ words: 0, sum: 0 })), 'context.sum is new'],
    ['a field has another type', machineOf({ words: [] }), 'context.words was number and is array now'],
    [
      'its state has one more invoke',
      setup({ actors: { slow } }).createMachine({
        context,
        initial: 'idle',
        states: { idle: { invoke: { src: 'slow' } } },
      }),
      'nothing is under way for "0.(machine).idle"',
    ],
  ])('keeps its party in quarantine, and says why: %s', async (_, machine, why) => {
    const { runtime, warnings } = await editedTo(machine)
    const [quarantined] = runtime.parties.list({ quarantined: true })
    expect(quarantined).toMatchObject({ partyId: 'p1', code: 'MACHINE_CHANGED' })
    expect(quarantined?.reason).toContain(`What was saved does not fit: ${why}`)
    expect(warnings).toEqual(['error PARTY_QUARANTINED'])
  })
})

describe('a party in quarantine', () => {
  const renamed = createMachine({ context, initial: 'waiting', states: { waiting: {} } })

  it('is reported in one line at the start, also if errors are subscribed to', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => printed.mockRestore())
    const program = createProgram()
    const first = await program.start({ party: petsParty(dogOf(counting)) })
    await first.parties.create({ id: 'p1' })
    await first.parties.create({ id: 'p2' })
    const next = program.create({ party: petsParty(dogOf(renamed)), log: undefined })
    next.bus.errors(() => {})
    await next.start()
    expect(printed.mock.calls.map(([line]) => String(line).split(' Version')[0])).toEqual(
      ['p1', 'p2'].map(
        id => `troupe: error PARTY_QUARANTINED at party/${id}: Party "${id}" is quarantined (MACHINE_CHANGED):`,
      ),
    )
    expect(printed.mock.lastCall?.[0]).toContain('runtime.parties.delete("p2")')
  })

  it('keeps its id: the error of a new party with that id says why', async () => {
    const { runtime } = await editedTo(renamed)
    const refusal = runtime.parties.create({ id: 'p1' })
    await expect(refusal).rejects.toThrow(PartyQuarantinedError)
    await expect(refusal).rejects.toThrow(/State 'idle' does not exist/)
  })
})
