import { type Agent, agentTypes, child, defineAgent, effect, MailboxFullError, PartyQuarantinedError } from 'troupe'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  emit,
  fromPromise,
  SimulatedClock,
  setup,
} from 'xstate'
import { createRecord, throughJson } from '../support/lives.ts'
import { barked, command, dogAgent, dogMachine, petsParty } from '../support/pets.ts'
import { createProgram } from '../support/program.ts'
import { settle, startRuntime } from '../support/runtime.ts'

/** Known problems of bare XState, and what this runtime does instead. */

describe('a timer', () => {
  it('is lost by bare XState when its actor is restored', () => {
    const clock = new SimulatedClock()
    const before = createActor(dogMachine(), { clock }).start()
    before.send(command({ word: 'nap' }))
    const snapshot = throughJson(before.getPersistedSnapshot())
    before.stop()
    const after = createActor(dogMachine(), { clock, snapshot }).start()
    clock.increment(10_000)
    expect(after.getSnapshot().value).toBe('napping')
  })

  it('fires here, at its original time', async () => {
    const program = createProgram()
    const party = petsParty(dogAgent())
    const first = await program.start({ party })
    const before = await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'nap' }), { party: 'p1' })
    await before.idle()
    program.clock.advance(400)
    const second = await program.start({ party })
    const dog = second.parties.get('p1').agent('dog')
    program.clock.advance(599)
    await second.idle()
    expect(dog.snapshot()?.value).toBe('napping')
    program.clock.advance(1)
    await second.idle()
    expect(dog.snapshot()?.value).toBe('awake')
  })
})

/** Names the machine that was saved: `<name>@<version>#<hash>`. */
const identity = /^dog@0#[0-9a-f]{16}$/

describe('a saved machine', () => {
  it('does not name its machine in bare XState', () => {
    const saved = createActor(createMachine({ id: 'one', version: '1' }))
      .start()
      .getPersistedSnapshot()
    expect(Object.keys(throughJson(saved))).toEqual(['status', 'value', 'historyValue', 'context', 'children'])
  })

  it('names its machine here', async () => {
    const record = createRecord()
    const journal = record.next()
    const { runtime } = await startRuntime({ journal, party: petsParty(dogAgent()) })
    await runtime.parties.create({ id: 'p1' })
    const { checkpoints } = await journal.saved('party/p1')
    expect(checkpoints.get('dog')?.definition).toMatch(identity)
  })
})

const machineOf = (id: string, ...states: readonly string[]): AnyStateMachine =>
  createMachine({
    id,
    context: { [id]: 1 },
    initial: states[0],
    states: Object.fromEntries(states.map(state => [state, {}])),
  })

/** How a party recovers if its host has another machine in the next process, and a party without a host. */
async function exchange(before: AnyStateMachine, after: AnyStateMachine) {
  const program = createProgram()
  const host = (machine: AnyStateMachine): Agent => defineAgent({ name: 'host', machine, hears: [], says: [] })
  const first = await program.start({ party: petsParty(host(before)) })
  await first.parties.create({ id: 'p1' })
  return program.start({ party: petsParty(host(after)) })
}

describe('a snapshot of another machine', () => {
  const one = machineOf('one', 'idle', 'busy')
  const two = machineOf('two', 'idle', 'busy')

  it('is accepted by bare XState, if the names of the states are the same', () => {
    const snapshot = throughJson(createActor(one).start().getPersistedSnapshot())
    const actor = createActor(two, { snapshot }).start()
    expect(actor.getSnapshot()).toMatchObject({ status: 'active', value: 'idle', context: { one: 1 } })
  })

  it('is refused here, with the reason', async () => {
    const runtime = await exchange(one, two)
    expect(runtime.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'MACHINE_CHANGED' }])
    expect(() => runtime.parties.get('p1')).toThrow(PartyQuarantinedError)
  })
})

describe('a renamed state', () => {
  const before = machineOf('r', 'a', 'b')
  const after = machineOf('r', 'renamed', 'b')

  it('breaks an actor of bare XState', () => {
    const snapshot = throughJson(createActor(before).start().getPersistedSnapshot())
    const actor = createActor(after, { snapshot })
    actor.subscribe({ error: () => {} })
    actor.start()
    expect(actor.getSnapshot().status).toBe('error')
    expect(actor.getSnapshot().value).toBeUndefined()
    expect(`${actor.getSnapshot().error}`).toContain("State 'a' does not exist on 'r'")
  })

  it('quarantines its party here, until that is fixed', async () => {
    const runtime = await exchange(before, after)
    expect(runtime.parties.quarantined()).toMatchObject([{ partyId: 'p1', code: 'MACHINE_CHANGED' }])
    expect(runtime.parties.quarantined()[0]?.reason).toContain('declare a migration')
  })
})

/** A payment service that pays once for each key. */
const receiver = () => {
  const asked: string[] = []
  return {
    asked,
    get paid() {
      return new Set(asked).size
    },
    pay: (key: string) => void asked.push(key),
  }
}

const nothing = {}

/** Pays at once, and barks after the payment. */
const payer = (pay: (key: string) => Promise<string>) =>
  defineAgent({
    name: 'payer',
    hears: [],
    says: [barked],
    machine: setup({
      types: agentTypes({ context: nothing, hears: [], says: [barked] }),
      actors: { pay: effect('pay', (_: null, { key }) => pay(key)) },
    }).createMachine({
      context: nothing,
      initial: 'paying',
      states: {
        paying: {
          invoke: {
            id: 'pay',
            src: 'pay',
            input: null,
            onDone: { target: 'paid', actions: emit(({ event }) => barked({ word: event.output, count: 1 })) },
          },
        },
        paid: {},
      },
    }),
  })

