import * as z from 'zod'
import { defineEvent, type EventOptions } from '../event.ts'
import { budgetThresholdReached, costAnomalyDetected, costCalculated, costTrackingFailed } from './ai-money.ts'
import { count, details, durationMs, id, severity } from './fields.ts'
import { byUser, later, type PublishersOf } from './publisher.ts'

/**
 * The events of an application that uses models: messages, answers, conversations, money, functions, actions, providers. Some
 * systems count urgency upwards (10 is most urgent). Here 1 is most urgent, as everywhere; `priorityOf` converts.
 */

const ai = (description: string, options: EventOptions = {}): EventOptions => ({
  tags: ['ai'],
  ...options,
  description,
})
/** A report for information only; no agent depends on it. */
const report: EventOptions = { persist: 'by-rule', priority: 8 }

const role = z.enum(['system', 'user', 'assistant', 'tool'])
const message = z.object({
  id,
  conversationId: id.optional(),
  userId: id.optional(),
  role,
  content: z.string(),
  metadata: details.default({}),
})
const conversation = z.object({
  id,
  userId: id.optional(),
  title: z.string().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  metadata: details.default({}),
})
const response = z.object({
  content: z.string(),
  provider: z.string(),
  model: z.string(),
  inputTokens: count,
  outputTokens: count,
  finishReason: z.string().optional(),
  metadata: details.default({}),
})

export const messageSent = defineEvent(
  'ai.message.sent',
  z.object({
    message,
    middlewareApplied: z.array(z.string()).default([]),
    mcpServersUsed: z.array(z.string()).default([]),
    processingTimeMs: durationMs.default(0),
  }),
  ai('A message of a user was sent to a model.'),
)

export const messageAdded = defineEvent(
  'ai.message.added',
  z.object({ conversation, message }),
  ai('A message was added to a conversation.'),
)

export const responseGenerated = defineEvent(
  'ai.response.generated',
  z.object({
    message,
    response,
    context: details.default({}),
    totalProcessingTimeMs: durationMs.default(0),
    providerMetadata: details.default({}),
  }),
  ai('A model has answered, and the answer is ready for its reader.'),
)

export const conversationCreated = defineEvent(
  'ai.conversation.created',
  z.object({ conversation }),
  ai('A conversation begins.'),
)

export const conversationUpdated = defineEvent(
  'ai.conversation.updated',
  z.object({
    conversation,
    updateType: z.enum(['message_added', 'context_updated', 'metadata_changed']),
    changes: details.default({}),
  }),
  ai('A conversation has changed: a message, its context, or its metadata.'),
)

export const usageAnalyticsRecorded = defineEvent(
  'ai.usage.recorded',
  z.object({
    analyticsData: details,
    period: z.enum(['real_time', 'hourly', 'daily', 'weekly', 'monthly']),
    aggregationType: z.enum(['user', 'provider', 'model', 'organization']),
  }),
  ai('Usage figures were recorded for reports.', report),
)

const call = {
  functionName: z.string().min(1),
  parameters: details,
  userId: id.optional(),
  conversationId: id.optional(),
  messageId: id.optional(),
  context: details.default({}),
}

export const functionCallRequested = defineEvent(
  'ai.function.requested',
  z.object(call),
  ai('A model requests a function in the background, and does not wait for its result.'),
)

export const functionCalled = defineEvent(
  'ai.function.called',
  z.object(call),
  ai('A function that a model may call begins to run.'),
)

export const functionCompleted = defineEvent(
  'ai.function.completed',
  z.object({ ...call, result: z.json(), executionTimeMs: durationMs }),
  ai('A function that a model called has returned.'),
)

export const functionFailed = defineEvent(
  'ai.function.failed',
  z.object({ ...call, error: z.string(), executionTimeMs: durationMs }),
  ai('A function that a model called has failed.', { priority: 3 }),
)

export const mcpToolExecuted = defineEvent(
  'ai.tool.executed',
  z.object({
    serverName: z.string().min(1),
    toolName: z.string().min(1),
    parameters: details,
    result: details,
    executionTimeMs: durationMs,
    userId: id.optional(),
    success: z.boolean().default(true),
    error: z.string().optional(),
  }),
  ai('A tool of an MCP server has run, successfully or not.'),
)

export const agentActionRequested = defineEvent(
  'ai.action.requested',
  z.object({
    action: z.string().min(1),
    parameters: details,
    originalMessage: message,
    response,
    context: details.default({}),
    /** 1 is most urgent. 6 corresponds to 5 on a scale on which 10 is most urgent. */
    priority: z.int().min(1).max(10).default(6),
  }),
  ai('An answer requests an action in the world: a mail, a meeting, a task.'),
)

