import fc from 'fast-check'
import {
  type Agent,
  agentTypes,
  createRuntime,
  defineAgent,
  defineEvent,
  defineSupervisor,
  PartyFailedError,
  type Supervised,
  type SupervisionOptions,
} from 'troupe'
import { createSimulatedClock } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { affected } from '../../src/supervision/strategy.ts'
import { petsParty } from '../support/pets.ts'
import { settle, startRuntime, suiteJournal, suiteScheduler } from '../support/runtime.ts'

const poke = defineEvent('worker.poke', z.object({ worker: z.string(), how: z.enum(['crash', 'finish', 'count']) }))
const counted = defineEvent('worker.counted', z.object({ worker: z.string(), count: z.int() }))
const calm: { count: number } = { count: 0 }

/** A worker that crashes, finishes or counts when it is poked. */
const worker = (name: string, options: Partial<Pick<Agent, 'restart' | 'onRestart' | 'onCrash'>> = {}) => {
  const isFor = (how: string) => `${name} ${how}`
  const machine = setup({
    types: agentTypes({ context: calm, hears: [poke], says: [counted] }),
    guards: { isPoked: ({ event: { data } }, as: string) => `${data.worker} ${data.how}` === as },
  }).createMachine({
    context: calm,
    initial: 'working',
    states: {
      working: {
        on: {
          'worker.poke': [
            {
              guard: { type: 'isPoked', params: isFor('crash') },
              actions: assign(() => {
                throw new Error('crashed')
              }),
            },
            { guard: { type: 'isPoked', params: isFor('finish') }, target: 'finished' },
            {
              guard: { type: 'isPoked', params: isFor('count') },
              actions: [
                assign(({ context }) => ({ count: context.count + 1 })),
                emit(({ context }) => counted({ worker: name, count: context.count })),
              ],
            },
          ],
        },
      },
      finished: { type: 'final' },
    },
  })
  return defineAgent({ name, machine, hears: [poke], says: [counted], ...options })
}

const restartTypes = ['permanent', 'transient', 'temporary'] as const
const strategies = ['one_for_one', 'one_for_all', 'rest_for_one'] as const

async function withWorkers(agents: readonly Supervised[], supervision: SupervisionOptions = {}) {
  const party = { ...petsParty(), supervision, tree: agents, agents: flat(agents) }
  const { runtime, clock } = await startRuntime({ party })
  const pets = await runtime.parties.create({ id: 'p1' })
  const poked = async (name: string, how: 'crash' | 'finish' | 'count') => {
    await runtime.bus.publish(poke({ worker: name, how }), { party: 'p1' })
    await pets.idle()
  }
  const incarnations = () => flat(agents).map(({ name }) => pets.agent(name).incarnation)
  const dataOf = (type: string) => runtime.bus.history({ type, party: 'p1' }).map(({ data }) => shortOf(data))
  return { runtime, clock, pets, poked, incarnations, dataOf }
}

const flat = (agents: readonly Supervised[]): readonly Agent[] =>
  agents.flatMap(one => ('agents' in one ? flat(one.agents) : [one]))
const shortOf = (data: unknown) => z.object({ address: z.string() }).parse(data).address.replace('party/p1/', '')

describe('a strategy', () => {
  it.each([
    ['one_for_one', 'b', ['b']],
    ['one_for_all', 'b', ['a', 'b', 'c', 'd']],
    ['rest_for_one', 'a', ['a', 'b', 'c', 'd']],
    ['rest_for_one', 'b', ['b', 'c', 'd']],
    ['rest_for_one', 'd', ['d']],
  ] as const)('%s restarts, with %s, %j', (strategy, failed, restarted) => {
    expect(affected(strategy, ['a', 'b', 'c', 'd'], failed)).toEqual(restarted)
  })
})

