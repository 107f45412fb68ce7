import { type Agent, agentTypes, defineAgent, defineEvent, effect } from 'troupe'
import { heldJournal } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, petsParty, trick } from '../support/pets.ts'
import { startRuntime, turn } from '../support/runtime.ts'

const poke = defineEvent('bad.poke', z.object({ how: z.string() }))
const echo = defineEvent('bad.echo', z.object({ left: z.int() }))
const hears = [poke, echo]
const fail = () => {
  throw new Error('bad')
}

/** Throws at the given place; on `echo` it sends itself two more events, until a limit is reached. */
const bad = defineAgent({
  name: 'bad',
  hears,
  says: [echo],
  machine: setup({
    types: agentTypes({ context: {}, hears, says: [echo] }),
    actors: { failing: effect('failing', () => Promise.reject(new Error('bad work'))) },
    actions: { fail: assign(fail) },
    guards: { failing: fail },
  }).createMachine({
    context: {},
    initial: 'calm',
    states: {
      calm: {
        on: {
          'bad.poke': [
            { guard: ({ event }) => event.data.how === 'guard', target: 'guarded' },
            { guard: ({ event }) => event.data.how === 'entry', target: 'entering' },
            { guard: ({ event }) => event.data.how === 'invoke', target: 'invoking' },
            { guard: ({ event }) => event.data.how === 'stop', target: 'leaving' },
          ],
          'bad.echo': {
            guard: ({ event }) => event.data.left > 0,
            actions: [
              emit(({ event }) => echo({ left: event.data.left - 1 })),
              emit(({ event }) => echo({ left: event.data.left - 1 })),
            ],
          },
        },
      },
      guarded: { on: { 'bad.poke': { guard: 'failing', target: 'calm' } } },
      entering: { entry: 'fail' },
      // Without a handler for the error, the machine fails.
      invoking: { invoke: { id: 'failing', src: 'failing' } },
      leaving: { exit: 'fail' },
    },
  }),
})

async function withBad(agent: Agent = bad) {
  const { runtime, clock } = await startRuntime({ party: petsParty(agent, dogAgent()) })
  const party = await runtime.parties.create({ id: 'p1' })
  const pokes = async (...ways: string[]) => {
    for (const how of ways) await runtime.bus.publish(poke({ how }), { party: 'p1' })
    await party.idle()
  }
  const failures = () => runtime.bus.history({ type: 'agent.failed' }).map(({ data }) => data)
  return { runtime, clock, party, pokes, failures }
}

describe('an agent that throws', () => {
  it.each([
    { where: 'an entry action', ways: ['entry'], handled: 'bad.poke' },
    { where: 'a guard', ways: ['guard', 'again'], handled: 'bad.poke' },
    { where: 'an invoke that nobody takes the error of', ways: ['invoke'], handled: 'outcome' },
  ])('in $where fails its step and starts again; its siblings never notice', async ({ ways, handled }) => {
    const { party, pokes, failures } = await withBad()
    await pokes(...ways)
    expect(failures()).toMatchObject([{ address: 'party/p1/bad', handled }])
    expect([party.agent('bad').incarnation, party.agent('dog').incarnation]).toEqual([2, 1])
  })

  it('while it stops is stopped anyway, and so are the other agents', async () => {
    const { runtime, party, pokes } = await withBad()
    const stopped: unknown[] = []
    runtime.bus.subscribe('agent.stopped', ({ data }) => void stopped.push(data))
    await pokes('stop')
    await party.agent('bad').stop()
    expect(await party.agent('dog').ask(trick, { name: 'roll' })).toEqual({ done: 'roll' })
    await runtime.parties.delete('p1')
    expect(stopped).toHaveLength(2)
  })

  it('while it stops with its party is stopped anyway', async () => {
    const { runtime, pokes } = await withBad()
    await pokes('stop')
    await runtime.stop()
    expect(runtime.bus.history({ type: 'agent.stopped' }).map(({ data }) => data)).toMatchObject([
      { address: 'party/p1/dog' },
      { address: 'party/p1/bad' },
    ])
  })
})

describe('an agent that floods itself', () => {
  it('is bounded in memory, leaves turns to other agents, and loses no event', async () => {
    const { runtime, party } = await withBad(defineAgent({ ...bad, mailbox: { capacity: 10 } }))
    // 2^13 - 1 events in all, and never more than 10 of them in memory.
    await runtime.bus.publish(echo({ left: 12 }), { party: 'p1' })
    await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await party.idle()
    const { created, handled, ignored, dead } = runtime.bus.metrics()
    expect({ created, dead }).toEqual({ created: 2 ** 13, dead: 0 })
    expect(handled + ignored).toBe(created)
    expect(party.state).toMatchObject({ barks: 1 })
  })
})

describe('a spawn in the middle of shutdown', () => {
  it('is refused once the runtime or its party stops', async () => {
    const { runtime } = await startRuntime({ party: petsParty() })
    await runtime.parties.create({ id: 'p1' })
    const deleting = runtime.parties.delete('p1')
    await expect(runtime.spawn(dogAgent(), { party: 'p1' })).rejects.toMatchObject({ code: 'PARTY_NOT_FOUND' })
    await deleting
    const stopping = runtime.stop()
    await expect(runtime.spawn(dogAgent())).rejects.toMatchObject({ code: 'RUNTIME_STATE' })
    await stopping
  })

  it('that began before is stopped in order, and its promise rejects', async () => {
    const journal = heldJournal()
    const { runtime } = await startRuntime({ journal })
    journal.hold()
    let isSpawned = false
    const spawning = runtime.spawn(dogAgent()).then(() => {
      isSpawned = true
    })
    const stopping = runtime.stop()
    await turn()
    expect(isSpawned).toBe(false)
    journal.release()
    await Promise.all([spawning, stopping])
    const types = runtime.bus.history({ type: 'agent.*' }).map(({ type }) => type)
    expect(types).toEqual(['agent.started', 'agent.stopped'])
  })
})

describe('20,000 asks to a stopped address', () => {
  it('each fail at once, and leave nothing in memory', async () => {
    const { runtime } = await startRuntime()
    const dog = await runtime.spawn(dogAgent())
    await dog.stop()
    let refused = 0
    const ask = () =>
      dog.ask(trick, { name: 'roll' }).catch((error: { code?: string }) => {
        if (error.code === 'ASK_STOPPED') refused++
      })
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 1_000 }, ask))
    expect(refused).toBe(20_000)
    expect(runtime.bus.metrics()).toMatchObject({ pendingAsks: 0, waiting: 0, deadLetters: 0 })
    expect(runtime.bus.history()).toHaveLength(1_000)
    await runtime.idle()
  })
})
