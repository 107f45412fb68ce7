import * as z from 'zod'
import { defineEvent, type EventOptions } from '../event.ts'
import {
  agentAdded,
  agentRemoved,
  agentStarted,
  agentStarting,
  agentStopped,
  agentStopping,
  agentUpdated,
  askFailed,
  askRequested,
  askSucceeded,
  systemError,
  systemMetrics,
  systemStarted,
  systemStarting,
  systemStopped,
  systemStopping,
  systemTick,
} from '../runtime-events.ts'
import { custom } from './custom.ts'
import { type Echo, echoOf } from './echo.ts'
import { id } from './fields.ts'
import { after, byRuntime, byUser, later, type PublishersOf } from './publisher.ts'

/**
 * The events of a system of agents: the start and stop of the system and its agents, requests and answers, features, providers.
 * If the runtime reports the same, the list has the runtime's own definition.
 */

const byRule = (description: string): EventOptions => ({ tags: ['system'], persist: 'by-rule', description })

const registered = z.object({ names: z.array(z.string()).optional() })

export const agentMessage = defineEvent(
  'agent.message',
  z.object({ contentType: z.string().min(1), content: z.json() }),
  { tags: ['system'], description: 'An agent says something; `contentType` names what it is.' },
)

export const agentCreated = defineEvent('agent.created', z.object({ address: id }), byRule('An agent was created.'))

export const systemCreated = defineEvent(
  'system.created',
  z.object({}),
  byRule('The system was created and can start.'),
)

export const featuresRegistered = defineEvent(
  'system.native_features_registered',
  registered,
  byRule('The built-in features of the system are registered.'),
)

export const providersRegistered = defineEvent(
  'system.providers_registered',
  registered,
  byRule('The model providers are registered.'),
)

export const worldRegistered = defineEvent(
  'system.world_registered',
  z.object({ name: z.string().optional() }),
  byRule('The environment of the agents is registered.'),
)

export const builtinAgentsRegistered = defineEvent(
  'system.builtin_agents_registered',
  registered,
  byRule('The built-in agents of the system are registered.'),
)

export const userAgentsRegistered = defineEvent(
  'system.user_agents_registered',
  registered,
  byRule('The agents of the application are registered.'),
)

export const featureStatusUpdated = defineEvent(
  'feature.status_updated',
  z.object({ featureType: z.string().min(1), newStatus: z.string().min(1) }),
  byRule('A feature has changed its state.'),
)

export const featureFailure = defineEvent(
  'feature.failure',
  z.object({ featureType: z.string().optional(), error: z.string() }),
  { tags: ['system'], priority: 3, description: 'A feature failed.' },
)

const provider = { providerName: z.string().min(1) }

export const providerRegistered = defineEvent(
  'provider.registered',
  z.object(provider),
  byRule('A model provider was registered.'),
)

export const providerStatusUpdated = defineEvent(
  'provider.status_updated',
  z.object({ ...provider, isHealthy: z.boolean(), lastUpdatedAt: z.iso.datetime().optional() }),
  byRule('The health of a provider was checked.'),
)

export const providerShutdown = defineEvent('provider.shutdown', z.object(provider), byRule('A provider was removed.'))

export const providerPrimarySet = defineEvent(
  'provider.primary_set',
  z.object(provider),
  byRule('A provider became the default.'),
)

/**
 * The events of a system of agents, including events of the runtime.
 *
 * @example
 * createRuntime({ events: [...systemEvents] })
 */
export const systemEvents = [
  systemTick,
  systemMetrics,
  agentUpdated,
  agentMessage,
  systemError,
  askRequested,
  askSucceeded,
  askFailed,
  agentCreated,
  agentAdded,
  agentRemoved,
  agentStarting,
  agentStarted,
  agentStopping,
  agentStopped,
  systemCreated,
  featuresRegistered,
  providersRegistered,
  worldRegistered,
  builtinAgentsRegistered,
  userAgentsRegistered,
  systemStarting,
  systemStarted,
  systemStopping,
  systemStopped,
  featureStatusUpdated,
  featureFailure,
  providerRegistered,
  providerStatusUpdated,
  providerShutdown,
  providerPrimarySet,
  custom,
] as const

/** Who publishes each of these events. */
export const systemPublishers: PublishersOf<typeof systemEvents> = {
  'system.tick': byRuntime,
  'system.metrics': byRuntime,
  'agent.updated': byRuntime,
  'agent.message': byUser,
  'system.error': byRuntime,
  'ask.requested': byRuntime,
  'ask.succeeded': byRuntime,
  'ask.failed': byRuntime,
  'agent.created': after(agentAdded),
  'agent.added': byRuntime,
  'agent.removed': byRuntime,
  'agent.starting': byRuntime,
  'agent.started': byRuntime,
  'agent.stopping': byRuntime,
  'agent.stopped': byRuntime,
  'system.created': after(systemStarting),
  'system.native_features_registered': byUser,
  'system.providers_registered': later('providers'),
  'system.world_registered': byUser,
  'system.builtin_agents_registered': byUser,
  'system.user_agents_registered': after(systemStarted),
  'system.starting': byRuntime,
  'system.started': byRuntime,
  'system.stopping': byRuntime,
  'system.stopped': byRuntime,
  'feature.status_updated': byUser,
  'feature.failure': byUser,
  'provider.registered': later('providers'),
  'provider.status_updated': later('providers'),
  'provider.shutdown': later('providers'),
  'provider.primary_set': later('providers'),
  custom: byUser,
}

/**
 * Which of these events `echo` publishes when the runtime reports the same under its own type.
 *
 * @example
 * echo(runtime.bus, systemEchoes)
 */
export const systemEchoes: readonly Echo[] = [
  echoOf(agentAdded, agentCreated, ({ address }) => ({ address })),
  echoOf(systemStarting, systemCreated, () => ({})),
  echoOf(systemStarted, userAgentsRegistered, () => ({})),
]
