import type { AnyActorRef, EventObject, ExecutableActionObject } from 'xstate'
import { TroupeError } from '../errors.ts'
import type { EventOf } from '../events/event.ts'
import { keyOf } from '../invoke/outside.ts'
import type { Address } from '../mail/address.ts'
import { timerDelay } from '../time/timers.ts'
import { checkValue } from '../values/value.ts'
import type { Actor } from './actor.ts'
import type { Output, StepHost } from './step.ts'

interface Params {
  readonly event?: EventObject
  readonly to?: AnyActorRef
  readonly delay?: number
  readonly id?: string
  readonly sendId?: string
}

/** The output for an action that XState captured. Nothing for an event that a machine raises at once: XState handles it within the step. */
export function outputOf(
  actor: Actor,
  host: StepHost,
  self: AnyActorRef,
  action: ExecutableActionObject,
  place: number,
): Output | undefined {
  const perform = () => action.exec?.(action.info, action.params)
  const params = paramsOf(action)
  switch (action.type) {
    case 'xstate.emit': {
      const checked = host.check(actor, params.event ?? { type: '' })
      if (checked.kind !== 'emit') return checked
      return { kind: 'emit', event: checked.event, passage: host.passage(actor, checked.event) }
    }
    case 'xstate.raise':
      return params.delay === undefined ? undefined : timerOutput(actor, host, params, place)
    case 'xstate.cancel':
      return { kind: 'cancel', id: params.sendId ?? '', perform }
    case 'xstate.sendTo':
      return sendOutput(actor, host, self, params, perform, place)
    case 'xstate.stopChild': {
      const key = action.params === undefined ? undefined : keyOf(stoppedBy(action))
      return key === undefined ? { kind: 'inside', perform } : { kind: 'drop', key, perform }
    }
    default:
      return { kind: 'inside', perform }
  }
}

/** @param place the place of the action in its step: it tells apart timers without an id, and is the same when the step runs again */
function timerOutput(
  actor: Actor,
  host: StepHost,
  { id, delay = 0, event = { type: '' } }: Params,
  place: number,
  to?: Address,
): Output {
  const unique = `${actor.handled?.seq}.${place}`
  // A state sets its own `after` timer once. A program may give one id to several timers.
  const key = id?.startsWith('xstate.after.') ? id : unique
  // As a plain object: an event of the catalogue is an instance of a class.
  checkValue(`an event that "${actor.address}" sends later`, { ...event })
  const timer = { id: id ?? unique, key, delay: timerDelay(delay), event, to }
  // XState's events need not have payloads of ours.
  return { kind: 'timer', ...timer, event: event as EventOf, perform: () => host.setTimer(actor, timer) }
}

function sendOutput(
  actor: Actor,
  host: StepHost,
  self: AnyActorRef,
  params: Params,
  perform: () => void,
  place: number,
): Output {
  const { to, event, delay } = params
  if (!to || !event) throw new StraySendError(actor.address, event?.type ?? '')
  const isInside = to === self || to._parent === self
  const callee = isInside ? undefined : host.agentAt(to)
  if (!isInside && !callee) throw new StraySendError(actor.address, event.type)
  const checked = callee && host.check(actor, event).event
  if (delay !== undefined && (callee || to === self)) return timerOutput(actor, host, params, place, callee?.address)
  return callee && checked && delay === undefined
    ? { kind: 'send', event: checked, to: callee.address }
    : { kind: 'inside', perform }
}

// XState types the parameters as unknown: here they are the stopped child itself.
function stoppedBy(action: ExecutableActionObject): AnyActorRef {
  return action.params as unknown as AnyActorRef
}

// XState types the parameters of captured actions as unknown. Each action type above has some of these.
function paramsOf(action: ExecutableActionObject): Params {
  return (action.params ?? {}) as Params
}

/** An agent sent an event to something that is neither its child nor an agent of its party. */
export class StraySendError extends TroupeError {
  readonly code = 'STRAY_SEND'
  readonly address: Address
  readonly type: string
  constructor(address: Address, type: string) {
    super(
      `"${address}" sent "${type}" to something outside its party, or past its mailbox. Say it with emit, or ask for it with invoke.`,
    )
    this.address = address
    this.type = type
  }
}
