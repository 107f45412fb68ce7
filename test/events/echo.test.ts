import {
  agentStarted,
  agentTypes,
  createRuntime,
  defineAgent,
  defineEvent,
  type Envelope,
  type EventOf,
  memoryJournal,
  partyDeleted,
  partyUpdated,
  type RuntimeOptions,
  systemTick,
} from 'troupe'
import {
  agentError,
  agentSpawned,
  type EchoBus,
  EchoError,
  type EchoHeard,
  echo,
  echoOf,
  platformEchoes,
  platformEvents,
  systemEchoes,
  systemEvents,
  workflowStarted,
} from 'troupe/events'
import { createSimulatedClock, heldJournal } from 'troupe/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { command, dogAgent, petsParty } from '../support/pets.ts'
import { settle, startRuntime, suiteJournal, suiteScheduler, turn } from '../support/runtime.ts'

const events = [...platformEvents, ...systemEvents]

type Pets = ReturnType<typeof petsParty>
type Options = RuntimeOptions<Pets['initial'], Pets['inputs']['added'], Pets['inputs']['removed']>

/** A party that is complete when its dog has barked. */
const barkingParty = (): Pets => ({ ...petsParty(dogAgent()), completed: ({ barks }) => barks > 0 })

/** A runtime whose echoes are kept from before it starts, and all that is said. */
async function echoing(options: Options = {}) {
  const clock = createSimulatedClock()
  const runtime = createRuntime({
    scheduler: suiteScheduler,
    journal: suiteJournal(),
    clock,
    events,
    party: petsParty(dogAgent()),
    ...options,
  })
  onTestFinished(() => runtime.stop({ timeout: 0 }))
  const running = [echo(runtime.bus, platformEchoes), echo(runtime.bus, systemEchoes)]
  const heard: Envelope[] = []
  runtime.bus.subscribe('*', envelope => void heard.push(envelope))
  await runtime.start()
  const said = (type: string) => heard.filter(one => one.type === type)
  return {
    runtime,
    clock,
    said,
    /** The first of a type, as soon as it is there. */
    first: async (type: string) => {
      await settle()
      expect(said(type).length).toBeGreaterThan(0)
      return said(type)[0]
    },
    stop: () => running.forEach(one => one.stop()),
  }
}

const none: { patients: readonly string[] } = { patients: [] }
/** Remembers who failed. */
const nurse = defineAgent({
  name: 'nurse',
  hears: [agentError],
  says: [],
  machine: setup({ types: agentTypes({ context: none, hears: [agentError], says: [] }) }).createMachine({
    context: none,
    on: {
      'agent.error': {
        actions: assign(({ context, event }) => ({ patients: [...context.patients, event.data.agentId] })),
      },
    },
  }),
})