describe("the table of OTP's supervisor: a, b and c, of which b ends", () => {
  // The incarnations of a, b and c after b has ended.
  const restartedBy = { one_for_one: [1, 2, 1], one_for_all: [2, 2, 2], rest_for_one: [1, 2, 2] }
  const rows = strategies.flatMap(strategy =>
    restartTypes.flatMap(restart =>
      (['crash', 'finish'] as const).map(how => {
        const isRestarted = restart === 'permanent' || (restart === 'transient' && how === 'crash')
        return [strategy, restart, how, isRestarted ? restartedBy[strategy] : [1, 1, 1]] as const
      }),
    ),
  )

  it.each(rows)('%s, %s, %s: incarnations %j', async (strategy, restart, how, incarnations) => {
    const family = await withWorkers([worker('a'), worker('b', { restart }), worker('c')], { strategy })
    await family.poked('b', how)
    expect(family.incarnations()).toEqual(incarnations)
  })

  it.each([
    ['one_for_all', 'a', [2, 1, 2]],
    ['rest_for_one', 'a', [2, 1, 2]],
  ] as const)('%s never starts a temporary sibling again', async (strategy, failed, incarnations) => {
    const family = await withWorkers([worker('a'), worker('b', { restart: 'temporary' }), worker('c')], { strategy })
    await family.poked(failed, 'crash')
    expect(family.incarnations()).toEqual(incarnations)
    expect(family.dataOf('agent.stopped')).toEqual(['b'])
  })

  it('starts a transient sibling that had finished again, together with the others', async () => {
    const agents = [worker('a'), worker('b', { restart: 'transient' })]
    const family = await withWorkers(agents, { strategy: 'one_for_all' })
    await family.poked('b', 'finish')
    await family.poked('a', 'crash')
    expect(family.incarnations()).toEqual([2, 2])
    await family.poked('b', 'count')
    expect(family.runtime.bus.history({ type: counted.type })).toMatchObject([{ data: { worker: 'b', count: 1 } }])
  })

  it('stops companions in the reverse order of their start, and starts them in order', async () => {
    const family = await withWorkers([worker('a'), worker('b'), worker('c')], { strategy: 'one_for_all' })
    await family.poked('b', 'crash')
    expect(family.dataOf('agent.restarted')).toEqual(['a', 'b', 'c'])
    const stopped: string[] = []
    family.runtime.bus.subscribe('agent.stopped', ({ data }) => void stopped.push(shortOf(data)))
    await family.runtime.parties.delete('p1')
    expect(stopped).toEqual(['c', 'b', 'a'])
  })

  it.each(strategies)('%s counts a restart of a group as one, and gives up above the intensity', async strategy => {
    const family = await withWorkers([worker('a'), worker('b')], { strategy, intensity: { max: 2, within: 1_000 } })
    await family.poked('a', 'crash')
    await family.poked('a', 'crash')
    expect(family.pets.state.status).toBe('planning')
    await expect(family.poked('a', 'crash')).rejects.toBeInstanceOf(PartyFailedError)
    expect(family.dataOf('agent.stopped')).toEqual(['b', 'a'])
  })
})

