import type { EventOf } from 'troupe'
import * as events from 'troupe/events'
import { describe, expect, it } from 'vitest'
import { startRuntime } from '../support/runtime.ts'

/** One of each event that somebody may say of workflows, agents, improvements, users and the system. */
const ofPlatform: readonly EventOf[] = [
  events.workflowStarted({ workflowId: 'w1', details: { user: 'u1' } }),
  events.workflowCompleted({ workflowId: 'w1', result: { seats: 4 } }),
  events.workflowFailed({ workflowId: 'w1', error: 'no seats' }),
  events.workflowPaused({ workflowId: 'w1', reason: 'lunch' }),
  events.workflowResumed({ workflowId: 'w1' }),
  events.agentSpawned({ agentId: 'a1' }),
  events.agentActivated({ agentId: 'a1' }),
  events.agentDeactivated({ agentId: 'a1', reason: 'stopped' }),
  events.agentError({ agentId: 'a1', error: 'boom' }),
  events.agentOptimized({ agentId: 'a1', improvementPercent: 12 }),
  events.patternDiscovered({ pattern: 'mornings' }),
  events.improvementApplied({ improvementId: 'i1' }),
  events.optimizationCompleted({ target: 'search' }),
  events.knowledgeUpdated({ topic: 'trains' }),
  events.feedbackReceived({ userId: 'u1', rating: 5 }),
  events.workflowSaved({ workflowId: 'w1' }),
  events.commandExecuted({ command: 'plan' }),
  events.costThresholdReached({ spent: '9.50', threshold: '10' }),
  events.performanceAlert({ metric: 'waiting', value: 900, threshold: 500 }),
  events.errorRecovery({ component: 'search' }),
  events.healthCheck({ isRunning: true, metrics: {} }),
  events.custom({ name: 'opened', data: { door: 2 } }),
]

const step = { stepName: 'search' }
const outcome = { success: true, durationMs: 12 }
const piece = { ...step, finishReason: 'streaming', tokensUsed: 0 } as const

/** One of each event that a pipeline of steps says. */
const ofPipeline: readonly EventOf[] = [
  events.pipelineStarted({ ...step, pipelineName: 'trips', totalSteps: 2 }),
  events.pipelineCompleted({ ...step, ...outcome, pipelineName: 'trips' }),
  events.stepStarted(step),
  events.stepCompleted({
    ...step,
    ...outcome,
    success: false,
    errorMessage: 'no seats',
    additionalData: { cost: '0.1' },
  }),
  events.stepProgress({ ...step, message: 'half', currentProgress: 1, totalProgress: 2 }),
  events.stepRouting({ ...step, selectedRoute: 'train', routingReason: 'near' }),
  events.stepValidation({ ...step, isValid: true, validationType: 'structural', attemptNumber: 1 }),
  events.llmResponse({ ...step, content: 'four', finishReason: 'stop', tokensUsed: 3, model: 'm', provider: 'p' }),
  events.toolStarted({ ...step, toolName: 'timetable' }),
  events.toolCompleted({ ...step, ...outcome, toolName: 'timetable' }),
  events.tagStarted({ ...step, tagName: 'note' }),
  events.tagCompleted({ ...step, durationMs: 3, tagName: 'note' }),
]

/** What only a user says of a system of agents; the rest is said by the runtime, or echoed. */
const ofSystem: readonly EventOf[] = [
  events.agentMessage({ contentType: 'text/plain', content: 'hello' }),
  events.custom({ name: 'data_updated', data: { entity: 'user-123', field: 'email' } }),
]

const declared = [...new Set([...events.platformEvents, ...events.pipelineEvents, ...events.systemEvents])]

/** What somebody who subscribed to everything was told, and what to say. */
const start = async () => {
  const { runtime } = await startRuntime({ events: declared })
  const told: EventOf[] = []
  const tell = ({ type, data }: EventOf) => void told.push({ type, data })
  return { runtime, told, tell }
}

const rows = (said: readonly EventOf[]) => said.map(event => [event.type, event] as const)

describe.each([
  ['a platform', ofPlatform],
  ['a pipeline', ofPipeline],
  ['a system of agents', ofSystem],
])('of the events of %s', (_, said) => {
  it.each(rows(said))('%s reaches its subscribers with its payload', async (type, event) => {
    const { runtime, told, tell } = await start()
    runtime.bus.subscribe(type, tell)
    await runtime.bus.publish(event)
    expect(told).toEqual([{ type, data: event.data }])
  })
})

it('a platform keeps some of its events in the journal, and not the others', async () => {
  const { runtime, told, tell } = await start()
  for (const event of ofPlatform) await runtime.bus.publish(event)
  await runtime.bus.replay({ type: ofPlatform.map(({ type }) => type) }, tell)
  expect(told.map(({ type }) => type)).toEqual([
    'workflow.completed',
    'workflow.failed',
    'agent.error',
    'improvement.pattern_discovered',
    'improvement.applied',
    'user.feedback_received',
    'system.cost_threshold_reached',
    'system.performance_alert',
    'system.error_recovery',
    'custom',
  ])
})

it.each([
  ['a platform', ofPlatform],
  ['a pipeline', ofPipeline],
])('the rule for important events keeps all urgent events of %s', async (_, all) => {
  const { runtime } = await startRuntime({
    events: [...events.platformEvents, ...events.pipelineEvents],
    persist: events.importantEvents,
  })
  const tell = async (priority: number) => {
    const types = new Set<string>()
    for (const event of all) await runtime.bus.publish(event, { priority })
    await runtime.bus.replay({ type: all.map(({ type }) => type) }, ({ type }) => void types.add(type))
    return types
  }
  expect((await tell(4)).size).toBeLessThan(all.length)
  expect((await tell(3)).size).toBe(all.length)
})

it('the pieces of an answer are told in order, before its end, and kept by nobody', async () => {
  const { runtime } = await start()
  const shown: string[] = []
  runtime.bus.subscribe(events.llmResponse, ({ data }) => {
    shown.push(data.finishReason === 'streaming' ? data.content : `[${data.tokensUsed} tokens]`)
  })
  for (const content of ['four ', 'seats']) await runtime.bus.publish(events.llmResponse({ ...piece, content }))
  await runtime.bus.publish(events.llmResponse({ ...piece, content: '', finishReason: 'stop', tokensUsed: 12 }))
  expect(shown).toEqual(['four ', 'seats', '[12 tokens]'])
  expect(await runtime.bus.replay({ type: events.llmResponse }, () => {})).toMatchObject({ replayed: 0 })
})

it('there is one of every event of a platform and of a pipeline here', () => {
  const types = (group: readonly { readonly type: string }[]) => group.map(({ type }) => type)
  expect(types(ofPlatform)).toEqual(types(events.platformEvents))
  expect(types(ofPipeline)).toEqual(types(events.pipelineEvents))
})