describe('an echo', () => {
  it('tells of the birth of the system', async () => {
    const { first } = await echoing()
    expect(await first('system.created')).toMatchObject({ data: {}, source: 'runtime' })
    expect(await first('system.user_agents_registered')).toMatchObject({ data: {} })
  })

  it('tells of a party as of a workflow, in that party, once for each time it is complete', async () => {
    const { runtime, first, said } = await echoing({ party: barkingParty() })
    const party = await runtime.parties.create({ id: 'p1' })
    expect(await first('workflow.started')).toMatchObject({ data: { workflowId: 'p1' }, party: 'p1' })
    for (const word of ['one', 'two', 'three']) await runtime.bus.publish(command({ word }), { party: 'p1' })
    await party.idle()
    expect(await first('workflow.completed')).toMatchObject({ data: { workflowId: 'p1' }, party: 'p1' })
    const statuses = said('system.party.updated').map(({ data }) => data)
    expect(statuses.slice(-2)).toMatchObject([{ status: 'completed' }, { status: 'completed' }])
    expect(said('workflow.completed')).toHaveLength(1)
  })

  it('tells of it again when a party of the same name is complete', async () => {
    const { runtime, said } = await echoing({ party: barkingParty() })
    for (const times of [1, 2]) {
      const party = await runtime.parties.create({ id: 'p1' })
      await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
      await party.idle()
      await settle()
      expect(said('workflow.completed')).toHaveLength(times)
      await runtime.parties.delete('p1')
    }
    expect(said('workflow.completed')).toHaveLength(2)
  })

  it('tells of a party that gave up as of a workflow that failed, outside it', async () => {
    const { runtime, first, said } = await echoing({ intensity: { max: 0, within: 1_000 } })
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'boom' }), { party: 'p1' })
    const failed = await first('workflow.failed')
    expect(failed).toMatchObject({ data: { workflowId: 'p1', error: expect.stringContaining('restart') } })
    expect(failed?.party).toBeUndefined()
    expect(said('workflow.failed')).toHaveLength(1)
  })

  it('tells of a party that is quarantined as of a workflow that failed', async () => {
    const journal = heldJournal()
    const { runtime, first } = await echoing({ journal })
    const party = await runtime.parties.create({ id: 'p1' })
    journal.failFor('party/p1', new Error('disk full'))
    await expect(party.addInput('ball')).rejects.toMatchObject({ code: 'JOURNAL_APPEND' })
    expect(await first('workflow.failed')).toMatchObject({
      data: { workflowId: 'p1', error: expect.stringContaining('disk full') },
    })
  })

  it('tells of the life of an agent under the names of a platform', async () => {
    const { runtime, first } = await echoing()
    await runtime.parties.create({ id: 'p1' })
    const about = { data: { agentId: 'party/p1/dog' }, party: 'p1' }
    expect(await first('agent.spawned')).toMatchObject(about)
    expect(await first('agent.created')).toMatchObject({ data: { address: 'party/p1/dog' }, party: 'p1' })
    expect(await first('agent.activated')).toMatchObject(about)
    await runtime.parties.get('p1').agent('dog').stop()
    expect(await first('agent.deactivated')).toMatchObject({
      data: { ...about.data, reason: 'stopped' },
      party: 'p1',
    })
  })

  it('tells of an agent that fails and works again, joined to what it failed on', async () => {
    const { runtime, first } = await echoing()
    await runtime.parties.create({ id: 'p1' })
    const { correlationid } = await runtime.bus.publish(command({ word: 'boom' }), { party: 'p1' })
    expect(await first('agent.error')).toMatchObject({
      data: { agentId: 'party/p1/dog', error: 'boom', handled: 'pets.command' },
      party: 'p1',
      correlationid,
    })
    expect(await first('system.error_recovery')).toMatchObject({
      data: { component: 'party/p1/dog', attempt: 1 },
      party: 'p1',
    })
  })

  it('tells of the health of the system by the figures that the runtime sums up', async () => {
    const { clock, first, runtime } = await echoing({ pulse: { every: 100, metricsEvery: 2 } })
    await settle()
    expect(clock.pending).toBeGreaterThan(0)
    clock.advance(200)
    const { tick, parties } = { tick: 2, parties: 0 }
    expect(await first('system.health_check')).toMatchObject({ data: { isRunning: true, metrics: { tick, parties } } })
    expect(runtime.bus.history({ type: 'system.health_check' })).toHaveLength(1)
  })
})

