import { agentTypes, defineAgent, definePool, type Hook, type Runtime } from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import { barked, command, dogAgent, petsParty, urgent } from '../support/pets.ts'
import { createProgram, lost, nothingLost } from '../support/program.ts'
import { settle, startRuntime } from '../support/runtime.ts'

const never = { max: 0, within: 1_000 }

const barks = ({ bus }: Pick<Runtime, 'bus'>) =>
  bus.history({ type: barked.type }).map(({ data }) => (data as { readonly word: string }).word)

const letters = ({ bus }: Pick<Runtime, 'bus'>) =>
  bus.deadLetters.list().map(({ envelope, reason }) => [(envelope.data as { readonly word: string }).word, reason])

/** Fails at its first calls in a process. */
function failing(times: number): Hook {
  let calls = 0
  return () => {
    if (++calls <= times) throw new Error('no antenna')
  }
}

/** Fails on `boom`, and at its start if there is no configuration. */
const cat = (isConfigured: () => boolean) =>
  defineAgent({
    name: 'cat',
    hears: [command],
    says: [barked],
    machine: setup({ types: agentTypes({ context: {}, hears: [command], says: [barked] }) }).createMachine({
      context: () => {
        if (!isConfigured()) throw new Error('no configuration')
        return {}
      },
      on: {
        'pets.command': {
          actions: [
            assign(({ event }) => {
              if (event.data.word === 'boom') throw new Error('boom')
              return {}
            }),
            emit(({ event }) => barked({ word: event.data.word, count: 1 })),
          ],
        },
      },
    }),
  })

describe('an agent with an onInit, whose supervisor gave up', () => {
  const dog = (onInit: Hook) => ({ ...dogAgent(), onInit })

  it('begins anew outside the parties, with the mail that waited', async () => {
    const program = createProgram()
    const options = { agents: [dog(() => {})], intensity: never }
    const first = await program.start(options)
    for (const word of ['boom', 'kept']) void first.bus.publish(command({ word }))
    await settle()
    const second = await program.start(options)
    await second.idle()
    expect(barks(second)).toEqual(['kept'])
    const third = await program.start(options)
    expect(third.agent('dog').snapshot()?.context).toMatchObject({ count: 1 })
  })

  it('begins anew in a pool or when it is spawned again, with the mail that waited', async () => {
    const program = createProgram()
    const pack = definePool({ name: 'pack', agent: { ...dog(() => {}), name: 'wolf' }, size: 2 })
    const options = { agents: [pack], events: [command, urgent], intensity: never }
    const first = await program.start(options)
    await first.spawn(dog(() => {}))
    for (const word of ['boom', 'kept']) void first.agent('dog').send(command({ word }))
    void first.pool('pack').send(command({ word: 'howl' }))
    await settle()
    const second = await program.start(options)
    await second.spawn(dog(() => {}))
    await second.idle()
    expect(barks(second).toSorted()).toEqual(['howl', 'kept'])
    expect(second.pool('pack').size).toBe(2)
  })

  it('begins anew when its party is retried, with the mail that waited', async () => {
    const program = createProgram()
    const runtime = await program.start({ party: petsParty(dog(() => {})), intensity: never })
    const party = await runtime.parties.create({ id: 'p1' })
    for (const word of ['boom', 'kept']) await party.agent('dog').send(command({ word }))
    await settle()
    expect(party.state.status).toBe('error')
    await runtime.parties.retry('p1')
    await party.idle()
    expect(party.state).toMatchObject({ status: 'planning', barks: 1 })
    expect(lost(runtime)).toEqual(nothingLost)
  })

  it('counts one more failure if its onInit fails or hangs while it begins anew, and keeps its mail', async () => {
    for (const onInit of [failing(1), failing(0)]) {
      const program = createProgram()
      const first = await program.start({ agents: [dog(() => {})], intensity: never })
      for (const word of ['boom', 'kept']) void first.bus.publish(command({ word }))
      await settle()
      let hangs = 0
      const slow: Hook = scope => (hangs++ === 0 ? new Promise<void>(() => {}) : onInit(scope))
      const second = await program.start({ agents: [dog(slow)], intensity: { max: 3, within: 60_000 } })
      await settle()
      expect(barks(second)).toEqual([])
      program.clock.advance(30_000)
      await second.idle()
      expect(barks(second)).toEqual(['kept'])
      expect(letters(second)).toEqual([['boom', 'failed']])
    }
  })
})

describe('an agent whose initial context throws while it begins anew', () => {
  it('fails once more, and its mail waits for the next process', async () => {
    const program = createProgram()
    let isConfigured = true
    const options = { agents: [cat(() => isConfigured)], intensity: never }
    const first = await program.start(options)
    for (const word of ['boom', 'kept']) void first.bus.publish(command({ word }))
    await settle()
    isConfigured = false
    await expect(program.start(options)).rejects.toThrow('The last error was: no configuration.')
    isConfigured = true
    const third = await program.start(options)
    await third.idle()
    expect(barks(third)).toEqual(['kept'])
    expect(letters(third)).toEqual([['boom', 'failed']])
  })

  it('fails its party once more, and its mail waits for the next retry', async () => {
    const program = createProgram()
    let isConfigured = true
    const options = { party: petsParty(cat(() => isConfigured)), intensity: never }
    const runtime = await program.start(options)
    const party = await runtime.parties.create({ id: 'p1' })
    for (const word of ['boom', 'kept']) await party.agent('cat').send(command({ word }))
    await settle()
    expect(party.state.status).toBe('error')
    isConfigured = false
    await expect(runtime.parties.retry('p1')).rejects.toMatchObject({ code: 'PARTY_FAILED' })
    expect(party.state.status).toBe('error')
    isConfigured = true
    await runtime.parties.retry('p1')
    await party.idle()
    expect(party.state).toMatchObject({ status: 'planning', barks: 1 })
    expect(lost(runtime)).toEqual(nothingLost)
  })

  it('begins anew at once if its supervisor may start it again', async () => {
    const program = createProgram()
    let begun = 0
    const options = { agents: [cat(() => ++begun !== 2)] }
    const first = await program.start({ ...options, intensity: never })
    for (const word of ['boom', 'kept']) void first.bus.publish(command({ word }))
    await settle()
    const second = await program.start(options)
    await second.idle()
    expect(barks(second)).toEqual(['kept'])
  })
})

describe('an agent that keeps its context', () => {
  const keeping = () => ({ ...dogAgent(), onRestart: 'keep' as const })

  it('begins with its initial context after its supervisor gave up', async () => {
    const program = createProgram()
    const options = { agents: [keeping()], intensity: never }
    const first = await program.start(options)
    for (const word of ['woof', 'boom']) void first.bus.publish(command({ word }))
    await settle()
    const second = await program.start(options)
    await second.idle()
    expect(second.agent('dog').snapshot()?.context).toMatchObject({ count: 0 })
  })

  it('begins with its initial context when its party is retried', async () => {
    const { runtime } = await startRuntime({ party: petsParty(keeping()), intensity: never })
    const party = await runtime.parties.create({ id: 'p1' })
    for (const word of ['woof', 'boom']) await party.agent('dog').send(command({ word }))
    await settle()
    expect(party.state.status).toBe('error')
    await runtime.parties.retry('p1')
    expect(party.agent('dog').snapshot()?.context).toMatchObject({ count: 0 })
  })
})
