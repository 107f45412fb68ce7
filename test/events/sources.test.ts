import { createRuntime, defineCatalog, type EventDefinition, EventPayloadError, runtimeEvents } from 'troupe'
import * as planner from 'troupe/agents'
import * as events from 'troupe/events'
import { describe, expect, it } from 'vitest'
import { definitionsIn } from '../support/definitions.ts'

const { aiEvents, pipelineEvents, platformEvents, systemEvents } = events
const groups: Readonly<Record<string, readonly EventDefinition[]>> = {
  ai: aiEvents,
  platform: platformEvents,
  pipeline: pipelineEvents,
  system: systemEvents,
}
const publishers = {
  ...events.aiPublishers,
  ...events.platformPublishers,
  ...events.pipelinePublishers,
  ...events.systemPublishers,
}
const echoes = [...events.platformEchoes, ...events.systemEchoes]

describe('the ready event groups', () => {
  it('have as many events as the systems that they come from', () => {
    const sizes = Object.entries(groups).map(([name, group]) => [name, new Set(group.map(({ type }) => type)).size])
    expect(Object.fromEntries(sizes)).toEqual({ ai: 23, platform: 22, pipeline: 12, system: 32 })
    for (const group of Object.values(groups)) expect(group).toHaveLength(new Set(group).size)
  })

  it('can all be declared at one time, with the events of the party planner', async () => {
    const all = [...aiEvents, ...platformEvents, ...pipelineEvents, ...systemEvents]
    expect(defineCatalog([...all, ...definitionsIn(planner)]).definitions.length).toBeGreaterThan(80)
    const runtime = await createRuntime({ party: planner.partyPlanner, events: all }).start()
    await runtime.bus.publish(events.custom({ name: 'opened' }))
    await runtime.stop()
  })

  it('list the very definition of the runtime where it says the same fact', () => {
    const own = new Set<unknown>(runtimeEvents)
    const types = new Set<string>(runtimeEvents.map(({ type }) => type))
    const twins = Object.values(groups)
      .flat()
      .filter(one => types.has(one.type) && !own.has(one))
    expect(twins).toEqual([])
    expect(systemEvents.filter(one => own.has(one)).length).toBe(17)
  })

  it('export every definition that they list', () => {
    const exported = new Set<unknown>([...definitionsIn(events), ...runtimeEvents])
    expect(Object.values(groups).flatMap(group => group.filter(one => !exported.has(one)))).toEqual([])
  })
})

describe('who publishes', () => {
  it('is known of every event', () => {
    const types = new Set(Object.values(groups).flatMap(group => group.map(({ type }) => type)))
    expect(new Set(Object.keys(publishers))).toEqual(types)
  })

  it('is the runtime for its own events, and for those that echo them', () => {
    const said = Object.fromEntries(
      Object.entries(publishers).flatMap(([type, one]) => (one.by === 'runtime' ? [[type, one.follows]] : [])),
    )
    const expected = new Map<string, Set<string>>()
    for (const { type } of systemEvents) if (runtimeEvents.some(own => own.type === type)) expected.set(type, new Set())
    for (const { from, to } of echoes) expected.set(to.type, new Set([...(expected.get(to.type) ?? []), from.type]))
    expect(said).toEqual(Object.fromEntries([...expected].map(([type, from]) => [type, [...from]])))
  })
})

describe('the payloads', () => {
  it('say money as decimal strings only', () => {
    const spent = { provider: 'p', model: 'm', inputTokens: 1, outputTokens: 2 }
    expect(events.costCalculated({ ...spent, cost: '0.0125' }).data).toMatchObject({ cost: '0.0125', currency: 'USD' })
    for (const cost of ['1e3', '-1', '.5', '1.', '', '1,5'])
      expect(() => events.costCalculated({ ...spent, cost })).toThrow(EventPayloadError)
    const cost: unknown = 0.0125
    expect(() => Reflect.apply(events.costCalculated, undefined, [{ ...spent, cost }])).toThrow(EventPayloadError)
  })

  it('drop the keys that they do not know', () => {
    const given = { workflowId: 'w1', colour: 'green' }
    expect(events.workflowStarted(given).data).toEqual({ workflowId: 'w1', details: {} })
  })

  it('carry anything that JSON can, under any name', () => {
    expect(events.custom({ name: 'moved', data: { x: 1, path: [null, 'a'] } }).data).toEqual({
      name: 'moved',
      data: { x: 1, path: [null, 'a'] },
    })
    expect(() => events.custom({ name: '' })).toThrow(EventPayloadError)
  })

  it('tell a piece of an answer from its end, and a thought from an answer', () => {
    const piece = events.llmResponse({ stepName: 'ask', content: 'Hel', finishReason: 'streaming', tokensUsed: 0 })
    expect(piece.data).toMatchObject({ suppressFromUser: false, isThinking: false })
    expect(events.llmResponse.persist).toBe('by-rule')
  })

  it('count urgency as everything else here does: 1 is most urgent', () => {
    expect([10, 5, 1].map(events.priorityOf)).toEqual([1, 6, 10])
    for (const urgency of [0, 11, 2.5]) expect(() => events.priorityOf(urgency)).toThrow(/is no priority/)
  })
})
