import * as z from 'zod'
import { defineEvent, type EventOptions } from '../event.ts'
import { count, currency, details, id, money, severity } from './fields.ts'

/** The events about what models cost. They belong to the group `aiEvents`. */

const aboutMoney = (description: string, priority = 5): EventOptions => ({
  tags: ['ai', 'money'],
  priority,
  description,
})

const spender = { userId: id.optional(), conversationId: id.optional(), messageId: id.optional() }

export const costCalculated = defineEvent(
  'ai.cost.calculated',
  z.object({
    ...spender,
    provider: z.string(),
    model: z.string(),
    cost: money,
    currency,
    inputTokens: count,
    outputTokens: count,
  }),
  aboutMoney('The cost of a message or a conversation was calculated.'),
)

export const costAnomalyDetected = defineEvent(
  'ai.cost.anomaly_detected',
  z.object({
    userId: id.optional(),
    currentCost: money,
    averageCost: money,
    currency,
    /** Current by average cost: 3 and more is moderate, 5 high, 10 extreme. */
    multiplier: z.number().nonnegative(),
    anomalyType: z.enum(['minor', 'moderate', 'high', 'extreme']),
    severity,
    costData: details,
    metadata: details.default({}),
  }),
  aboutMoney('Something cost far more than usual.', 3),
)

export const costTrackingFailed = defineEvent(
  'ai.cost.tracking_failed',
  z.object({
    ...spender,
    provider: z.string().optional(),
    model: z.string().optional(),
    error: z.string(),
    severity: severity.exclude(['critical']),
    context: details.default({}),
  }),
  aboutMoney('A cost could not be calculated.', 3),
)

export const budgetThresholdReached = defineEvent(
  'ai.budget.threshold_reached',
  z.object({
    userId: id.optional(),
    budgetType: z.enum(['per_request', 'daily', 'weekly', 'monthly', 'yearly', 'project', 'organization']),
    currentSpending: money,
    budgetLimit: money,
    currency,
    /** How much of the limit is spent, in percent. */
    percentage: z.number().nonnegative(),
    severity: z.enum(['warning', 'critical', 'exceeded']),
  }),
  aboutMoney('A spending limit is near or exceeded.', 2),
)