describe('echoes', () => {
  it('are heard by agents of the same party', async () => {
    const { runtime, first } = await echoing({ party: petsParty(dogAgent(), nurse) })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.parties.create({ id: 'p2' })
    await runtime.bus.publish(command({ word: 'boom' }), { party: 'p1' })
    await first('agent.error')
    await runtime.idle()
    expect(party.agent('nurse').snapshot()?.context).toEqual({ patients: ['party/p1/dog'] })
    expect(runtime.parties.get('p2').agent('nurse').snapshot()?.context).toEqual({ patients: [] })
  })

  it('say nothing any more once they are stopped', async () => {
    const { runtime, said, stop, first } = await echoing()
    await first('system.created')
    stop()
    await runtime.parties.create({ id: 'p1' })
    await runtime.idle()
    expect(said('agent.added')).toHaveLength(1)
    expect(said('agent.spawned')).toEqual([])
  })

  it('of a party that is being deleted are said outside it', async () => {
    const { runtime, first } = await echoing()
    await runtime.parties.create({ id: 'p1' })
    await runtime.parties.delete('p1')
    const left = await first('agent.deactivated')
    expect(left).toMatchObject({ data: { agentId: 'party/p1/dog' }, source: 'runtime' })
    expect(left?.party).toBeUndefined()
  })

  it('that cannot be said are warnings, and harm nobody', async () => {
    const { runtime } = await startRuntime({ party: petsParty(dogAgent()) })
    echo(runtime.bus, platformEchoes)
    const warnings: string[] = []
    runtime.bus.errors(({ data }) => void warnings.push(`${data.severity} ${data.code}`))
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(command({ word: 'sit' }), { party: 'p1' })
    await party.idle()
    await settle()
    expect(warnings).toEqual(Array.from({ length: 3 }, () => 'warning SUBSCRIBER_FAILED'))
    expect(party.state.barks).toBe(1)
  })

  it('are not missed when the runtime stops: it takes nothing any more, and reports nothing', async () => {
    const { runtime, said } = await echoing()
    await runtime.parties.create({ id: 'p1' })
    await runtime.idle()
    await runtime.stop()
    expect(said('agent.stopped')).toHaveLength(1)
    expect(said('agent.deactivated')).toEqual([])
    expect(said('system.error')).toEqual([])
  })

  it('never answer one another', () => {
    expect(() => echoOf(agentSpawned, workflowStarted, ({ agentId }) => ({ workflowId: agentId }))).toThrow(EchoError)
    expect(() => echoOf(agentStarted, systemTick, ({ incarnation }) => ({ tick: incarnation }))).toThrow(EchoError)
  })

  it('forget a party that is deleted', async () => {
    const told: string[] = []
    const hearing = new Map<string, ((heard: EchoHeard) => unknown)[]>()
    const bus: EchoBus = {
      subscribe(type, subscriber) {
        hearing.set(type, [...(hearing.get(type) ?? []), subscriber])
        return { unsubscribe: () => hearing.delete(type) }
      },
      publish: async ({ type }) => void told.push(type),
    }
    const tell = (event: EventOf) => {
      for (const hear of hearing.get(event.type) ?? []) hear({ ...event, correlationid: 'c1' })
    }
    echo(bus, platformEchoes)
    const completed = partyUpdated({ partyId: 'p1', version: 1, status: 'completed' })
    for (const event of [completed, completed, partyDeleted({ partyId: 'p1' }), completed]) tell(event)
    expect(told).toEqual(['workflow.completed', 'workflow.completed'])
  })

  it('can be made for an event that no group has', async () => {
    const welcomed = defineEvent('pets.welcomed', z.object({ name: z.string() }))
    const { runtime, first } = await echoing({ events: [...events, welcomed] })
    echo(runtime.bus, [echoOf(agentStarted, welcomed, ({ address }) => ({ name: address }))])
    await runtime.parties.create({ id: 'p1' })
    expect(await first('pets.welcomed')).toMatchObject({ data: { name: 'party/p1/dog' }, party: 'p1' })
  })
})

it('an echo misses no event of a burst', async () => {
  const welcomed = defineEvent('x.welcomed', z.object({ address: z.string() }))
  const quiet = defineAgent({
    name: 'quiet',
    hears: [],
    says: [],
    machine: setup({ types: agentTypes({ context: {}, hears: [], says: [] }) }).createMachine({ context: {} }),
  })
  const inner = memoryJournal()
  const runtime = createRuntime({
    scheduler: suiteScheduler,
    clock: createSimulatedClock(),
    events: [welcomed],
    journal: {
      ...inner,
      async append(...frames) {
        await turn()
        await inner.append(...frames)
      },
    },
  })
  onTestFinished(() => runtime.stop({ timeout: 0 }))
  let said = 0
  runtime.bus.subscribe(welcomed, () => void said++)
  echo(runtime.bus, [echoOf(agentStarted, welcomed, ({ address }) => ({ address }))])
  await runtime.start()
  const count = 3_000
  await Promise.all(Array.from({ length: count }, (_, n) => runtime.spawn(quiet, { name: `q${n}` })))
  await settle()
  expect(said).toBe(count)
}, 60_000)
