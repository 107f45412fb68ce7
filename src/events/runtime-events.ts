import * as z from 'zod'
import { defineOwnEvent, type EventOptions } from './event.ts'

/**
 * The events that the runtime reports about itself. They are not journalled, because the frames that they report are. A
 * subscriber gets an event when its frame is durable; an agent that lists it in `hears` gets it at once.
 */

const described = (description: string): EventOptions => ({ persist: false, description })
const agent = { address: z.string(), incarnation: z.int() }

export const systemStarting = defineOwnEvent(
  'system.starting',
  () => z.object({}),
  described('The runtime begins to start its agents.'),
)
export const systemRecovered = defineOwnEvent(
  'system.recovered',
  () => z.object({ parties: z.int(), quarantined: z.int(), durationMs: z.number() }),
  described('Recovery has ended: how many parties of the last process continue, and how many cannot.'),
)
export const systemStarted = defineOwnEvent(
  'system.started',
  () => z.object({}),
  described('The agents outside the parties run; parties can be created.'),
)
export const systemStopping = defineOwnEvent(
  'system.stopping',
  () => z.object({}),
  described('The runtime takes no more work.'),
)
export const systemStopped = defineOwnEvent(
  'system.stopped',
  () => z.object({ drained: z.boolean() }),
  described('Everything is stopped; `drained` says whether all work under way was finished.'),
)

export const systemTick = defineOwnEvent(
  'system.tick',
  () => z.object({ tick: z.int() }),
  described(
    'Time passes: every 100 ms by default, while there is a listener. Only listeners that name this type get it.',
  ),
)

const count = z.int().nonnegative()
export const systemMetrics = defineOwnEvent(
  'system.metrics',
  () =>
    z.object({
      tick: count,
      parties: count,
      /** Agents that are not stopped. */
      agents: count,
      // The same figures as in `bus.metrics()`.
      offered: count,
      accepted: count,
      rejected: count,
      created: count,
      handled: count,
      ignored: count,
      failed: count,
      dead: count,
      coalesced: count,
      waiting: count,
      spilled: count,
      age: z.number(),
      busy: z.number(),
      deadLetters: count,
      pendingAsks: count,
      subscribers: z.object({
        subscriptions: count,
        delivered: count,
        failed: count,
        missed: count,
        expired: count,
        queued: count,
        undelivered: count,
      }),
      rateLimits: z.object({ rejected: count, delayed: count, waiting: count }),
      transforms: z.record(z.string(), z.object({ applied: count, filtered: count, failed: count })),
    }),
  described(
    'The figures so far, every 60 ticks by default, while there is a listener. Only listeners that name this type get it.',
  ),
)

export const systemError = defineOwnEvent(
  'system.error',
  () =>
    z.object({
      severity: z.enum(['warning', 'error', 'critical']),
      code: z.string(),
      message: z.string(),
      address: z.string().optional(),
      stack: z.string().optional(),
    }),
  described(
    '`warning` is a note, `error` gives up the work at hand, `critical` stops the system in order, whichever source it has; `stack` shows where the error was thrown, and its cause.',
  ),
)

export const partyCreated = defineOwnEvent(
  'system.party.created',
  () => z.object({ partyId: z.string() }),
  described('A party was created, with all its agents and first inputs.'),
)
export const partyDeleted = defineOwnEvent(
  'system.party.deleted',
  () => z.object({ partyId: z.string() }),
  described('A party was stopped and forgotten.'),
)
export const partyQuarantined = defineOwnEvent(
  'system.party.quarantined',
  () => z.object({ partyId: z.string(), reason: z.string() }),
  described('The journal refused frames of a party: its memory is dropped, and its promises have rejected.'),
)

export const partyLost = defineOwnEvent(
  'system.party.lost',
  () => z.object({ partyId: z.string(), epoch: z.int() }),
  described('Another runtime may own a party now: its agents here have stopped, and go on there.'),
)

export const partyRecovered = defineOwnEvent(
  'system.party.recovered',
  () =>
    z.object({ partyId: z.string(), frames: z.int(), agents: z.int(), mail: z.int(), timers: z.int(), works: z.int() }),
  described(
    'A party continues where the last process ended; `mail` counts the unhandled events of its agents, `works` the work that they waited for.',
  ),
)
export const partyUpdated = defineOwnEvent(
  'system.party.updated',
  () => z.object({ partyId: z.string(), version: z.int(), status: z.string() }),
  described("A party's state changed, and the change is durable."),
)