describe('a supervisor under another', () => {
  const inner = (options: Partial<Parameters<typeof defineSupervisor>[0]> = {}) =>
    defineSupervisor({
      name: 'inner',
      strategy: 'one_for_all',
      intensity: { max: 1, within: 1_000 },
      agents: [worker('b'), worker('c')],
      ...options,
    })

  it('restarts its own children by its own strategy, and its siblings never notice', async () => {
    const family = await withWorkers([worker('a'), inner(), worker('d')])
    await family.poked('b', 'crash')
    expect(family.incarnations()).toEqual([1, 2, 2, 1])
  })

  it('is started again by the supervisor above when it gives up, with all agents of its definition', async () => {
    const family = await withWorkers([worker('a'), inner(), worker('d')])
    await family.poked('b', 'crash')
    await family.poked('b', 'crash')
    expect(family.incarnations()).toEqual([1, 3, 3, 1])
    expect(family.pets.state.status).toBe('planning')
    await family.poked('c', 'count')
    expect(family.runtime.bus.history({ type: counted.type })).toHaveLength(1)
  })

  it('restarts with its siblings if that is the strategy of the supervisor above', async () => {
    const family = await withWorkers([worker('a'), inner(), worker('d')], { strategy: 'rest_for_one' })
    await family.poked('b', 'crash')
    await family.poked('b', 'crash')
    expect(family.incarnations()).toEqual([1, 3, 3, 2])
  })

  it('is not started again when it is temporary: only its agents are stopped', async () => {
    const family = await withWorkers([worker('a'), inner({ restart: 'temporary' }), worker('d')])
    await family.poked('b', 'crash')
    await family.poked('b', 'crash')
    expect(family.incarnations()).toEqual([1, 2, 2, 1])
    expect(family.dataOf('agent.stopped')).toEqual(['c', 'b'])
  })

  it('escalates to the top when the supervisor above gives up too', async () => {
    const family = await withWorkers([worker('a'), inner()], { intensity: { max: 0, within: 1_000 } })
    await family.poked('b', 'crash')
    await expect(family.poked('b', 'crash')).rejects.toBeInstanceOf(PartyFailedError)
    expect(family.dataOf('agent.stopped')).toEqual(['c', 'b', 'a'])
  })

  it('does not start agents again that the application stopped or spawned later', async () => {
    const family = await withWorkers([worker('a'), inner()])
    await family.runtime.spawn(worker('late'), { party: 'p1', supervisor: 'inner' })
    await family.pets.agent('c').stop()
    await family.poked('b', 'crash')
    expect(family.pets.agent('late').incarnation).toBe(2)
    await family.poked('b', 'crash')
    expect(family.incarnations()).toEqual([1, 3, 1])
    expect(family.dataOf('agent.stopped')).toEqual(['c', 'late'])
  })

  it('needs a unique name, and is found by that name', async () => {
    await expect(withWorkers([worker('inner'), inner()])).rejects.toMatchObject({ code: 'ADDRESS_TAKEN' })
    const { runtime } = await withWorkers([worker('a')])
    await expect(runtime.spawn(worker('x'), { party: 'p1', supervisor: 'nobody' })).rejects.toMatchObject({
      code: 'NO_SUPERVISOR',
    })
  })
})

