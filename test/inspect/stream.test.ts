import { once } from 'node:events'
import { type Agent, type AgentRef, defineSupervisor } from 'troupe'
import { inspectInto, serveInspector, statelySource } from 'troupe/inspect'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { command, dogAgent, motherAgent, petsParty, trainerAgent } from '../support/pets.ts'
import { startRuntime } from '../support/runtime.ts'
import { type Attach, arrivals, config, dog, expectFollowed, named } from './followed.ts'
import { until } from './news.ts'
import { Reading, standing, stately, windows } from './stately.ts'

const ways: readonly (readonly [string, Attach])[] = [
  [
    'a WebSocket receiver of Stately',
    async (runtime, { read }) => {
      const server = await serveInspector(runtime)
      onTestFinished(() => server.stop())
      stately.createWebSocketReceiver({ server: `${server.url}/inspect` }).subscribe(read)
      await until(() => server.viewers === 1)
    },
  ],
  [
    'the page behind the browser adapter of Stately',
    async (runtime, { read }) => {
      const { program, page } = windows()
      const inspector = stately.createBrowserInspector({
        window: program,
        maxDeferredEvents: 0,
        serialize: event => event,
      })
      onTestFinished(inspectInto(runtime, inspector, { window: program }))
      const receiver = stately.createBrowserReceiver({ window: page })
      receiver.subscribe(read)
      // The adapter announces itself before the test can subscribe, so it does that again.
      program.postMessage({ type: '@statelyai.connected' }, '*')
    },
  ],
  [
    'a relay behind the WebSocket adapter of Stately',
    async (runtime, { read }) => {
      const relay = new WebSocketServer({ host: '127.0.0.1', port: 0 })
      onTestFinished(() => relay.close())
      await once(relay, 'listening')
      relay.on('connection', connection => connection.on('message', data => read(JSON.parse(`${data}`))))
      const address = relay.address()
      const port = typeof address === 'object' ? address?.port : 0
      const inspector = stately.createWebSocketInspector({
        url: `ws://127.0.0.1:${port}`,
        maxDeferredEvents: 10_000,
        serializationDepthLimit: 40,
      })
      onTestFinished(() => inspector.stop())
      onTestFinished(inspectInto(runtime, inspector))
    },
  ],
  [
    'a function',
    async (runtime, { read }) => {
      const stream = statelySource(runtime)(event => {
        read(event)
        return true
      })
      onTestFinished(() => stream.stop())
    },
  ],
]

describe.each(ways)('the stream, read by %s', (_, attach) => {
  it.each(arrivals)(
    'gives the state of each of %i agents after each step, to a reader that came %s',
    async (count, when) => {
      await expectFollowed(count, when, attach)
    },
  )
})

describe('the stream', () => {
  const read = async (only?: (address: string) => boolean) => {
    const { runtime, clock } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent('dog')) })
    const reading = new Reading()
    const send = (event: Parameters<Reading['read']>[0]) => {
      reading.read(event)
      return true
    }
    const stream = statelySource(runtime, { ...(only && { only }) })(send)
    return { runtime, clock, reading, stream }
  }

  it('shows the source of an event, and the asker and the callee of an ask', async () => {
    const { runtime, reading } = await read()
    const party = await runtime.parties.create({ id: 'p1', inputs: ['sit'] })
    await party.idle()
    const seen = reading.events.flatMap(one =>
      one.type === '@xstate.event' && one.sourceId !== undefined ? [[one.sourceId, one.event.type, one.sessionId]] : [],
    )
    expect(seen).toEqual([
      ['party/p1/trainer', 'pets.trick', 'party/p1/dog'],
      ['party/p1/dog', 'pets.trick.answered', 'party/p1/trainer'],
      ['party/p1/trainer', 'pets.told', 'party/p1/supervisor'],
    ])
  })

  it('keeps the order of fields, and nested values', async () => {
    const { runtime, reading } = await read()
    await runtime.parties.create({ id: 'p1' })
    const { definition = '{}' } = reading.actors.get('party/p1/dog') ?? {}
    expect(JSON.parse(definition)).toEqual(config)
    expect(Object.keys(JSON.parse(definition).states)).toEqual(Object.keys(Object(config).states))
    expect(definition).toContain('"word":"tired"')
  })

  it('announces an actor in its first state, and numbers its messages', async () => {
    const { runtime, reading } = await read(address => address === 'runtime/dog')
    const ref = await runtime.spawn(dog)
    await ref.send(command({ word: 'rest' }))
    await runtime.idle()
    expect(reading.events.map(one => [one.id, one.type, 'snapshot' in one && one.snapshot])).toMatchObject([
      ['1', '@xstate.actor', { value: 'awake' }],
      ['2', '@xstate.event', false],
      ['3', '@xstate.snapshot', { value: 'awake' }],
      ['4', '@xstate.event', false],
      ['5', '@xstate.snapshot', { value: 'resting' }],
    ])
  })

  it('shows parties, supervisors and children: the parent, the kind and the state of each', async () => {
    const puppy = { ...dogAgent(), name: 'puppy' }
    const kennel = defineSupervisor({ name: 'kennel', agents: [dogAgent(), puppy] })
    const trainer = trainerAgent('dog')
    const mother = motherAgent()
    const { runtime } = await startRuntime({ party: petsParty(kennel, trainer), agents: [mother] })
    const early = new Reading()
    const late = new Reading()
    const tellTo = ({ read }: Reading) =>
      statelySource(runtime)(event => {
        read(event)
        return true
      })
    tellTo(early)
    const party = await runtime.parties.create({ id: 'p1' })
    const stands: readonly (readonly [AgentRef, string, Agent])[] = [
      [party.agent('dog'), 'party/p1/kennel', dogAgent()],
      [party.agent('puppy'), 'party/p1/kennel', puppy],
      [party.agent('trainer'), 'party/p1/supervisor', trainer],
      [runtime.agent('mother'), 'runtime/supervisor', mother],
      [runtime.agent('mother/pup'), 'runtime/mother/pup/supervisor', dogAgent()],
    ]
    for (const word of ['sit', 'rest', 'up', 'boom']) {
      await party.agent('puppy').send(command({ word }))
      await runtime.agent('mother/pup').send(command({ word }))
      await runtime.idle()
      tellTo(late)
      for (const reading of [early, late])
        for (const [ref, parentId, { machine }] of stands)
          expect(reading.of([ref])).toEqual(standing([ref], parentId, named(machine.config)))
    }
    const parents = ['party/p1/kennel', 'party/p1/supervisor', 'runtime/mother/pup/supervisor', 'runtime/supervisor']
    expect(parents.map(one => late.actors.get(one)?.parentId)).toEqual([
      'party/p1/supervisor',
      undefined,
      'runtime/mother',
      undefined,
    ])
  })

  it('starts again after a gap, and shows the agents that stopped meanwhile', async () => {
    const { runtime, reading, stream } = await read()
    const [first, second] = await Promise.all([
      runtime.spawn(dog, { name: 'first' }),
      runtime.spawn(dog, { name: 'second' }),
    ])
    stream.stop()
    await first.stop()
    await second.send(command({ word: 'rest' }))
    await runtime.idle()
    stream.resume(3)
    expect(reading.of([first, second]).map(({ snapshot }) => [snapshot.status, snapshot.value])).toEqual([
      ['stopped', 'awake'],
      ['active', 'resting'],
    ])
  })

  it('ends with its stop', async () => {
    const { runtime, reading, stream } = await read()
    stream.stop()
    await runtime.spawn(dog)
    expect(reading.actors.has('runtime/dog')).toBe(false)
  })
})