export const agentAdded = defineOwnEvent(
  'agent.added',
  () => z.object({ address: z.string() }),
  described('An agent has an address, and mail waits for it; it is about to be started.'),
)
export const agentStarting = defineOwnEvent(
  'agent.starting',
  () => z.object(agent),
  described('An incarnation of an agent is being started.'),
)
export const agentStopping = defineOwnEvent(
  'agent.stopping',
  () => z.object(agent),
  described('An agent is being stopped for good.'),
)
export const agentRemoved = defineOwnEvent(
  'agent.removed',
  () => z.object({ address: z.string() }),
  described('An agent gets no events any more: its address is free.'),
)
export const agentUpdated = defineOwnEvent(
  'agent.updated',
  () => z.object({ ...agent, state: z.json() }),
  described('An agent handled an event, and its new state is durable; `state` is the state value of its machine.'),
)
export const agentStarted = defineOwnEvent(
  'agent.started',
  () => z.object(agent),
  described('An agent began its first incarnation.'),
)
export const agentStopped = defineOwnEvent(
  'agent.stopped',
  () => z.object({ ...agent, reason: z.enum(['stopped', 'done', 'failed', 'escalated']) }),
  described('An agent has gone: it was stopped, reached its final state, failed for good, or its supervisor gave up.'),
)
export const agentDone = defineOwnEvent(
  'agent.done',
  () => z.object({ ...agent, output: z.unknown().optional() }),
  described("An agent's machine has reached a final state at its top; `output` is its output, if it has any."),
)
export const agentFailed = defineOwnEvent(
  'agent.failed',
  () => z.object({ ...agent, handled: z.string(), error: z.string(), code: z.string(), stack: z.string().optional() }),
  described(
    "An agent's step failed; `handled` is the type of the event, `stack` shows where the error was thrown, and its cause.",
  ),
)
export const agentRestarted = defineOwnEvent(
  'agent.restarted',
  () => z.object(agent),
  described('An agent was restarted: it has its old address and its mail, and a new context.'),
)
export const agentRecovered = defineOwnEvent(
  'agent.recovered',
  () => z.object(agent),
  described('An agent continues where the last process ended, with its unhandled mail.'),
)
export const agentEscalated = defineOwnEvent(
  'agent.escalated',
  () => z.object({ ...agent, restarts: z.int(), within: z.number() }),
  described('An agent needed more restarts than its supervisor allows (`restarts` within `within` milliseconds).'),
)

/** Only requests that are defined with `tell: true` have `parameters`, `answer` and `refusal`. */
const asking = () => ({
  type: z.string(),
  from: z.string(),
  to: z.string(),
  key: z.string(),
  parameters: z.unknown().optional(),
})
const refusal = () => z.object({ code: z.string(), message: z.string(), data: z.unknown().optional() })
export const askRequested = defineOwnEvent(
  'ask.requested',
  () => z.object(asking()),
  described('A request was asked; the asker waits for the answer.'),
)
export const askSucceeded = defineOwnEvent(
  'ask.succeeded',
  () => z.object({ ...asking(), answer: z.unknown().optional() }),
  described('An ask was answered.'),
)
export const askFailed = defineOwnEvent(
  'ask.failed',
  () => z.object({ ...asking(), code: z.string(), error: z.string(), refusal: refusal().optional() }),
  described('An ask was refused, or ended without an answer; `code` says why.'),
)

/** The tags that an application adds to events about its work, beside data. */
const tags = () => z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
const data = () => z.record(z.string(), z.json()).optional()
const effect = { key: z.string(), name: z.string(), address: z.string() }
export const effectStarted = defineOwnEvent(
  'effect.started',
  () => z.object({ ...effect, attempt: z.int(), tags: tags(), data: data() }),
  described('An effect of an agent begins to run; `attempt` counts its runs.'),
)
export const effectAttemptFailed = defineOwnEvent(
  'effect.attempt_failed',
  () =>
    z.object({
      ...effect,
      attempt: z.int(),
      durationMs: z.number(),
      code: z.string(),
      error: z.string(),
      waitMs: z.number(),
    }),
  described('An attempt of an effect failed, or took too long; the next one begins after `waitMs` milliseconds.'),
)
export const effectCompleted = defineOwnEvent(
  'effect.completed',
  () =>
    z.object({
      ...effect,
      success: z.boolean(),
      durationMs: z.number(),
      error: z.string().optional(),
      tags: tags(),
      data: data(),
    }),
  described('An effect is over: its last attempt took `durationMs` milliseconds, and ended well or with an `error`.'),
)

export const deadLettered = defineOwnEvent(
  'system.dead_letter',
  () => z.object({ id: z.string(), type: z.string(), to: z.string(), reason: z.string() }),
  described('An event could not be delivered to one of its receivers.'),
)

/** Every event of the runtime, for its catalogue. */
export const runtimeEvents = [
  systemStarting,
  systemRecovered,
  systemStarted,
  systemStopping,
  systemStopped,
  systemTick,
  systemMetrics,
  systemError,
  partyCreated,
  partyDeleted,
  partyQuarantined,
  partyLost,
  partyRecovered,
  partyUpdated,
  agentAdded,
  agentStarting,
  agentStopping,
  agentRemoved,
  agentUpdated,
  agentStarted,
  agentStopped,
  agentDone,
  agentFailed,
  agentRestarted,
  agentRecovered,
  agentEscalated,
  askRequested,
  askSucceeded,
  askFailed,
  effectStarted,
  effectAttemptFailed,
  effectCompleted,
  deadLettered,
] as const
