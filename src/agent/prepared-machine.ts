import { freeze } from 'immer'
import type { AnyStateMachine } from 'xstate'
import { TroupeError } from '../errors.ts'
import { machinesOf, systemIdsOf } from './logics.ts'

/** How many transitions a machine may take within one event, without events or by events to itself: with more, it has run wild. */
export const mostRounds = 10_000

/** Prepares the machine of an agent, and the machines inside it. @throws SystemIdError */
export function prepare(agent: string, machine: AnyStateMachine): void {
  for (const one of machinesOf(machine)) {
    // XState keeps a system id taken when the step that took it fails, and agents are reached by address anyway.
    for (const systemId of systemIdsOf(one)) throw new SystemIdError(agent, systemId)
    // XState's default lets a circle of eventless transitions hang the process for ever.
    if (one.options.maxIterations === Number.POSITIVE_INFINITY) one.options.maxIterations = mostRounds
    ownContext(one.config)
  }
}

/**
 * Gives each actor of a machine a copy of the initial context. XState gives the same object to all of them, so that a change in
 * place by one actor would change it for all. The object and its contents are frozen, because all copies are made from it.
 */
function ownContext(config: AnyStateMachine['config']): void {
  const { value: context, configurable } = Object.getOwnPropertyDescriptor(config, 'context') ?? {}
  // A function makes a new context each time. A field without a value has the getter already, from an earlier `defineAgent`.
  if (typeof context !== 'object' || context === null) return
  freeze(context, true)
  const isPlain = Object.getPrototypeOf(context) === Object.prototype
  if (isPlain && configurable)
    Object.defineProperty(config, 'context', { get: () => ({ ...context }), enumerable: true })
}

/** A machine gives a system id of XState to an actor that it invokes or spawns. */
export class SystemIdError extends TroupeError {
  readonly code = 'SYSTEM_ID'
  readonly agent: string
  readonly systemId: string
  constructor(agent: string, systemId: string) {
    super(
      `Agent "${agent}" invokes or spawns something under the system id "${systemId}", which a failed step would leave taken. Leave systemId out; agents are reached by their address.`,
    )
    this.agent = agent
    this.systemId = systemId
  }
}
