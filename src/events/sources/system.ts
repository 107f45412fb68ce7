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
 * What a system of agents says about itself: its life and that of its agents, requests and answers, features, providers. Where
 * the runtime says the same, its own definition stands in the list.
 */

const told = (description: string): EventOptions => ({ tags: ['system'], persist: 'by-rule', description })

const registered = z.object({ names: z.array(z.string()).optional() })

export const agentMessage = defineEvent(
  'agent.message',
  z.object({ contentType: z.string().min(1), content: z.json() }),
  { tags: ['system'], description: 'An agent says something; its content type tells what.' },
)

export const agentCreated = defineEvent('agent.created', z.object({ address: id }), told('An agent was made.'))

export const systemCreated = defineEvent('system.created', z.object({}), told('The system was made and can start.'))

export const featuresRegistered = defineEvent(
  'system.native_features_registered',
  registered,
  told('The features that the system brings along are known to it.'),
)

export const providersRegistered = defineEvent(
  'system.providers_registered',
  registered,
  told('The providers of models are known to the system.'),
)

export const worldRegistered = defineEvent(
  'system.world_registered',
  z.object({ name: z.string().optional() }),
  told('The world that the agents live in is known to the system.'),
)

export const builtinAgentsRegistered = defineEvent(
  'system.builtin_agents_registered',
  registered,
  told('The agents that the system brings along are known to it.'),
)

export const userAgentsRegistered = defineEvent(
  'system.user_agents_registered',
  registered,
  told('The agents of the application are known to the system.'),
)

export const featureStatusUpdated = defineEvent(
  'feature.status_updated',
  z.object({ featureType: z.string().min(1), newStatus: z.string().min(1) }),
  told('A feature is in another state than before.'),
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
  told('A provider of models is known.'),
)

export const providerStatusUpdated = defineEvent(
  'provider.status_updated',
  z.object({ ...provider, isHealthy: z.boolean(), lastUpdatedAt: z.iso.datetime().optional() }),
  told('It was found out whether a provider is well.'),
)

export const providerShutdown = defineEvent(
  'provider.shutdown',
  z.object(provider),
  told('A provider is not used any more.'),
)

export const providerPrimarySet = defineEvent(
  'provider.primary_set',
  z.object(provider),
  told('A provider is the one to use first.'),
)

/**
 * The events of a system of agents, those of the runtime among them.
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

/** Who publishes each of them. */
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
 * What `echo` says of these when the runtime has said the same in its own words.
 *
 * @example
 * echo(runtime.bus, systemEchoes)
 */
export const systemEchoes: readonly Echo[] = [
  echoOf(agentAdded, agentCreated, ({ address }) => ({ address })),
  echoOf(systemStarting, systemCreated, () => ({})),
  echoOf(systemStarted, userAgentsRegistered, () => ({})),
]
