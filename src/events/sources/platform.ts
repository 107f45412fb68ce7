import * as z from 'zod'
import { defineEvent, type EventOptions } from '../event.ts'
import {
  agentAdded,
  agentFailed,
  agentRestarted,
  agentStarted,
  agentStopped,
  partyCreated,
  partyQuarantined,
  partyUpdated,
  systemMetrics,
} from '../runtime-events.ts'
import { custom } from './custom.ts'
import { type Echo, echoOf } from './echo.ts'
import { currency, details, durationMs, id, money } from './fields.ts'
import { after, byUser, later, type PublishersOf } from './publisher.ts'

/**
 * The events of an agent platform: workflows, agents, improvements, users, the system. A workflow is a party here. Events that a
 * platform keeps are always journalled. The others are journalled only if a rule such as `importantEvents` says so.
 */

const kept = (description: string, priority = 5): EventOptions => ({ tags: ['platform'], priority, description })
const byRule = (description: string, priority = 5): EventOptions => ({
  ...kept(description, priority),
  persist: 'by-rule',
})

const workflow = { workflowId: id, details: details.default({}) }
const agent = { agentId: id, details: details.default({}) }
const user = { userId: id.optional(), details: details.default({}) }

export const workflowStarted = defineEvent('workflow.started', z.object(workflow), byRule('A workflow begins.'))

export const workflowCompleted = defineEvent(
  'workflow.completed',
  z.object({ ...workflow, result: z.json().optional(), durationMs: durationMs.optional() }),
  kept('A workflow has reached its end.'),
)

export const workflowFailed = defineEvent(
  'workflow.failed',
  z.object({ ...workflow, error: z.string() }),
  kept('A workflow cannot go on.', 2),
)

export const workflowPaused = defineEvent(
  'workflow.paused',
  z.object({ ...workflow, reason: z.string().optional() }),
  byRule('A workflow waits until it is resumed.'),
)

export const workflowResumed = defineEvent(
  'workflow.resumed',
  z.object({ ...workflow, reason: z.string().optional() }),
  byRule('A workflow that was paused goes on.'),
)

export const agentSpawned = defineEvent('agent.spawned', z.object(agent), byRule('An agent was created.'))

export const agentActivated = defineEvent('agent.activated', z.object(agent), byRule('An agent is active in memory.'))

export const agentDeactivated = defineEvent(
  'agent.deactivated',
  z.object({ ...agent, reason: z.string().optional() }),
  byRule('An agent was removed from memory.'),
)

export const agentError = defineEvent(
  'agent.error',
  z.object({ ...agent, error: z.string(), handled: z.string().optional() }),
  kept('An agent failed; `handled` is the type of the event that it was handling.', 3),
)

export const agentOptimized = defineEvent(
  'agent.optimized',
  z.object({ ...agent, improvementPercent: z.number().optional() }),
  byRule('An agent does its work better than before.'),
)

export const patternDiscovered = defineEvent(
  'improvement.pattern_discovered',
  z.object({
    pattern: z.string().min(1),
    confidence: z.number().min(0).max(1).optional(),
    details: details.default({}),
  }),
  kept('A pattern was found: the same thing happens again and again.'),
)

export const improvementApplied = defineEvent(
  'improvement.applied',
  z.object({ improvementId: id, target: z.string().optional(), details: details.default({}) }),
  kept('An improvement is in use.'),
)

export const optimizationCompleted = defineEvent(
  'improvement.optimization_completed',
  z.object({ target: z.string().min(1), durationMs: durationMs.optional(), details: details.default({}) }),
  byRule('A search for an improvement is over.'),
)

export const knowledgeUpdated = defineEvent(
  'improvement.knowledge_updated',
  z.object({ topic: z.string().min(1), source: z.string().optional(), details: details.default({}) }),
  byRule('The knowledge base has changed.'),
)

export const feedbackReceived = defineEvent(
  'user.feedback_received',
  z.object({ ...user, workflowId: id.optional(), rating: z.number().optional(), comment: z.string().default('') }),
  kept('A user gave feedback.'),
)

export const workflowSaved = defineEvent(
  'user.workflow_saved',
  z.object({ ...user, workflowId: id, name: z.string().optional() }),
  byRule('A user keeps a workflow, to run it again.'),
)

