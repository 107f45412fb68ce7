import { agentFailed, agentTypes, createRuntime, defineAgent, defineEvent, memoryJournal } from 'troupe'
import { createSimulatedClock, heldJournal } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { assign, createMachine, fromPromise, setup, spawnChild } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, petsParty, runnerAgent, trainerAgent, trick } from '../support/pets.ts'
import { passUntil, settle, startRuntime, suiteJournal, suiteScheduler } from '../support/runtime.ts'

const go = defineEvent('stray.go', z.object({ how: z.string() }))
const said = defineEvent('stray.said', z.object({ text: z.string() }))
const hears = [go]
const says = [said]
const context: { found: string } = { found: '' }
const types = agentTypes({ context, hears, says })

describe('the agents outside the parties', () => {
  it('stop in order when their supervisor gives up, and the whole runtime with them', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), agents: [dogAgent()] })
    const party = await runtime.parties.create()
    const critical: string[] = []
    runtime.bus.errors(({ data }) => void critical.push(data.code), { atLeast: 'critical' })
    const fragile = await runtime.spawn(dogAgent(), { name: 'fragile' })
    for (let count = 0; count < 4; count++) await fragile.send(command({ word: 'boom' }))
    await runtime.stop()
    expect(critical).toEqual(['ESCALATED'])
    expect(await party.idle()).toMatchObject({ reason: 'stopped' })
    expect(runtime.bus.history({ type: 'agent.stopped' }).map(({ data }) => data)).toMatchObject([
      { address: 'runtime/fragile', reason: 'escalated' },
      { address: 'runtime/dog', reason: 'escalated' },
      { address: party.agent('dog').address, reason: 'stopped' },
    ])
    await expect(runtime.ask('runtime/dog', trick, { name: 'roll' })).rejects.toMatchObject({ code: 'RUNTIME_STATE' })
    await expect(runtime.spawn(dogAgent())).rejects.toMatchObject({ code: 'RUNTIME_STATE' })
    const { created, handled, ignored, failed, dead } = runtime.bus.metrics()
    expect(handled + ignored + failed + dead).toBe(created)
  })

  it('stop when their journal refuses, and what waited for them rejects', async () => {
    const journal = heldJournal()
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), agents: [dogAgent()], journal })
    journal.hold()
    const published = runtime.bus.publish(command({ word: 'sit' }))
    const waits = Promise.allSettled([published, runtime.idle(), runtime.spawn(dogAgent(), { name: 'other' })])
    journal.failFor('runtime', new Error('disk full'))
    journal.release()
    for (const result of await waits)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'JOURNAL_APPEND' } })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await party.idle()
    expect(party.state.barks).toBe(1)
  })

  it('hear what the runtime reports about a party', async () => {
    const heard: string[] = []
    const monitor = setup({ types: agentTypes({ context, hears: [agentFailed], says: [] }) }).createMachine({
      context,
      on: { 'agent.failed': { actions: ({ event }) => heard.push(event.data.address) } },
    })
    const agent = defineAgent({ name: 'monitor', machine: monitor, hears: [agentFailed], says: [] })
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), agents: [agent] })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'boom' }), { party: 'p1' })
    await party.idle()
    await runtime.idle()
    expect(heard).toEqual(['party/p1/dog'])
  })
})

describe('a runtime', () => {
  it('is at rest only when all are at the same time, however they give each other work', async () => {
    const helper = runnerAgent(async () => {
      await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
      return 'gave work'
    })
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()), agents: [helper] })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }))
    expect(await runtime.idle()).toMatchObject({ reason: 'settled' })
    expect(party.state.barks).toBe(1)
  })

  it('whose agents cannot start stops again and rejects', async () => {
    const machine = setup({ types }).createMachine({
      context,
      entry: assign(() => {
        throw new Error('cannot wake up')
      }),
      on: { 'stray.go': {} },
    })
    const broken = defineAgent({ name: 'broken', machine, hears, says })
    const runtime = createRuntime({
      scheduler: suiteScheduler,
      log: 'silent',
      agents: [dogAgent(), broken],
      clock: createSimulatedClock(),
    })
    await expect(runtime.start()).rejects.toMatchObject({ code: 'AGENT_START' })
    await expect(runtime.ask('runtime/dog', trick, { name: 'roll' })).rejects.toMatchObject({ code: 'RUNTIME_STATE' })
    expect(runtime.bus.history({ type: 'system.stopped' })).toHaveLength(1)
  })

  it('reports a restart that fails at its start, too', async () => {
    let starts = 0
    const machine = setup({ types }).createMachine({
      context,
      entry: assign(() => {
        if (++starts === 2) throw new Error('cannot wake up again')
        return {}
      }),
      on: {
        'stray.go': {
          actions: assign(() => {
            throw new Error('boom')
          }),
        },
      },
    })
    const { runtime } = await startRuntime({ agents: [defineAgent({ name: 'stray', machine, hears, says })] })
    await runtime.bus.publish(go({ how: 'boom' }))
    await runtime.idle()
    const errors = runtime.bus.history({ type: 'agent.failed' }).map(({ data }) => data)
    expect(errors).toMatchObject([{ error: 'boom' }, { error: 'cannot wake up again', incarnation: 2 }])
    expect(runtime.bus.history({ type: 'agent.restarted' })).toMatchObject([{ data: { incarnation: 3 } }])
  })
})

