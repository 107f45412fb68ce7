import * as z from 'zod'
import { defineEvent } from './event.ts'

/**
 * What the runtime says about itself. None is journalled: the frames they tell of are. A subscriber hears them once their
 * frame is durable, an agent that lists them in `hears` at once.
 */

const told = { persist: false }
const agent = { address: z.string(), incarnation: z.int() }

export const systemStarting = defineEvent('system.starting', z.object({}), told)
export const systemStarted = defineEvent('system.started', z.object({}), told)
export const systemStopping = defineEvent('system.stopping', z.object({}), told)
export const systemStopped = defineEvent('system.stopped', z.object({ drained: z.boolean() }), told)

/** `warning` is a note, `error` abandons the work at hand, `critical` stops the system in order. */
export const systemError = defineEvent(
  'system.error',
  z.object({
    severity: z.enum(['warning', 'error', 'critical']),
    code: z.string(),
    message: z.string(),
    address: z.string().optional(),
  }),
  told,
)

export const partyCreated = defineEvent('system.party.created', z.object({ partyId: z.string() }), told)
export const partyDeleted = defineEvent('system.party.deleted', z.object({ partyId: z.string() }), told)
export const partyQuarantined = defineEvent(
  'system.party.quarantined',
  z.object({ partyId: z.string(), reason: z.string() }),
  told,
)

export const agentStarted = defineEvent('agent.started', z.object(agent), told)
export const agentStopped = defineEvent(
  'agent.stopped',
  z.object({ ...agent, reason: z.enum(['stopped', 'done', 'failed', 'escalated']) }),
  told,
)
export const agentFailed = defineEvent(
  'agent.failed',
  z.object({ ...agent, handled: z.string(), error: z.string() }),
  told,
)
export const agentRestarted = defineEvent('agent.restarted', z.object(agent), told)
export const agentEscalated = defineEvent(
  'agent.escalated',
  z.object({ ...agent, restarts: z.int(), within: z.number() }),
  told,
)

const askFields = { type: z.string(), from: z.string(), to: z.string(), key: z.string() }
export const askSucceeded = defineEvent('ask.succeeded', z.object(askFields), told)
export const askFailed = defineEvent(
  'ask.failed',
  z.object({ ...askFields, code: z.string(), error: z.string() }),
  told,
)

export const deadLettered = defineEvent(
  'system.dead_letter',
  z.object({ id: z.string(), type: z.string(), to: z.string(), reason: z.string() }),
  told,
)

/** Every event of the runtime, for its catalogue. */
export const runtimeEvents = [
  systemStarting,
  systemStarted,
  systemStopping,
  systemStopped,
  systemError,
  partyCreated,
  partyDeleted,
  partyQuarantined,
  agentStarted,
  agentStopped,
  agentFailed,
  agentRestarted,
  agentEscalated,
  askSucceeded,
  askFailed,
  deadLettered,
] as const