describe('a restart', () => {
  it('waits as long as the backoff says, longer each time, and the mail waits too', async () => {
    const backoff = { initial: 100, factor: 3, jitter: 0 }
    const { runtime, clock, pets, incarnations } = await withWorkers([worker('a')], { backoff })
    const crash = async () => {
      await runtime.bus.publish(poke({ worker: 'a', how: 'crash' }), { party: 'p1' })
      await runtime.bus.publish(poke({ worker: 'a', how: 'count' }), { party: 'p1' })
    }
    // No event says that a supervisor has begun to wait.
    for (const [wait, incarnation] of [
      [100, 2],
      [300, 3],
    ] as const) {
      await crash()
      const resting = pets.idle()
      await settle()
      clock.advance(wait - 1)
      expect(incarnations()).toEqual([incarnation - 1])
      clock.advance(1)
      await resting
      expect(incarnations()).toEqual([incarnation])
    }
    expect(runtime.bus.history({ type: counted.type })).toHaveLength(2)
  })

  it.each([
    ['reset', 1],
    ['keep', 2],
  ] as const)('starts with the context that "%s" gives: the next count is %i', async (onRestart, count) => {
    const family = await withWorkers([worker('a', { onRestart })])
    await family.poked('a', 'count')
    await family.poked('a', 'crash')
    await family.poked('a', 'count')
    expect(family.runtime.bus.history({ type: counted.type }).at(-1)).toMatchObject({ data: { count } })
  })

  it('starts with the last context, without its actors, which ended with their incarnation', async () => {
    const kid = setup({}).createMachine({})
    const none: readonly unknown[] = []
    const { createMachine } = setup({
      types: { ...agentTypes({ context: { count: 0, own: none, more: none }, hears: [poke], says: [] }) },
      actors: { kid },
    })
    const machine = createMachine({
      context: ({ spawn }) => ({ count: 0, own: [spawn('kid', { id: 'own' })], more: [] }),
      on: {
        'worker.poke': [
          {
            guard: ({ event: { data } }) => data.how === 'crash',
            actions: assign(() => {
              throw new Error('crashed')
            }),
          },
          {
            actions: assign({
              count: ({ context }) => context.count + 1,
              more: ({ spawn }) => [spawn('kid', { id: 'more' })],
            }),
          },
        ],
      },
    })
    const family = await withWorkers([defineAgent({ name: 'a', machine, hears: [poke], says: [], onRestart: 'keep' })])
    for (const how of ['count', 'crash', 'count', 'crash'] as const) await family.poked('a', how)
    expect(family.incarnations()).toEqual([3])
    const { context } = family.pets.agent('a').snapshot() ?? {}
    expect(context).toEqual({ count: 2, own: [expect.objectContaining({ id: 'own' })], more: [undefined] })
  })

  it('delivers the event again if the agent declares that, at most 3 times', async () => {
    const family = await withWorkers([worker('a', { onCrash: 'redeliver' })], { intensity: { max: 9, within: 1_000 } })
    await family.poked('a', 'crash')
    expect(family.incarnations()).toEqual([5])
    expect(family.runtime.bus.deadLetters.list()).toMatchObject([{ reason: 'failed', to: 'party/p1/a' }])
    expect(family.runtime.bus.metrics()).toMatchObject({ created: 1, failed: 1, waiting: 0 })
  })
})

const act = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), how: fc.constantFrom('crash', 'finish', 'count') })

it('under one_for_one, a healthy agent never restarts, whatever happens to its siblings', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30 }), async acts => {
      const clock = createSimulatedClock()
      const agents = ['a', 'b', 'c', 'd'].map(name => worker(name, { restart: 'transient' }))
      const runtime = await createRuntime({
        scheduler: suiteScheduler,
        log: 'silent',
        agents,
        clock,
        journal: suiteJournal(),
        intensity: { max: 100, within: 1_000 },
      }).start()
      for (const { name, how } of acts)
        await runtime.bus.publish({ type: poke.type, data: { worker: name, how } }).catch(() => {})
      await runtime.idle()
      const restarted = new Set(runtime.bus.history({ type: 'agent.restarted' }).map(({ data }) => addressOf(data)))
      const crashed = new Set(runtime.bus.history({ type: 'agent.failed' }).map(({ data }) => addressOf(data)))
      expect(restarted).toEqual(crashed)
      await runtime.stop({ timeout: 0 })
      expect(clock.pending).toBe(0)
      expect(runtime.bus.metrics()).toMatchObject({ waiting: 0, pendingAsks: 0 })
    }),
    { numRuns: 100 },
  )
})

const addressOf = (data: unknown) => z.object({ address: z.string() }).parse(data).address

it('an agent that fails in its initial state on every restart makes its supervisor give up', async () => {
  let starts = 0
  const machine = setup({ types: agentTypes({ context: calm, hears: [poke], says: [] }) }).createMachine({
    context: calm,
    // Only the first start succeeds.
    entry: assign(() => {
      if (++starts > 1) throw new Error('cannot wake up')
      return {}
    }),
    on: {
      'worker.poke': {
        actions: assign(() => {
          throw new Error('crashed')
        }),
      },
    },
  })
  const fragile = defineAgent({ name: 'fragile', machine, hears: [poke], says: [] })
  const family = await withWorkers([fragile, worker('a')])
  await expect(family.poked('a', 'count')).rejects.toBeInstanceOf(PartyFailedError)
  expect(starts).toBe(4)
})
