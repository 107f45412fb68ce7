import {
  agentTypes,
  agentUpdated,
  createRuntime,
  defineAgent,
  partyUpdated,
  systemError,
  systemMetrics,
  systemTick,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import { command, dogAgent, petsParty } from '../support/pets.ts'
import { settle, startRuntime, suiteScheduler } from '../support/runtime.ts'

const none: { ticks: number } = { ticks: 0 }
/** Counts the ticks that it hears. */
const watch = defineAgent({
  name: 'watch',
  hears: [systemTick],
  says: [],
  machine: setup({ types: agentTypes({ context: none, hears: [systemTick], says: [] }) }).createMachine({
    context: none,
    on: { 'system.tick': { actions: assign(({ context }) => ({ ticks: context.ticks + 1 })) } },
  }),
})

/** Says the worst when it is told to. */
const alarm = defineAgent({
  name: 'alarm',
  hears: [command],
  says: [systemError],
  machine: setup({ types: agentTypes({ context: {}, hears: [command], says: [systemError] }) }).createMachine({
    on: {
      'pets.command': {
        actions: emit(({ event }) =>
          systemError({
            severity: event.data.word === 'fire' ? 'critical' : 'warning',
            code: 'ALARM',
            message: 'fire',
          }),
        ),
      },
    },
  }),
})

describe('the life of an agent', () => {
  it('is told from its address to its end, in order', async () => {
    const { runtime } = await startRuntime({ party: petsParty() })
    await runtime.parties.create({ id: 'p1' })
    const told: unknown[] = []
    runtime.bus.subscribe('agent.*', ({ type }) => void told.push(type))
    const dog = await runtime.spawn(dogAgent(), { party: 'p1' })
    await dog.send(command({ word: 'sit' }))
    await runtime.idle()
    await dog.stop()
    expect(told).toEqual([
      'agent.added',
      'agent.starting',
      'agent.updated',
      'agent.started',
      'agent.updated',
      'agent.stopping',
      'agent.stopped',
      'agent.removed',
    ])
  })

  it('shows every state that is durable, without what the agent remembers', async () => {
    const { runtime } = await startRuntime()
    const dog = await runtime.spawn(dogAgent())
    const states: unknown[] = []
    runtime.bus.subscribe(agentUpdated, ({ data }) => void states.push(data))
    for (const word of ['rest', 'sit']) await dog.send(command({ word }))
    await runtime.idle()
    expect(states).toEqual([{ address: 'runtime/dog', incarnation: 1, state: 'resting' }])
  })

  it('shows every version of the party state that is durable', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    const party = await runtime.parties.create({ id: 'p1' })
    const before = party.version
    const versions: unknown[] = []
    runtime.bus.subscribe(partyUpdated, ({ data }) => void versions.push(data))
    await party.addInput('ball')
    await party.idle()
    expect(versions).toEqual([{ partyId: 'p1', version: before + 1, status: 'planning' }])
  })

  it('changes nothing by being watched: positions and ids stay the same', async () => {
    const run = async (isWatched: boolean) => {
      const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
      if (isWatched) runtime.bus.subscribe('*', () => {})
      const party = await runtime.parties.create({ id: 'p1' })
      await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
      await party.idle()
      return runtime.bus.history().map(({ id, seq }) => `${id} ${seq}`)
    }
    expect(await run(true)).toEqual(await run(false))
  })
})

describe('the tick', () => {
  it('is heard every 100 ms by agents and subscribers, and kept by nobody', async () => {
    const { runtime, clock } = await startRuntime({ party: petsParty() })
    await runtime.parties.create({ id: 'p1' })
    const inside = await runtime.spawn(watch, { party: 'p1' })
    const outside = await runtime.spawn(watch)
    const heard: number[] = []
    runtime.bus.subscribe(systemTick, ({ data }) => void heard.push(data.tick))
    clock.advance(1_000)
    await runtime.idle()
    expect(heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect([inside, outside].map(ref => ref.snapshot()?.context)).toEqual([{ ticks: 10 }, { ticks: 10 }])
    expect(runtime.bus.history({ type: 'system.tick' })).toEqual([])
  })

  it('beats only while somebody listens, and only those are told who name it', async () => {
    const { runtime, clock } = await startRuntime()
    runtime.bus.subscribe('*', ({ type }) => expect(type).not.toBe('system.tick'))
    expect(clock.pending).toBe(0)
    const subscription = runtime.bus.subscribe(systemTick, () => {})
    clock.advance(300)
    expect(clock.pending).toBe(1)
    subscription.unsubscribe()
    expect(clock.pending).toBe(0)
    const ref = await runtime.spawn(watch)
    expect(clock.pending).toBe(1)
    await ref.stop()
    expect(clock.pending).toBe(0)
    runtime.bus.subscribe(systemTick, () => {})
    await runtime.stop()
    expect(clock.pending).toBe(0)
  })

  it('beats as often as one says, and every so often sums up what went on', async () => {
    const { runtime, clock } = await startRuntime({
      party: petsParty(dogAgent()),
      agents: [dogAgent()],
      pulse: { every: 1_000, metricsEvery: 3 },
    })
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await runtime.idle()
    const summaries: unknown[] = []
    runtime.bus.subscribe(systemMetrics, ({ data }) => void summaries.push(data))
    clock.advance(6_999)
    expect(summaries).toHaveLength(2)
    const { types: _, isRunning: __, today: ___, subscribers, ...figures } = runtime.bus.metrics()
    // The first summary was still on its way when it was counted.
    const before = { ...subscribers, delivered: subscribers.delivered - 2 }
    expect(summaries[0]).toEqual({ tick: 3, parties: 1, agents: 2, ...figures, subscribers: before })
  })

  it('keeps no process alive', async () => {
    const runtime = await createRuntime({ scheduler: suiteScheduler }).start()
    const before = process.getActiveResourcesInfo().filter(one => one === 'Timeout').length
    const subscription = runtime.bus.subscribe(systemTick, () => {})
    expect(process.getActiveResourcesInfo().filter(one => one === 'Timeout')).toHaveLength(before)
    subscription.unsubscribe()
    await runtime.stop()
  })
})

describe('an error', () => {
  it('is told with its severity to those who want such errors', async () => {
    const { runtime } = await startRuntime({ agents: [alarm] })
    const all: string[] = []
    const worse: string[] = []
    runtime.bus.errors(({ data }) => void all.push(data.severity))
    runtime.bus.errors(({ data }) => void worse.push(data.severity), { atLeast: 'error' })
    await runtime.bus.publish(command({ word: 'smoke' }))
    await runtime.idle()
    expect({ all, worse }).toEqual({ all: ['warning'], worse: [] })
  })

  it('that is critical stops the system in order, whoever says it', async () => {
    const { runtime } = await startRuntime({ party: petsParty(alarm, dogAgent()) })
    const party = await runtime.parties.create({ id: 'p1' })
    const stopped: unknown[] = []
    runtime.bus.subscribe('system.stopped', ({ data }) => void stopped.push(data))
    await runtime.bus.publish(command({ word: 'fire' }), { party: 'p1' })
    await settle()
    expect(stopped).toEqual([{ drained: true }])
    await expect(party.addInput('ball')).rejects.toMatchObject({ code: 'PARTY_STOPPED' })
    await expect(runtime.parties.create()).rejects.toMatchObject({ code: 'RUNTIME_STATE' })
  })
})
