import { createRuntime, IdleTimeoutError, RuntimeStateError, WaitInsideError } from 'troupe'
import { createSimulatedClock } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, petsParty, runnerAgent, trainerAgent } from '../support/pets.ts'
import { settle, startRuntime, suiteJournal, suiteScheduler } from '../support/runtime.ts'

const endless = () => new Promise<string>(() => {})

describe('waiting until a party is idle', () => {
  it('ends with a typed error at its limit', async () => {
    const { runtime, clock } = await startRuntime({ party: petsParty(runnerAgent(endless)) })
    const party = await runtime.parties.create()
    await runtime.bus.publish(command({ word: 'run' }), { party: party.id })
    const resting = party.idle({ timeout: 500 })
    await settle()
    expect(clock.pending).toBeGreaterThan(0)
    clock.advance(500)
    await expect(resting).rejects.toBeInstanceOf(IdleTimeoutError)
    await expect(resting).rejects.toMatchObject({
      code: 'IDLE_TIMEOUT',
      underWay: [{ agent: `party/${party.id}/dog`, name: 'run' }],
      message: expect.stringContaining('/dog" waits for "run"'),
    })
  })

  it('is reported once, after 10 seconds, with the unfinished work', async () => {
    const { runtime, clock } = await startRuntime({ party: petsParty(runnerAgent(endless)) })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }), { party: party.id })
    const waits = [party.idle({ timeout: 30_000 }), party.idle({ timeout: 30_000 })]
    await settle()
    expect(clock.pending).toBeGreaterThan(0)
    clock.advance(10_000)
    await settle()
    expect(runtime.bus.history({ type: 'system.error' }).length).toBeGreaterThan(0)
    expect(runtime.bus.history({ type: 'system.error' }).map(({ data }) => data)).toMatchObject([
      { severity: 'warning', code: 'IDLE_LONG', address: 'party/p1', message: expect.stringContaining('"run"') },
    ])
    clock.advance(20_000)
    expect((await Promise.allSettled(waits)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  it('ends when its signal is aborted', async () => {
    const { runtime } = await startRuntime({ party: petsParty(runnerAgent(endless)) })
    const party = await runtime.parties.create()
    await runtime.bus.publish(command({ word: 'run' }), { party: party.id })
    const controller = new AbortController()
    const resting = party.idle({ signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(resting).rejects.toThrow('enough')
    await expect(party.idle({ signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never')
  })

  it('inside an effect or a subscriber of the same party is a typed error, because it would wait for itself', async () => {
    const waits: Promise<unknown>[] = []
    const agent = runnerAgent(async () => {
      const inside = party.idle()
      waits.push(inside.catch((error: unknown) => error))
      waits.push(runtime.stop().catch((error: unknown) => error))
      return 'back'
    })
    const { runtime } = await startRuntime({ party: petsParty(agent) })
    const party = await runtime.parties.create()
    runtime.bus.subscribe(barked, () => waits.push(party.idle().catch((error: unknown) => error)))
    await runtime.bus.publish(command({ word: 'run' }), { party: party.id })
    await party.idle()
    expect(await Promise.all(waits)).toEqual([
      expect.any(WaitInsideError),
      expect.any(WaitInsideError),
      expect.any(WaitInsideError),
    ])
  })
})

describe('a runtime that stops', () => {
  const begin = () => {
    const clock = createSimulatedClock()
    const party = petsParty(dogAgent(), trainerAgent('dog'))
    return {
      clock,
      runtime: createRuntime({
        scheduler: suiteScheduler,
        party,
        agents: [dogAgent()],
        clock,
        journal: suiteJournal(),
      }),
    }
  }

  it('finishes its work, stops its agents in reverse order, and reports that', async () => {
    const { clock, runtime } = begin()
    await runtime.start()
    const party = await runtime.parties.create({ id: 'p1', inputs: ['sit', 'roll'] })
    await runtime.stop()
    expect(party.state.said).toEqual(['sit', 'roll'])
    const lines = runtime.bus.history().map(({ type, data }) => `${type} ${JSON.stringify(data)}`)
    expect(lines.filter(line => line.startsWith('system.st') || line.startsWith('agent.stopped'))).toEqual([
      'system.starting {}',
      'system.started {}',
      'system.stopping {}',
      'agent.stopped {"address":"party/p1/trainer","incarnation":1,"reason":"stopped"}',
      'agent.stopped {"address":"party/p1/dog","incarnation":1,"reason":"stopped"}',
      'agent.stopped {"address":"runtime/dog","incarnation":1,"reason":"stopped"}',
      'system.stopped {"drained":true}',
    ])
    expect(clock.pending).toBe(0)
  })

  it('stops waiting at its limit, and reports that', async () => {
    const clock = createSimulatedClock()
    const runtime = createRuntime({
      scheduler: suiteScheduler,
      party: petsParty(runnerAgent(endless)),
      clock,
      journal: suiteJournal(),
    })
    await runtime.start()
    const party = await runtime.parties.create()
    await runtime.bus.publish(command({ word: 'run' }), { party: party.id })
    const stopping = runtime.stop({ timeout: 1_000 })
    await settle()
    expect(clock.pending).toBeGreaterThan(0)
    clock.advance(1_000)
    await stopping
    expect(runtime.bus.history({ type: 'system.stopped' })).toMatchObject([{ data: { drained: false } }])
    expect(clock.pending).toBe(0)
  })

  it('takes no more work, can be stopped twice, and cannot be started again', async () => {
    const { runtime } = begin()
    await expect(runtime.bus.publish(command({ word: 'sit' }))).rejects.toBeInstanceOf(RuntimeStateError)
    await runtime.start()
    await expect(runtime.start()).rejects.toBeInstanceOf(RuntimeStateError)
    await Promise.all([runtime.stop(), runtime.stop()])
    await expect(runtime.parties.create()).rejects.toBeInstanceOf(RuntimeStateError)
    await expect(runtime.spawn(dogAgent(), { name: 'other' })).rejects.toBeInstanceOf(RuntimeStateError)
  })
})

describe('agents outside the parties', () => {
  it('are spawned under an address, hear what is published without a party, and what parties say', async () => {
    const { runtime } = await startRuntime({ party: petsParty() })
    const dog = await runtime.spawn(dogAgent(), { name: 'rex' })
    expect(dog.address).toBe('runtime/rex')
    await runtime.bus.publish(command({ word: 'alone' }))
    const party = await runtime.parties.create()
    await runtime.bus.publish(command({ word: 'from a party' }), { party: party.id })
    await party.idle()
    await runtime.idle()
    expect(runtime.bus.history({ type: barked.type })).toMatchObject([
      { source: 'runtime/rex', data: { word: 'alone' } },
      { source: 'runtime/rex', data: { word: 'from a party' } },
    ])
  })

  it('have one address each; the address of a stopped agent may be taken again', async () => {
    const { runtime } = await startRuntime({})
    const dog = await runtime.spawn(dogAgent())
    await expect(runtime.spawn(dogAgent())).rejects.toMatchObject({ code: 'ADDRESS_TAKEN', address: 'runtime/dog' })
    await dog.stop()
    const again = await runtime.spawn(dogAgent())
    await again.send(command({ word: 'sit' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: barked.type })).toMatchObject([{ data: { count: 1 } }])
  })

  it('may join a party later, and hear its events from then on', async () => {
    const { runtime } = await startRuntime({ party: petsParty() })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'before' }), { party: 'p1' })
    const dog = await runtime.spawn(dogAgent(), { party: 'p1' })
    expect(dog.address).toBe('party/p1/dog')
    await runtime.bus.publish(command({ word: 'after' }), { party: 'p1' })
    await party.idle()
    expect(runtime.bus.history({ type: barked.type })).toMatchObject([{ data: { word: 'after' } }])
  })

  it('show their snapshots to watchers', async () => {
    const { runtime } = await startRuntime({})
    const dog = await runtime.spawn(dogAgent())
    const values: unknown[] = []
    const unwatch = dog.watch(({ value }) => values.push(value))
    await dog.send(command({ word: 'rest' }))
    await runtime.idle()
    unwatch()
    expect(values.at(-1)).toBe('resting')
    expect(dog.snapshot()?.value).toBe('resting')
  })
})
