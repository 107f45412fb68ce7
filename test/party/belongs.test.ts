import {
  agentTypes,
  ask,
  child,
  defineAgent,
  defineEvent,
  defineRequest,
  defineSupervisor,
  type Envelope,
  effect,
  type Frame,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { assign, emit, setup } from 'xstate'
import * as z from 'zod'
import { petsParty } from '../support/pets.ts'
import { atFrame, createProgram } from '../support/program.ts'
import { settle, startRuntime, turn } from '../support/runtime.ts'

/** A worker. Each of its words makes the runtime report one thing. */

const word = defineEvent('worker.word', z.object({ word: z.string() }))
const said = defineEvent('worker.said', z.object({}))
const question = defineRequest('worker.question', { input: z.object({}), output: z.object({}) })

const oracle = defineAgent({
  name: 'oracle',
  hears: [question],
  says: [question],
  machine: setup({ types: agentTypes({ context: {}, hears: [question], says: [question] }) }).createMachine({
    on: { 'worker.question': { actions: emit(({ event }) => question.reply(event, {})) } },
  }),
})

const kid = defineAgent({
  name: 'kid',
  hears: [],
  says: [said],
  machine: setup({ types: agentTypes({ context: {}, hears: [], says: [said] }) }).createMachine({
    entry: emit(() => said({})),
  }),
})

const hears = [word]
const worker = (run: () => unknown = () => 1) =>
  defineAgent({
    name: 'worker',
    hears,
    says: [said],
    machine: setup({
      types: agentTypes({ context: {}, hears, says: [said] }),
      actors: { run: effect('run', async () => run()), ask: ask(question), kid: child(kid) },
      actions: {
        explode: assign(() => {
          throw new Error('boom')
        }),
      },
      guards: { is: ({ event }, is: string) => event.type === word.type && event.data.word === is },
    }).createMachine({
      initial: 'idle',
      states: {
        idle: {
          on: {
            'worker.word': [
              { guard: { type: 'is', params: 'ask' }, target: 'asking' },
              { guard: { type: 'is', params: 'run' }, target: 'running' },
              { guard: { type: 'is', params: 'boom' }, actions: 'explode' },
              { guard: { type: 'is', params: 'kid' }, target: 'parent' },
              { guard: { type: 'is', params: 'leave' }, target: 'gone' },
            ],
          },
        },
        asking: { tags: 'busy', invoke: { id: 'ask', src: 'ask', input: {}, onDone: 'idle' } },
        running: { tags: 'busy', invoke: { id: 'run', src: 'run', onDone: 'idle', onError: 'idle' } },
        parent: { invoke: { id: 'kid', src: 'kid' } },
        gone: { type: 'final' },
      },
    }),
  })

type Reported = Pick<Envelope, 'type' | 'data' | 'correlationid' | 'causationid'>

/** The events after a word was published, all with its correlation id and caused by it. */
const belongs = (reported: readonly Reported[], id: string, correlationid: string, types: readonly string[]) => {
  for (const type of types) {
    const found = reported.filter(one => one.type === type && !JSON.stringify(one.data).includes('oracle"'))
    expect(found.length, type).toBeGreaterThan(0)
    for (const one of found) expect(one).toMatchObject({ correlationid, causationid: id })
  }
}

describe('what the runtime reports', () => {
  const start = async (...agents: Parameters<typeof petsParty>) => {
    const { runtime, clock } = await startRuntime({ party: petsParty(...agents) })
    await runtime.parties.create({ id: 'p1' })
    await runtime.idle()
    const reported: Reported[] = []
    runtime.bus.subscribe('*', envelope => void reported.push(envelope))
    const say = async (it: string) => {
      reported.length = 0
      const { id } = await runtime.bus.publish(word({ word: it }), { party: 'p1', correlationId: `run-${it}` })
      await runtime.idle()
      await turn()
      return (...types: string[]) => belongs(reported, id, `run-${it}`, types)
    }
    return { runtime, clock, reported, say }
  }

  it.each([
    { it: 'run', types: ['effect.started', 'effect.completed', 'agent.updated'] },
    { it: 'ask', types: ['agent.updated'] },
    { it: 'boom', types: ['agent.failed', 'agent.starting', 'agent.restarted', 'system.dead_letter'] },
    { it: 'kid', types: ['agent.added', 'agent.starting', 'agent.started'] },
    { it: 'leave', types: ['agent.done', 'agent.updated', 'agent.stopping', 'agent.stopped', 'agent.removed'] },
  ])('because of an event has its correlation id, and is caused by it: $it', async ({ it, types }) => {
    const { say } = await start(worker(), oracle)
    const expectCaused = await say(it)
    expectCaused(...types)
  })

  it('of a restart belongs to the failure: restarted siblings, after a pause, and the events that they say then', async () => {
    const team = defineSupervisor({
      name: 'team',
      agents: [worker(), kid],
      strategy: 'one_for_all',
      backoff: { initial: 1_000, jitter: 0 },
    })
    const { runtime, clock, reported, say } = await start(team)
    const resting = say('boom')
    await settle()
    expect(reported.some(({ type }) => type === 'agent.failed')).toBe(true)
    clock.advance(1_000)
    const belonging = await resting
    belonging('agent.failed', 'agent.starting', 'agent.restarted')
    expect(runtime.bus.history({ type: 'agent.restarted' })).toHaveLength(2)
    expect(reported.filter(({ type }) => type === said.type)).toMatchObject([{ correlationid: 'run-boom' }])
  })

  it('of a supervisor that gives up belongs to the last failure', async () => {
    const team = defineSupervisor({ name: 'team', agents: [worker(), kid], intensity: { max: 0, within: 1_000 } })
    const { say } = await start(team)
    const belonging = await say('boom')
    belonging('agent.failed', 'agent.escalated', 'system.error', 'agent.restarted')
  })

  it('of an ask from outside has its correlation id: its own, or a given one', async () => {
    const { runtime, reported } = await start(oracle)
    for (const options of [{}, { correlationId: 'c1', requestId: 'r1' }, { requestId: 'r2' }])
      await runtime.ask('party/p1/oracle', question, {}, options)
    const handler = runtime.handle(question, () => ({}))
    for (const options of [{}, { correlationId: 'c2' }]) await runtime.ask(handler.address, question, {}, options)
    await runtime.idle()
    const runs = Map.groupBy(reported, ({ correlationid }) => correlationid)
    expect([...runs.keys()]).toEqual([
      expect.stringMatching(/^outside\/.*-\d+$/),
      'c1',
      'outside/r2',
      'outside/runtime/worker-question/1',
      'c2',
    ])
    for (const run of runs.values())
      expect(run.map(({ type }) => type)).toEqual(expect.arrayContaining(['ask.requested', 'ask.succeeded']))
  })

  it('of an agent that a subscriber spawns and stops belongs to the event of the subscriber', async () => {
    const { runtime, reported, say } = await start(worker())
    runtime.bus.subscribe(word, async () => {
      const spawned = await runtime.spawn(kid, { party: 'p1' })
      await spawned.stop()
    })
    const belonging = await say('nothing')
    await settle()
    expect(reported.some(({ type }) => type === 'agent.removed')).toBe(true)
    belonging('agent.added', 'agent.starting', 'agent.started', 'agent.stopping', 'agent.stopped', 'agent.removed')
  })

  it('has a unique id, also in another process, and in a new party with the same id', async () => {
    const program = createProgram()
    const ids: string[] = []
    const live = async (deleted?: string) => {
      const runtime = program.create({ party: petsParty(worker()) })
      runtime.bus.subscribe('agent.*', ({ id }) => void ids.push(id))
      await runtime.start()
      if (deleted !== undefined) await runtime.parties.delete(deleted)
      await runtime.parties.create({ id: 'p1' })
      await runtime.idle()
    }
    await live()
    program.crash()
    program.clock.advance(1)
    await live('p1')
    expect(ids.length).toBeGreaterThan(6)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('is the same in another process', async () => {
    const program = createProgram()
    const reported: Reported[] = []
    const ids: string[] = []
    const process = (run: () => unknown) => ({ party: petsParty(worker(run)) })
    // The first process ends while an effect runs, and before the supervisor decides on the failure of another agent.
    const isFailed = ({ cause }: Frame) => cause.kind === 'step' && cause.outcome === 'failed'
    const never = process(() => new Promise(() => {}))
    await program.until(atFrame(isFailed, 'cut'), never, async runtime => {
      for (const id of ['p1', 'p2']) await runtime.parties.create({ id })
      for (const [party, it] of [
        ['p1', 'run'],
        ['p2', 'boom'],
      ] as const) {
        const { id } = await runtime.bus.publish(word({ word: it }), { party, correlationId: `run-${it}` })
        ids.push(id)
      }
      await new Promise<never>(() => {})
    })
    const next = program.create(process(() => 1))
    next.bus.subscribe('*', envelope => void reported.push(envelope))
    await next.start()
    await next.idle()
    belongs(reported, ids[0] ?? '', 'run-run', ['effect.started', 'effect.completed'])
    belongs(reported, ids[1] ?? 'unknown', 'run-boom', ['agent.starting', 'agent.restarted'])
  })
})