describe('a journal that never answers', () => {
  it('keeps neither stop nor a cancelled ask waiting', async () => {
    const journal = heldJournal()
    const clock = createSimulatedClock()
    const runtime = await createRuntime({ scheduler: suiteScheduler, agents: [dogAgent()], journal, clock }).start()
    journal.hold()
    const cancelled = runtime.ask('runtime/dog', trick, { name: 'roll' }, { deadline: 100 })
    clock.advance(100)
    await expect(cancelled).rejects.toMatchObject({ code: 'ASK_TIMEOUT' })
    await passUntil(clock, runtime.stop({ timeout: 200 }))
    expect(clock.elapsed()).toBeLessThan(5_000)
    expect(clock.pending).toBe(0)
  })
})

describe('an id', () => {
  it('that is free again has nothing of the party that had it', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const first = await runtime.parties.create({ id: 'p1', inputs: ['sit'] })
    const dog = first.agent('dog')
    await runtime.parties.delete('p1')
    const second = await runtime.parties.create({ id: 'p1' })
    await expect(dog.send(command({ word: 'ghost' }))).rejects.toMatchObject({ code: 'PARTY_STOPPED' })
    await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await second.idle()
    expect(second.state.barks).toBe(1)
    expect(second.state.inputs.size).toBe(0)
  })

  it('source of any odd kind still gives ids', () => {
    for (const random of [() => 0, () => 0.99, () => 0.999_999])
      expect(() => createRuntime({ random, journal: suiteJournal() })).not.toThrow()
  })
})

describe('a frame', () => {
  it('of a start is one, and holds its entries in the order of their positions', async () => {
    const journal = memoryJournal()
    const { runtime } = await startRuntime({ party: petsParty(runnerAgent(async () => 'back')), journal })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    await party.idle()
    const starts: string[] = []
    let last = 0
    for await (const { cause, entries } of journal.read('party/p1')) {
      if (cause.kind === 'step' && cause.type === 'xstate.init') starts.push(entries.map(({ kind }) => kind).join())
      for (const entry of entries) {
        const seq = 'seq' in entry ? entry.seq : entry.envelope.seq
        expect(seq).toBeGreaterThan(last)
        last = seq
      }
    }
    expect(starts).toEqual(['definition,agent'])
  })
})