export const commandExecuted = defineEvent(
  'user.command_executed',
  z.object({ ...user, command: z.string().min(1), success: z.boolean().default(true) }),
  byRule('A user gave a command, and it was carried out.'),
)

export const costThresholdReached = defineEvent(
  'system.cost_threshold_reached',
  z.object({ scope: z.string().default('all'), spent: money, threshold: money, currency }),
  kept('A limit for cost is near.', 2),
)

export const performanceAlert = defineEvent(
  'system.performance_alert',
  z.object({ metric: z.string().min(1), value: z.number(), threshold: z.number(), details: details.default({}) }),
  kept('A figure of the system is beyond its limit.', 3),
)

export const errorRecovery = defineEvent(
  'system.error_recovery',
  z.object({ component: z.string().min(1), attempt: z.int().min(1).optional(), details: details.default({}) }),
  kept('A part that had failed works again.'),
)

export const healthCheck = defineEvent(
  'system.health_check',
  z.object({ isRunning: z.boolean(), metrics: details }),
  byRule('The health of the system was checked; with its figures.', 8),
)

/**
 * The events of an agent platform.
 *
 * @example
 * createRuntime({ events: [...platformEvents] })
 */
export const platformEvents = [
  workflowStarted,
  workflowCompleted,
  workflowFailed,
  workflowPaused,
  workflowResumed,
  agentSpawned,
  agentActivated,
  agentDeactivated,
  agentError,
  agentOptimized,
  patternDiscovered,
  improvementApplied,
  optimizationCompleted,
  knowledgeUpdated,
  feedbackReceived,
  workflowSaved,
  commandExecuted,
  costThresholdReached,
  performanceAlert,
  errorRecovery,
  healthCheck,
  custom,
] as const

/** Who publishes each of these events. */
export const platformPublishers: PublishersOf<typeof platformEvents> = {
  'workflow.started': after(partyCreated),
  'workflow.completed': after(partyUpdated),
  'workflow.failed': after(partyUpdated, partyQuarantined),
  'workflow.paused': byUser,
  'workflow.resumed': byUser,
  'agent.spawned': after(agentAdded),
  'agent.activated': after(agentStarted),
  'agent.deactivated': after(agentStopped),
  'agent.error': after(agentFailed),
  'agent.optimized': byUser,
  'improvement.pattern_discovered': byUser,
  'improvement.applied': byUser,
  'improvement.optimization_completed': byUser,
  'improvement.knowledge_updated': byUser,
  'user.feedback_received': byUser,
  'user.workflow_saved': byUser,
  'user.command_executed': byUser,
  'system.cost_threshold_reached': later('spend'),
  'system.performance_alert': later('listeners'),
  'system.error_recovery': after(agentRestarted),
  'system.health_check': after(systemMetrics),
  custom: byUser,
}

/**
 * Which of these events `echo` publishes when the runtime reports the same under its own type.
 *
 * @example
 * echo(runtime.bus, platformEchoes)
 */
export const platformEchoes: readonly Echo[] = [
  echoOf(partyCreated, workflowStarted, ({ partyId }) => ({ workflowId: partyId })),
  echoOf(partyUpdated, workflowCompleted, ({ partyId }) => ({ workflowId: partyId }), {
    whenStatusIs: 'completed',
  }),
  echoOf(
    partyUpdated,
    workflowFailed,
    ({ partyId }) => ({ workflowId: partyId, error: 'Its agents failed more often than they may restart.' }),
    { whenStatusIs: 'error' },
  ),
  echoOf(partyQuarantined, workflowFailed, ({ partyId, reason }) => ({ workflowId: partyId, error: reason })),
  echoOf(agentAdded, agentSpawned, ({ address }) => ({ agentId: address })),
  echoOf(agentStarted, agentActivated, ({ address }) => ({ agentId: address })),
  echoOf(agentStopped, agentDeactivated, ({ address, reason }) => ({ agentId: address, reason })),
  echoOf(agentFailed, agentError, ({ address, error, handled }) => ({ agentId: address, error, handled })),
  echoOf(agentRestarted, errorRecovery, ({ address, incarnation }) => ({
    component: address,
    attempt: incarnation - 1,
  })),
  echoOf(systemMetrics, healthCheck, metrics => ({ isRunning: true, metrics })),
]
