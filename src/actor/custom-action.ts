import type { ExecutableActionObject } from 'xstate'
import { isOf, TroupeError, textOf } from '../errors.ts'
import { CheckedEvent } from '../events/event.ts'
import type { Address } from '../mail/address.ts'
import { onRejection } from '../thrown.ts'
import type { Actor } from './actor.ts'
import type { StepHost } from './step.ts'

/** Whether an action is a function of the agent's author. The runtime carries out XState's own actions itself. */
export function isCustom({ type }: ExecutableActionObject): boolean {
  return !type.startsWith('xstate.') || type === 'xstate.log'
}

/** Runs a custom action, and reports if it returns something that has no effect: an event, or a promise that rejects. */
export function runCustom(
  { exec, info, params }: ExecutableActionObject,
  actor: Actor,
  handled: string,
  host: StepHost,
): void {
  const returned: unknown = exec?.(info, params)
  if (returned === undefined) return
  const { incarnation } = actor
  if (isOf(returned, CheckedEvent)) host.unsaid(actor, handled, returned.type)
  onRejection(returned, error => host.rejected(actor, incarnation, handled, error))
}

/** An action of an agent returned an event. The event is lost, because only `emit` says events. */
export class EventUnsaidError extends TroupeError {
  readonly code = 'EVENT_UNSAID'
  readonly address: Address
  readonly type: string
  constructor(address: Address, handled: string, type: string) {
    super(
      `An action of "${address}" on "${handled}" returned "${type}", which says it to nobody. Write actions: emit(({ event }) => ...), whose function returns what is said.`,
    )
    this.address = address
    this.type = type
  }
}

/** An action of an agent returned a promise, and the promise rejected after the action. */
export class ActionRejectedError extends TroupeError {
  readonly code = 'ACTION_REJECTED'
  readonly address: Address
  /** The type of the event that the agent was handling. */
  readonly type: string
  constructor(address: Address, type: string, cause: unknown) {
    super(
      `An action of "${address}" on "${type}" returned a promise that rejected: ${textOf(cause).replace(/\.$/, '')}. Actions are not awaited, and effects are: invoke an effect(name, ...) for work that takes time, and handle its failure in onError.`,
      { cause },
    )
    this.address = address
    this.type = type
  }
}
