import {
  type Agent,
  agentRecovered,
  agentTypes,
  defineAgent,
  type Frame,
  partyQuarantined,
  partyRecovered,
  systemRecovered,
} from 'troupe'
import { createSimulatedClock } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { command, dogAgent, inputAdded, petsParty, runnerAgent, trainerAgent, urgent } from '../support/pets.ts'
import { createProgram, lost, nothingLost } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const given = { party: petsParty(dogAgent(), trainerAgent('dog')) }
const inP1 = { party: 'p1' }

describe('the work that a process goes on with', () => {
  it('is reported: how many parties go on, how many are quarantined, and what each had left', async () => {
    const program = createProgram()
    const first = await program.start(given)
    for (const id of ['p1', 'p2']) await first.parties.create({ id })
    for (const word of ['nap', 'a', 'b']) await first.bus.publish(command({ word }), inP1)
    await first.idle()
    await first.parties.get('p2').addInput('later')
    await settle()
    const frames = (await program.frames('party/p1')).length
    const next = program.create(given)
    const received: unknown[] = []
    next.bus.subscribe([systemRecovered, partyRecovered, agentRecovered, 'agent.started'], ({ type, data }) =>
      received.push([type, data]),
    )
    await next.start()
    const agents = ['p1', 'p2'].flatMap(id =>
      ['dog', 'trainer'].map(name => [agentRecovered.type, { address: `party/${id}/${name}`, incarnation: 1 }]),
    )
    expect(received).toEqual(
      expect.arrayContaining([
        ...agents,
        [partyRecovered.type, { partyId: 'p1', frames, agents: 2, mail: 2, timers: 1, works: 0 }],
        [partyRecovered.type, expect.objectContaining({ partyId: 'p2', agents: 2, mail: 0, timers: 1, works: 1 })],
        [systemRecovered.type, { parties: 2, quarantined: 0, durationMs: 0 }],
      ]),
    )
    expect(received).toHaveLength(7)
    expect(next.bus.history({ type: 'system.*' }).map(({ type }) => type)).toEqual([
      'system.starting',
      'system.party.recovered',
      'system.party.recovered',
      'system.recovered',
      'system.started',
    ])
  })

  it('is reported to agents outside the parties that hear it', async () => {
    const program = createProgram()
    const none: { heard: readonly string[] } = { heard: [] }
    const hears = [systemRecovered, partyRecovered]
    const machine = setup({ types: agentTypes({ context: none, hears, says: [] }) }).createMachine({
      context: none,
      on: {
        'system.recovered': { actions: assign(({ context }) => ({ heard: [...context.heard, 'all'] })) },
        'system.party.recovered': {
          actions: assign(({ context, event }) => ({ heard: [...context.heard, event.data.partyId] })),
        },
      },
    })
    const clerk: Agent = defineAgent({ name: 'clerk', machine, hears, says: [] })
    const options = { ...given, agents: [clerk] }
    const first = await program.start(options)
    await first.parties.create({ id: 'p1' })
    const next = await program.start(options)
    await next.idle()
    expect(next.agent('clerk').snapshot()?.context).toEqual({ heard: ['p1', 'all'] })
    expect(lost(next)).toEqual(nothingLost)
  })

  it('is not reported by the first process', async () => {
    const first = await createProgram().start({ ...given, agents: [dogAgent()] })
    expect(first.bus.history({ type: systemRecovered.type })).toEqual([])
    expect(first.bus.history({ type: agentRecovered.type })).toEqual([])
  })

  it('is counted in the metrics: parties, agents, and waiting mail', async () => {
    const program = createProgram()
    const first = await program.start(given)
    await first.parties.create({ id: 'p1', inputs: ['roll'] })
    for (const word of ['rest', 'a', 'b']) await first.bus.publish(command({ word }), inP1)
    await first.idle()
    const next = await program.start(given)
    await settle()
    expect(next.bus.metrics()).toMatchObject({ waiting: 2, pendingAsks: 0, dead: 0 })
    expect(next.parties.stats()).toMatchObject({ parties: 1, inputs: 1, statuses: { planning: 1 } })
    expect(lost(next)).toEqual(nothingLost)
    await next.bus.publish(urgent({ word: 'up' }), inP1)
    await next.idle()
    expect(next.bus.metrics()).toMatchObject({ waiting: 0 })
    expect(lost(next)).toEqual(nothingLost)
  })

  it('leaves the version of a party unchanged, so that a caller who knows it may change the party', async () => {
    const program = createProgram()
    const first = await program.start(given)
    const before = await first.parties.create({ id: 'p1', inputs: ['roll'] })
    await first.idle()
    const { version } = before
    const next = await program.start(given)
    const after = next.parties.get('p1')
    expect(after.version).toBe(version)
    await after.addInput('beg', { expectedVersion: version })
    await expect(after.addInput('sit', { expectedVersion: version })).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
    })
    const [oldest] = [...after.state.inputs]
    await after.removeInput(oldest?.inputId ?? '')
    expect([...after.state.inputs].map(({ content }) => content)).toEqual(['beg'])
  })
})