describe('a call at the wrong time', () => {
  it('two deletions at once: the second finds no party, and the next party with this id is safe', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    await runtime.parties.create({ id: 'p1' })
    const [first, second] = await Promise.allSettled([runtime.parties.delete('p1'), runtime.parties.delete('p1')])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'PARTY_NOT_FOUND' } })
    const next = await runtime.parties.create({ id: 'p1' })
    await next.addInput('sit')
    expect(runtime.parties.list()).toEqual([next])
  })

  it('new work while the runtime stops is refused on every way, and work under way is finished all the same', async () => {
    let finish = (_word: string) => {}
    const runner = runnerAgent(() => new Promise<string>(resolve => void (finish = resolve)))
    const runtime = await createRuntime({
      scheduler: suiteScheduler,
      party: petsParty(runner),
      clock: createSimulatedClock(),
    }).start()
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'p1' })
    const stopping = runtime.stop()
    for (const refused of [party.addInput('sit'), party.agent('dog').send(command({ word: 'sit' }))])
      await expect(refused).rejects.toMatchObject({ code: 'RUNTIME_STATE' })
    finish('back')
    await stopping
    expect(party.state.barks).toBe(1)
    expect(runtime.bus.history({ type: 'system.stopped' })).toMatchObject([{ data: { drained: true } }])
  })

  it('a journal that refuses one party while the runtime stops does not end the work of another', async () => {
    let finish = (_word: string) => {}
    const runner = runnerAgent(() => new Promise<string>(resolve => void (finish = resolve)))
    const journal = heldJournal()
    const runtime = await createRuntime({
      scheduler: suiteScheduler,
      party: petsParty(runner),
      journal,
      clock: createSimulatedClock(),
    }).start()
    const sick = await runtime.parties.create({ id: 'sick' })
    const well = await runtime.parties.create({ id: 'well' })
    await runtime.bus.publish(command({ word: 'run' }), { party: 'well' })
    journal.failFor('party/sick', new Error('disk full'))
    const lost = sick.addInput('sit')
    const stopping = runtime.stop()
    await expect(lost).rejects.toMatchObject({ code: 'JOURNAL_APPEND' })
    finish('back')
    await stopping
    expect(well.state.barks).toBe(1)
    expect(runtime.bus.history({ type: 'system.stopped' })).toMatchObject([{ data: { drained: false } }])
  })

  it('a clock that is set back: deadlines come all the same', async () => {
    const inner = createSimulatedClock()
    let back = 0
    const clock = { now: () => inner.now() - back, after: inner.after }
    const { runtime } = await startRuntime({ agents: [dogAgent()], clock })
    await runtime.bus.publish(command({ word: 'nap' }))
    await runtime.idle()
    back = 3_600_000
    inner.advance(1_000)
    inner.advance(1_000)
    await runtime.bus.publish(command({ word: 'sit' }))
    expect(await runtime.idle()).toMatchObject({ reason: 'settled' })
  })

  it('a reference to an agent that was stopped reaches nobody, even when another has its address', async () => {
    const { runtime } = await startRuntime({})
    const old = await runtime.spawn(dogAgent())
    await old.stop()
    await runtime.spawn(dogAgent())
    await old.send(command({ word: 'ghost' }))
    await runtime.idle()
    expect(runtime.bus.deadLetters.list({ reason: 'stopped' })).toHaveLength(1)
    expect(runtime.bus.metrics()).toMatchObject({ created: 1, handled: 0, dead: 1 })
  })

  it('an ask from outside counts as work until it ends', async () => {
    const { runtime, clock } = await startRuntime({ agents: [dogAgent()] })
    const answer = runtime.ask('runtime/dog', trick, { name: 'silence' }, { deadline: 500 })
    const failure = expect(answer).rejects.toMatchObject({ code: 'ASK_TIMEOUT' })
    let isAtRest = false
    const resting = runtime.idle().then(() => {
      isAtRest = true
    })
    await settle()
    expect(isAtRest).toBe(false)
    clock.advance(500)
    await failure
    await resting
  })

  it('a second agent that hears a request which somebody asks of whoever hears it', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent(undefined)) })
    await runtime.parties.create({ id: 'p1' })
    await expect(runtime.spawn(dogAgent(), { party: 'p1', name: 'twin' })).rejects.toMatchObject({
      code: 'ASK_AMBIGUOUS',
    })
  })

  it.each([0, 11, 2.5, Number.NaN])('a priority of %d', async priority => {
    const { runtime } = await startRuntime({ agents: [dogAgent()] })
    await expect(runtime.bus.publish(command({ word: 'sit' }), { priority })).rejects.toMatchObject({
      code: 'PRIORITY',
    })
    expect(() => defineEvent('a.b', z.object({}), { priority })).toThrow('is no priority')
  })

  it.each([
    ['it invokes something', { invoke: { src: 'wait', systemId: 'the-run' } }],
    ['it spawns something', { entry: spawnChild('wait', { systemId: 'the-run' }) }],
    [
      'a machine inside it invokes something',
      { invoke: { src: createMachine({ invoke: { src: 'x', systemId: 'id' } }) } },
    ],
  ])('a system id, which XState would keep when a step fails: %s under one', (_, on) => {
    const wait = fromPromise(async () => 1)
    const machine = setup({ types: agentTypes({ context: {}, hears: [], says: [] }), actors: { wait } }).createMachine({
      context: {},
      initial: 'on',
      states: { on: on as object },
    })
    expect(() => defineAgent({ name: 'stray', machine, hears: [], says: [] })).toThrow('Leave systemId out')
  })
})