export const agentActionCompleted = defineEvent(
  'ai.action.completed',
  z.object({
    action: z.string().min(1),
    parameters: details,
    success: z.boolean(),
    result: details.default({}),
    error: z.string().optional(),
    executionTimeMs: durationMs.default(0),
  }),
  ai('An action has ended, successfully or not.'),
)

export const externalIntegrationTriggered = defineEvent(
  'ai.integration.triggered',
  z.object({
    integrationType: z.enum(['webhook', 'api_call', 'database_update']),
    endpoint: z.string().min(1),
    payload: details,
    headers: z.record(z.string(), z.string()).default({}),
    retryAttempts: count.default(3),
  }),
  ai('Another system has to be notified.'),
)

export const providerSwitched = defineEvent(
  'ai.provider.switched',
  z.object({
    conversationId: id,
    fromProvider: z.string(),
    toProvider: z.string(),
    reason: z.enum(['user_request', 'fallback', 'cost_optimization']),
    context: details.default({}),
  }),
  ai('A conversation goes on with another provider.'),
)

export const providerFallbackTriggered = defineEvent(
  'ai.provider.fallback_triggered',
  z.object({
    conversation,
    failedProvider: z.string().optional(),
    fallbackProvider: z.string(),
    error: z.string(),
    attemptNumber: z.int().min(1),
  }),
  ai('A provider failed, and the next one is tried.', { priority: 3 }),
)

export const modelSynced = defineEvent(
  'ai.models.synced',
  z.object({
    provider: z.string(),
    modelsAdded: count,
    modelsUpdated: count,
    modelsRemoved: count,
    syncDetails: details.default({}),
  }),
  ai("The list of a provider's models was updated."),
)

export const performanceAlertTriggered = defineEvent(
  'ai.performance.alert_triggered',
  z.object({
    severity: z.enum(['info', 'warning', 'critical']).default('info'),
    component: z.string(),
    message: z.string(),
    metric: z.string(),
    value: z.number(),
    threshold: z.number(),
    context: details.default({}),
    systemInfo: details.default({}),
  }),
  ai('A performance figure passed its threshold.', { priority: 3 }),
)

export const performanceThresholdExceeded = defineEvent(
  'ai.performance.threshold_exceeded',
  z.object({
    component: z.enum(['event_processing', 'listener_execution', 'queue_job', 'middleware_execution']),
    componentName: z.string(),
    durationMs,
    thresholdMs: durationMs,
    /** How far above the threshold, in percent. */
    exceededPercentage: z.number().nonnegative(),
    severity,
    context: details.default({}),
  }),
  ai('A piece of work took longer than its limit.', report),
)

/**
 * The events of an application that uses models.
 *
 * @example
 * createRuntime({ events: [...aiEvents] })
 */
export const aiEvents = [
  messageSent,
  messageAdded,
  responseGenerated,
  conversationCreated,
  conversationUpdated,
  costCalculated,
  costAnomalyDetected,
  costTrackingFailed,
  budgetThresholdReached,
  usageAnalyticsRecorded,
  functionCallRequested,
  functionCalled,
  functionCompleted,
  functionFailed,
  mcpToolExecuted,
  agentActionRequested,
  agentActionCompleted,
  externalIntegrationTriggered,
  providerSwitched,
  providerFallbackTriggered,
  modelSynced,
  performanceAlertTriggered,
  performanceThresholdExceeded,
] as const

/** Who publishes each of these events. */
export const aiPublishers: PublishersOf<typeof aiEvents> = {
  'ai.message.sent': later('model calls'),
  'ai.message.added': later('model calls'),
  'ai.response.generated': later('model calls'),
  'ai.conversation.created': later('model calls'),
  'ai.conversation.updated': later('model calls'),
  'ai.cost.calculated': later('spend'),
  'ai.cost.anomaly_detected': later('spend'),
  'ai.cost.tracking_failed': later('spend'),
  'ai.budget.threshold_reached': later('spend'),
  'ai.usage.recorded': later('listeners'),
  'ai.function.requested': byUser,
  'ai.function.called': later('model calls'),
  'ai.function.completed': later('model calls'),
  'ai.function.failed': later('model calls'),
  'ai.tool.executed': later('model calls'),
  'ai.action.requested': later('actions'),
  'ai.action.completed': later('actions'),
  'ai.integration.triggered': later('listeners'),
  'ai.provider.switched': later('providers'),
  'ai.provider.fallback_triggered': later('providers'),
  'ai.models.synced': later('providers'),
  'ai.performance.alert_triggered': later('listeners'),
  'ai.performance.threshold_exceeded': later('listeners'),
}
