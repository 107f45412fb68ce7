import * as z from 'zod'
import { defineEvent, type EventOptions } from '../event.ts'
import { count, details, durationMs } from './fields.ts'
import { later, type PublishersOf } from './publisher.ts'

/** The events of a pipeline: its steps, the answers of its models, and the tools and streamed tags that they use. */

const said = (description: string, options: EventOptions = {}): EventOptions => ({
  tags: ['pipeline'],
  ...options,
  description,
})
/** Pieces of something that is still going on. */
const passing: EventOptions = { persist: 'by-rule', priority: 7 }

const base = {
  stepName: z.string().min(1),
  /** Logged, but not shown to the user. */
  suppressFromUser: z.boolean().default(false),
}
const additional = { additionalData: details.optional() }
const outcome = { success: z.boolean(), durationMs, errorMessage: z.string().optional() }

export const pipelineStarted = defineEvent(
  'pipeline.started',
  z.object({ ...base, pipelineName: z.string().min(1), totalSteps: count }),
  said('A pipeline begins with its first step.'),
)

export const pipelineCompleted = defineEvent(
  'pipeline.completed',
  z.object({ ...base, pipelineName: z.string().min(1), ...outcome }),
  said('A pipeline has ended, successfully or not.'),
)

export const stepStarted = defineEvent(
  'step.started',
  z.object({ ...base, attemptNumber: z.int().min(1).default(1), ...additional }),
  said('A step of a pipeline begins, or is repeated.'),
)

export const stepCompleted = defineEvent(
  'step.completed',
  z.object({ ...base, ...outcome, ...additional }),
  said('A step of a pipeline has ended, successfully or not.'),
)

export const stepProgress = defineEvent(
  'step.progress',
  z.object({
    ...base,
    message: z.string(),
    currentProgress: count.optional(),
    totalProgress: count.optional(),
    metadata: details.optional(),
  }),
  said('A step reports its progress.', passing),
)

export const stepRouting = defineEvent(
  'step.routing',
  z.object({ ...base, selectedRoute: z.string(), routingReason: z.string() }),
  said('A step chose which step comes next.'),
)

export const stepValidation = defineEvent(
  'step.validation',
  z.object({
    ...base,
    isValid: z.boolean(),
    validationError: z.string().optional(),
    validationType: z.enum(['structural', 'semantic']),
    attemptNumber: z.int().min(1),
  }),
  said('The result of a step was checked.'),
)

export const llmResponse = defineEvent(
  'llm.response',
  z.object({
    ...base,
    content: z.string(),
    /** `streaming`: a piece, and more will come. */
    finishReason: z.enum(['streaming', 'stop', 'length', 'tool_calls', 'content_filter', 'other']),
    /** The word that the provider itself used. */
    rawFinishReason: z.string().optional(),
    tokensUsed: count,
    model: z.string().optional(),
    provider: z.string().optional(),
    /** Thoughts of the model rather than its answer. */
    isThinking: z.boolean().default(false),
  }),
  said('A model answers: a piece of its answer, or the end of it.', passing),
)

export const toolStarted = defineEvent(
  'tool.started',
  z.object({ ...base, toolName: z.string().min(1), ...additional }),
  said('A tool that a model called begins to run.'),
)

export const toolCompleted = defineEvent(
  'tool.completed',
  z.object({ ...base, toolName: z.string().min(1), ...outcome, ...additional }),
  said('A tool has ended, successfully or not.'),
)

export const tagStarted = defineEvent(
  'tag.started',
  z.object({
    ...base,
    tagName: z.string().min(1),
    attributes: z.record(z.string(), z.string()).optional(),
    ...additional,
  }),
  said('A tag opened in a streamed answer, and its action begins.'),
)

export const tagCompleted = defineEvent(
  'tag.completed',
  z.object({ ...base, tagName: z.string().min(1), ...outcome, success: z.boolean().default(true), ...additional }),
  said('The action of a tag in a streamed answer has ended, successfully or not.'),
)

/**
 * The events of a pipeline.
 *
 * @example
 * createRuntime({ events: [...pipelineEvents] })
 */
export const pipelineEvents = [
  pipelineStarted,
  pipelineCompleted,
  stepStarted,
  stepCompleted,
  stepProgress,
  stepRouting,
  stepValidation,
  llmResponse,
  toolStarted,
  toolCompleted,
  tagStarted,
  tagCompleted,
] as const

/** Who publishes each of these events. */
export const pipelinePublishers: PublishersOf<typeof pipelineEvents> = {
  'pipeline.started': later('pipeline'),
  'pipeline.completed': later('pipeline'),
  'step.started': later('pipeline'),
  'step.completed': later('pipeline'),
  'step.progress': later('pipeline'),
  'step.routing': later('pipeline'),
  'step.validation': later('pipeline'),
  'llm.response': later('model calls'),
  'tool.started': later('model calls'),
  'tool.completed': later('model calls'),
  'tag.started': later('model calls'),
  'tag.completed': later('model calls'),
}