describe('a promise that was under way when its process ended', () => {
  it('is started again by bare XState, without a trace of the first start', () => {
    let runs = 0
    const pay = fromPromise(async () => {
      runs++
      await new Promise(() => {})
    })
    const machine = createMachine({ initial: 'paying', states: { paying: { invoke: { id: 'pay', src: pay } } } })
    const before = createActor(machine).start()
    const snapshot = throughJson(before.getPersistedSnapshot())
    before.stop()
    createActor(machine, { snapshot }).start()
    expect(runs).toBe(2)
  })

  it('is run again here under the same key, so that its receiver can recognise it', async () => {
    const program = createProgram()
    const bank = receiver()
    const hanging = payer(key => {
      bank.pay(key)
      return new Promise(() => {})
    })
    const first = await program.start({ party: petsParty(hanging) })
    await first.parties.create({ id: 'p1' })
    await settle()
    expect(bank.paid).toBe(1)
    const answering = payer(async key => {
      bank.pay(key)
      return 'paid'
    })
    const second = await program.start({ party: petsParty(answering) })
    await second.idle()
    expect(bank.asked).toHaveLength(2)
    expect(bank.paid).toBe(1)
    expect(second.parties.get('p1').state).toMatchObject({ barks: 1 })
  })

  it('is never started again here once its end is recorded', async () => {
    const program = createProgram()
    const bank = receiver()
    const agent = payer(async key => {
      bank.pay(key)
      return 'paid'
    })
    const first = await program.start({ party: petsParty(agent) })
    await first.parties.create({ id: 'p1' })
    await first.idle()
    const second = await program.start({ party: petsParty(agent) })
    await second.idle()
    expect(bank.asked).toHaveLength(1)
    expect(second.parties.get('p1').state).toMatchObject({ barks: 1 })
  })
})

const clumsy = () =>
  setup({
    types: agentTypes({ context: nothing, hears: [command], says: [] }),
    actions: {
      spill: assign(() => {
        throw new Error('spilt')
      }),
    },
  }).createMachine({ id: 'clumsy', context: nothing, on: { 'pets.command': { actions: 'spill' } } })

describe('a child that throws', () => {
  it('stops its parent too in bare XState', () => {
    const parent = createActor(createMachine({ invoke: { id: 'child', src: clumsy() } }))
    parent.subscribe({ error: () => {} })
    parent.start()
    parent.getSnapshot().children['child']?.send(command({ word: 'sit' }))
    expect(parent.getSnapshot().status).toBe('error')
  })

  it('is restarted here, and its parent does not notice', async () => {
    const puppy = defineAgent({ name: 'puppy', machine: clumsy(), hears: [command], says: [] })
    const machine = setup({
      types: agentTypes({ context: nothing, hears: [], says: [] }),
      actors: { puppy: child(puppy) },
    }).createMachine({ context: nothing, invoke: { id: 'puppy', src: 'puppy' } })
    const { runtime } = await startRuntime({
      party: petsParty(defineAgent({ name: 'mother', machine, hears: [], says: [] })),
    })
    const party = await runtime.parties.create({ id: 'p1' })
    await party.idle()
    await party.agent('mother/puppy').send(command({ word: 'sit' }))
    await party.idle()
    expect(party.agent('mother/puppy')).toMatchObject({ incarnation: 2 })
    expect(party.agent('mother').snapshot()).toMatchObject({ status: 'active' })
    expect(party.agent('mother')).toMatchObject({ incarnation: 1 })
  })
})

describe('an event for a stopped agent', () => {
  it('is lost in bare XState, with a warning in development', () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    onTestFinished(() => void vi.restoreAllMocks())
    const actor = createActor(dogMachine()).start()
    actor.stop()
    const barks: string[] = []
    actor.on('pets.barked', ({ data }) => barks.push(data.word))
    actor.send(command({ word: 'sit' }))
    expect(barks).toEqual([])
    expect(actor.getSnapshot()).toMatchObject({ status: 'stopped', context: { count: 0 } })
  })

  it('is a dead letter here, also in the next process', async () => {
    const program = createProgram()
    const party = petsParty(dogAgent())
    const first = await program.start({ party })
    const before = await first.parties.create({ id: 'p1' })
    await before.agent('dog').stop()
    await before.agent('dog').send(command({ word: 'sit' }))
    const second = await program.start({ party })
    expect(second.bus.deadLetters.list()).toMatchObject([
      { to: 'party/p1/dog', reason: 'stopped', envelope: { data: { word: 'sit' } } },
    ])
  })
})

describe('mail for a busy agent', () => {
  const many = 2_000

  it('grows without a limit in bare XState', () => {
    const actor = createActor(dogMachine())
    for (let n = 0; n < many; n++) actor.send(command({ word: `w${n}` }))
    expect(actor.start().getSnapshot().context.count).toBe(many)
  })

  it('has a limit here, also after a crash', async () => {
    const program = createProgram()
    const party = petsParty(dogAgent({ mailbox: { capacity: 3, overflow: 'reject' } }))
    const first = await program.start({ party })
    const before = await first.parties.create({ id: 'p1' })
    await before.agent('dog').send(command({ word: 'rest' }))
    await before.idle()
    for (const word of ['a', 'b', 'c']) await before.agent('dog').send(command({ word }))
    await expect(before.agent('dog').send(command({ word: 'd' }))).rejects.toThrow(MailboxFullError)
    const second = await program.start({ party })
    const dog = second.parties.get('p1').agent('dog')
    await expect(dog.send(command({ word: 'd' }))).rejects.toThrow(MailboxFullError)
    expect(dog.mailbox.depth).toBe(3)
  })
})
