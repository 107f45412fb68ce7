import { agentFailed, agentTypes, createRuntime, defineAgent, defineEvent, memoryJournal } from 'troupe'
import { createSimulatedClock, heldJournal } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, petsParty, runnerAgent, trick } from '../support/pets.ts'
import { startRuntime, suiteJournal } from '../support/runtime.ts'

const go = defineEvent('stray.go', z.object({ how: z.string() }))
const said = defineEvent('stray.said', z.object({ text: z.string() }))
const hears = [go]
const says = [said]
const context: { found: string } = { found: '' }
const types = agentTypes({ context, hears, says })

describe('the agents outside the parties', () => {
  it('stop in order when their supervisor gives up, and who wants them is told why there are none', async () => {
    const { runtime } = await startRuntime({ agents: [dogAgent()] })
    const fragile = await runtime.spawn(dogAgent(), { name: 'fragile' })
    for (let count = 0; count < 4; count++) await fragile.send(command({ word: 'boom' }))
    await runtime.idle()
    expect(runtime.bus.history({ type: 'agent.stopped' }).map(({ data }) => data)).toMatchObject([
      { address: 'runtime/fragile', reason: 'escalated' },
      { address: 'runtime/dog', reason: 'escalated' },
    ])
    await expect(runtime.ask('runtime/dog', trick, { name: 'roll' })).rejects.toMatchObject({ code: 'ASK_STOPPED' })
    await expect(runtime.spawn(dogAgent())).rejects.toMatchObject({ code: 'ESCALATED' })
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

  it('hear what the runtime says of a party', async () => {
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

  it('whose agents cannot start is stopped again, and says so', async () => {
    const machine = setup({ types }).createMachine({
      context,
      entry: assign(() => {
        throw new Error('cannot wake up')
      }),
      on: { 'stray.go': {} },
    })
    const broken = defineAgent({ name: 'broken', machine, hears, says })
    const runtime = createRuntime({ agents: [dogAgent(), broken], clock: createSimulatedClock() })
    await expect(runtime.start()).rejects.toMatchObject({ code: 'AGENT_START' })
    await expect(runtime.ask('runtime/dog', trick, { name: 'roll' })).rejects.toMatchObject({ code: 'RUNTIME_STATE' })
    expect(runtime.bus.history({ type: 'system.stopped' })).toHaveLength(1)
  })

  it('tells of a restart that fails at its start, too', async () => {
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
    const runtime = await createRuntime({ agents: [dogAgent()], journal, clock }).start()
    journal.hold()
    const cancelled = runtime.ask('runtime/dog', trick, { name: 'roll' }, { deadline: 100 })
    clock.advance(100)
    await expect(cancelled).rejects.toMatchObject({ code: 'ASK_TIMEOUT' })
    const stopping = runtime.stop({ timeout: 200 })
    let stopped = false
    void stopping.then(() => {
      stopped = true
    })
    for (let rounds = 0; !stopped && rounds < 100; rounds++) {
      clock.advance(50)
      await new Promise(setImmediate)
    }
    expect(stopped).toBe(true)
    expect(clock.pending).toBe(0)
  })
})

describe('an id', () => {
  it('that is free again is free of everything that was under it', async () => {
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

  it('source of the oddest kind still gives ids', () => {
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
    expect(starts).toEqual(['agent'])
  })
})