describe('a party after an orderly stop', () => {
  it('goes on with mail, timers and effects, without dead letters', async () => {
    const program = createProgram()
    let runs = 0
    const party = petsParty(
      runnerAgent(() => {
        runs++
        return runs === 1 ? new Promise(() => {}) : 'far'
      }),
    )
    const first = await program.start({ party })
    await first.parties.create({ id: 'p1' })
    for (const word of ['run', 'a', 'b']) await first.bus.publish(command({ word }), inP1)
    await settle()
    expect(runs).toBe(1)
    const stopping = first.stop({ timeout: 1_000 })
    program.clock.advance(1_000)
    await stopping
    const next = await program.start({ party })
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ barks: 3, status: 'planning' })
    expect(next.bus.deadLetters.list()).toEqual([])
    expect(runs).toBe(2)
    expect(lost(next)).toEqual(nothingLost)
  })

  it('is unchanged if no work was left', async () => {
    const program = createProgram()
    const first = await program.start({ ...given, agents: [dogAgent()] })
    const before = await first.parties.create({ id: 'p1', inputs: ['roll'] })
    await first.bus.publish(command({ word: 'a' }))
    await first.idle()
    const state = JSON.stringify(before.state)
    await first.stop()
    const next = await program.start({ ...given, agents: [dogAgent()] })
    expect(JSON.stringify(next.parties.get('p1').state)).toBe(state)
    expect(next.agent('dog').snapshot()).toMatchObject({ context: { count: 1 } })
    expect(await next.idle()).toMatchObject({ reason: 'settled' })
    expect(next.bus.metrics()).toMatchObject({ created: 0, dead: 0 })
  })
})

/** All ids of events and inputs in a journal. */
const idsIn = (frames: readonly Frame[]) =>
  frames.flatMap(({ entries }) =>
    entries.flatMap(one => {
      if (one.kind !== 'event') return []
      const input = inputAdded.schema.safeParse(one.envelope.data)
      return one.envelope.type === inputAdded.type && input.success
        ? [one.envelope.id, input.data.inputId]
        : [one.envelope.id]
    }),
  )

