import {
  createRuntime,
  defineSupervisor,
  memoryJournal,
  type Observation,
  type ObservedActor,
  type ObserveOptions,
  type Observer,
  systemError,
} from 'troupe'
import { describe, expect, it, onTestFinished } from 'vitest'
import { command, dogAgent, motherAgent, petsParty, trainerAgent, trick } from '../support/pets.ts'
import { settle, startRuntime, suiteScheduler } from '../support/runtime.ts'

const mother = motherAgent()

const kinds = (told: readonly Observation[], address: string) =>
  told.filter(one => one.address === address).map(({ kind }) => kind)

const actors = (told: readonly Observation[]) => told.filter((one): one is ObservedActor => one.kind === 'actor')

/** A runtime with a dog outside the parties, and what an observer that comes now is told. */
async function observed(options?: ObserveOptions, agent = dogAgent()) {
  const { runtime, clock } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent('dog')) })
  const dog = await runtime.spawn(agent)
  const told: Observation[] = []
  const stop = runtime.observe(one => void told.push(one), options)
  return { runtime, clock, dog, told, stop }
}

describe('who observes', () => {
  it('is told at once of all that are there, the parents first, and how they stand', async () => {
    const { runtime, dog } = await observed()
    await runtime.parties.create({ id: 'p1' })
    await dog.send(command({ word: 'sit' }))
    await runtime.idle()
    const told: Observation[] = []
    runtime.observe(one => void told.push(one))
    expect(actors(told).map(({ how, address, parent }) => [how, address, parent])).toEqual([
      ['there', 'runtime/supervisor', undefined],
      ['there', 'runtime/dog', 'runtime/supervisor'],
      ['there', 'party/p1/supervisor', undefined],
      ['there', 'party/p1/dog', 'party/p1/supervisor'],
      ['there', 'party/p1/trainer', 'party/p1/supervisor'],
    ])
    expect(actors(told)[1]).toMatchObject({
      role: 'agent',
      name: 'dog',
      definition: expect.stringMatching(/^dog@0#[0-9a-f]{16}$/),
      config: { id: 'dog', initial: 'awake' },
      incarnation: 1,
      snapshot: { status: 'active', value: 'awake', context: { count: 1 } },
    })
    expect(told).toHaveLength(5)
  })

  it('is told of what is handled, with its source and cause, and of the snapshot after it', async () => {
    const { runtime, dog, told } = await observed({ only: address => address === 'runtime/dog' })
    const { id } = await dog.send(command({ word: 'sit' }))
    await runtime.idle()
    const step = told.find(one => one.kind === 'step')
    expect(step).toMatchObject({
      type: 'pets.command',
      envelope: { id, source: 'runtime', data: { word: 'sit' } },
      correlationid: id,
      outcome: 'handled',
      snapshot: { value: 'awake', context: dog.snapshot()?.context },
    })
    expect(told.find(one => one.kind === 'said')).toMatchObject({
      envelope: { type: 'pets.barked', source: 'runtime/dog', causationid: id },
    })
  })

  it('is told of a crash, the restart after it, and the dead letter', async () => {
    const { runtime, dog, told } = await observed({ only: address => address === 'runtime/dog' })
    await dog.send(command({ word: 'boom' }))
    await runtime.idle()
    expect(kinds(told, dog.address)).toEqual(['actor', 'step', 'dead', 'actor', 'step'])
    expect(told[1]).toMatchObject({ outcome: 'failed', error: { message: 'boom' }, snapshot: { status: 'error' } })
    expect(told[2]).toMatchObject({ letter: { reason: 'failed', to: dog.address } })
    expect(told[3]).toMatchObject({ how: 'restarted', incarnation: 2, snapshot: { value: 'awake' } })
  })

  it('is told of starts and stops with their reason, also when all of it is stopped', async () => {
    const { runtime, told } = await observed()
    const other = await runtime.spawn(dogAgent({ restart: 'transient' }), { name: 'other' })
    await other.send(command({ word: 'leave' }))
    await runtime.idle()
    expect(kinds(told, other.address)).toEqual(['actor', 'step', 'step', 'stopped'])
    expect(told.find(one => one.kind === 'stopped')).toMatchObject({ address: other.address, reason: 'done' })
    await runtime.parties.create({ id: 'p1' })
    await runtime.parties.delete('p1')
    await runtime.stop()
    const stopped = told.filter(one => one.kind === 'stopped').map(({ address }) => address)
    expect(stopped).toEqual([
      other.address,
      'party/p1/trainer',
      'party/p1/dog',
      'party/p1/supervisor',
      'runtime/dog',
      'runtime/supervisor',
    ])
  })

  it('is told of what supervisors have under them', async () => {
    const { runtime, dog, told } = await observed({ only: address => address === 'runtime/supervisor' })
    await runtime.spawn(dogAgent(), { name: 'other' })
    await dog.send(command({ word: 'boom' }))
    await runtime.idle()
    expect(told.map(one => (one.kind === 'supervision' ? one.snapshot.context : one.kind))).toEqual([
      'actor',
      { children: 2, restarts: 0 },
      { children: 2, restarts: 1 },
    ])
  })

  it('is told of those that a supervisor begins with', async () => {
    const kennel = defineSupervisor({ name: 'kennel', agents: [dogAgent(), { ...dogAgent(), name: 'puppy' }] })
    const { runtime } = await startRuntime({ party: petsParty(kennel) })
    const told: Observation[] = []
    runtime.observe(one => void told.push(one), { only: address => address === 'party/p1/kennel' })
    await runtime.parties.create({ id: 'p1' })
    expect(told.length).toBeGreaterThan(0)
    for (const one of told)
      if ('snapshot' in one) expect(one.snapshot.context).toEqual({ children: 2, restarts: 0 })
      else expect.unreachable()
  })

  it('is told of children under the agents that have them, and of what comes back in another process', async () => {
    const parents = (told: readonly Observation[]) =>
      actors(told).map(({ how, address, parent }) => [how, address, parent])
    const journal = memoryJournal()
    const lasting = { ...journal, isLasting: true, close: async () => {} }
    const first = await startRuntime({ journal: lasting, agents: [mother] })
    const before: Observation[] = []
    first.runtime.observe(one => void before.push(one))
    expect(parents(before)).toEqual([
      ['there', 'runtime/supervisor', undefined],
      ['there', 'runtime/mother', 'runtime/supervisor'],
      ['there', 'runtime/mother/pup/supervisor', 'runtime/mother'],
      ['there', 'runtime/mother/pup', 'runtime/mother/pup/supervisor'],
    ])
    await first.runtime.stop()
    const second = createRuntime({ scheduler: suiteScheduler, journal: lasting, agents: [mother] })
    onTestFinished(() => second.stop({ timeout: 0 }))
    const after: Observation[] = []
    second.observe(one => void after.push(one))
    await second.start()
    expect(parents(after)).toEqual([
      ['there', 'runtime/supervisor', undefined],
      ['recovered', 'runtime/mother', 'runtime/supervisor'],
      ['started', 'runtime/mother/pup/supervisor', 'runtime/mother'],
      ['recovered', 'runtime/mother/pup', 'runtime/mother/pup/supervisor'],
    ])
  })

  it('is told of asks, who asked whom and how long it took', async () => {
    const { runtime, clock, told } = await observed()
    const party = await runtime.parties.create({ id: 'p1', inputs: ['later'] })
    await settle()
    expect(told.some(({ kind }) => kind === 'asked')).toBe(true)
    const asked = told.filter(one => one.kind === 'asked')
    expect(asked).toMatchObject([
      { address: 'party/p1/trainer', to: 'party/p1/dog', type: 'pets.trick', deadline: 2_000 },
    ])
    await clock.advance(2_000)
    await party.idle()
    await runtime.ask('runtime/dog', trick, { name: 'sit' })
    await settle()
    expect(told.filter(({ kind }) => kind === 'answered')).toHaveLength(2)
    expect(told.filter(one => one.kind === 'answered')).toMatchObject([
      { address: 'party/p1/trainer', failure: 'ASK_TIMEOUT', latency: 2_000, key: asked[0]?.key },
      { address: 'outside', to: 'runtime/dog', failure: undefined, latency: 0 },
    ])
  })
})

describe('observing', () => {
  it('asks first whether an address is wanted, and tells of no other', async () => {
    const asked = new Set<string | undefined>()
    const { runtime, told } = await observed({
      only: (_, party) => {
        asked.add(party)
        return party === 'p2'
      },
    })
    await runtime.parties.create({ id: 'p1', inputs: ['sit'] })
    await runtime.parties.create({ id: 'p2', inputs: ['sit'] })
    await runtime.idle()
    expect(asked).toEqual(new Set([undefined, 'p1', 'p2']))
    expect(new Set(told.map(({ party }) => party))).toEqual(new Set(['p2']))
    expect(actors(told)).toHaveLength(3)
  })

  it('ends at once, also from within what is told', async () => {
    const { runtime, dog, told } = await observed()
    const others: Observation[] = []
    const stop = runtime.observe(one => {
      others.push(one)
      if (one.kind === 'step') stop()
    })
    const before = others.length
    await dog.send(command({ word: 'sit' }))
    await runtime.idle()
    expect(others.slice(before).map(({ kind }) => kind)).toEqual(['said', 'step'])
    expect(kinds(told, dog.address)).toEqual(['actor', 'step', 'said'])
  })

  it('changes nothing: positions and ids are the same as unobserved', async () => {
    const played = async (observer: Observer | undefined) => {
      const { runtime } = await startRuntime({ party: petsParty(dogAgent(), trainerAgent('dog')) })
      if (observer) runtime.observe(observer)
      const party = await runtime.parties.create({ id: 'p1', inputs: ['sit', 'boom'] })
      await party.idle()
      return runtime.bus.history().map(({ id, seq, type }) => ({ id, seq, type }))
    }
    expect(await played(() => {})).toEqual(await played(undefined))
  })

  it('survives an observer that throws: it is reported once, and the others are told', async () => {
    const { runtime, dog, told } = await observed()
    runtime.observe(() => {
      throw new Error('no eyes')
    })
    runtime.observe(() => {}, {
      only: () => {
        throw new Error('no taste')
      },
    })
    await dog.send(command({ word: 'sit' }))
    await runtime.idle()
    expect(dog.snapshot()?.context).toEqual({ count: 1, asked: null })
    expect(kinds(told, dog.address)).toEqual(['actor', 'step', 'said'])
    const errors = runtime.bus.history({ type: systemError.type }).map(({ data }) => data)
    expect(errors).toMatchObject([
      { code: 'WATCHER_FAILED', message: expect.stringContaining('no eyes') },
      { code: 'WATCHER_FAILED', message: expect.stringContaining('no taste') },
    ])
  })

  it('is refused after the end', async () => {
    const { runtime } = await observed()
    await runtime.stop()
    expect(() => runtime.observe(() => {})).toThrow(expect.objectContaining({ code: 'RUNTIME_STATE' }))
  })
})