describe('ids of processes that begin with the same seed', () => {
  it('are never the same', async () => {
    const program = createProgram()
    const parties: string[] = []
    for (let lives = 0; lives < 4; lives++) {
      const runtime = await program.start(given)
      parties.push((await runtime.parties.create({ inputs: ['roll'] })).id)
      for (const { id } of runtime.parties.list()) await runtime.bus.publish(command({ word: 'a' }), { party: id })
      await runtime.idle()
    }
    expect(new Set(parties).size).toBe(4)
    const ids = (await Promise.all(parties.map(id => program.frames(`party/${id}`)))).flatMap(idsIn)
    expect(ids.length).toBeGreaterThan(20)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('are never the same, though the oldest party was deleted', async () => {
    const program = createProgram()
    const created: string[] = []
    for (let lives = 0; lives < 4; lives++) {
      const runtime = await program.start(given)
      for (const { id } of runtime.parties.list()) await runtime.parties.delete(id)
      created.push((await runtime.parties.create()).id)
    }
    expect(new Set(created).size).toBe(4)
  })

  it('are never the same, though no process has said an event', async () => {
    const program = createProgram()
    const created: string[] = []
    for (let lives = 0; lives < 3; lives++) {
      const runtime = await program.start(given)
      created.push((await runtime.parties.create()).id)
      // This process does not know the agents of the parties, so all parties are quarantined.
      await program.start({})
    }
    expect(new Set(created).size).toBe(3)
  })
})

describe('a clock that was set back between two processes', () => {
  const hour = 60 * 60 * 1_000
  const start = Date.UTC(2026, 5, 1)

  it('never makes the time go back, neither in the journal nor for callers', async () => {
    const program = createProgram()
    const seen: number[] = []
    const party = petsParty(
      runnerAgent((_, { now }) => {
        seen.push(now())
        return 'far'
      }),
    )
    for (const back of [0, 1, 2, 1]) {
      const clock = createSimulatedClock(start - back * hour)
      const runtime = await program.start({ party, agents: [dogAgent()], clock })
      if (back === 0) await runtime.parties.create({ id: 'p1' })
      for (let n = 0; n < 3; n++) {
        clock.advance(1_000)
        await runtime.bus.publish(command({ word: 'run' }), inP1)
        await runtime.bus.publish(command({ word: 'a' }))
        await runtime.idle()
      }
    }
    expect(seen).toHaveLength(12)
    expect(seen.toSorted((one, other) => one - other)).toEqual(seen)
    for (const partition of ['party/p1', 'runtime']) {
      const times = (await program.frames(partition)).map(({ time }) => time)
      expect(times.toSorted((one, other) => one - other)).toEqual(times)
    }
  })

  it('lets timers fire after the rest of their time', async () => {
    const program = createProgram()
    const party = petsParty(dogAgent())
    const first = await program.start({ party, clock: createSimulatedClock(start) })
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'nap' }), inP1)
    await first.idle()
    const clock = createSimulatedClock(start - hour)
    const next = await program.start({ party, clock })
    const dog = next.parties.get('p1').agent('dog')
    clock.advance(999)
    await next.idle()
    expect(dog.snapshot()).toMatchObject({ value: 'napping' })
    clock.advance(1)
    await next.idle()
    expect(dog.snapshot()).toMatchObject({ value: 'awake' })
  })

  it('lets mail expire after the rest of its time', async () => {
    const program = createProgram()
    const party = petsParty(dogAgent())
    const first = await program.start({ party, clock: createSimulatedClock(start) })
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'rest' }), inP1)
    await first.bus.publish(command({ word: 'a' }), { ...inP1, ttl: 1_000 })
    await first.bus.publish(command({ word: 'b' }), { ...inP1, ttl: 5_000 })
    await first.idle()
    const clock = createSimulatedClock(start - hour)
    const next = await program.start({ party, clock })
    clock.advance(2_000)
    await next.bus.publish(urgent({ word: 'up' }), inP1)
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ barks: 2 })
    expect(next.bus.deadLetters.list()).toMatchObject([{ reason: 'expired', envelope: { data: { word: 'a' } } }])
    expect(lost(next)).toEqual(nothingLost)
  })
})

describe('every delivery', () => {
  it('ends in a counted outcome in each process, also if it waited before', async () => {
    const program = createProgram()
    const options = { ...given, agents: [{ ...dogAgent(), name: 'rex' }] }
    for (let lives = 0; lives < 5; lives++) {
      const runtime = await program.start(options)
      const p1 = lives === 0 ? await runtime.parties.create({ id: 'p1' }) : runtime.parties.get('p1')
      for (const word of ['a', 'boom', 'nap', 'b', 'c']) await runtime.bus.publish(command({ word }), inP1)
      await runtime.bus.publish(command({ word: 'rest' }))
      await runtime.bus.publish(command({ word: 'd' }), { ttl: 500 })
      await p1.addInput('later')
      await settle()
      program.clock.advance(600)
      await settle()
      expect(lost(runtime)).toEqual(nothingLost)
    }
  })
})

describe('a party that cannot go on', () => {
  it('is reported with the reason', async () => {
    const program = createProgram()
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    const next = program.create({ party: petsParty(dogAgent()) })
    const received: unknown[] = []
    next.bus.subscribe(partyQuarantined, ({ data }) => received.push(data))
    await next.start()
    expect(received).toEqual([{ partyId: 'p1', reason: expect.stringContaining('"trainer"') }])
    expect(next.bus.history({ type: systemRecovered.type })).toMatchObject([{ data: { parties: 0, quarantined: 1 } }])
  })
})
