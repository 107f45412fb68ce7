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

/** The actor whose step captured an action. */
interface Capturing {
  readonly actor: Actor
  readonly host: StepHost
  readonly self: AnyActorRef
}

/**
 * The output for an action that XState captured. Nothing for an event that a machine raises at once: XState handles it within the step.
 *
 * @param place the place of the action in its step: it distinguishes timers without an id, and is the same when the step runs
 *   again
 */
export function outputOf(by: Capturing, action: ExecutableActionObject, place: number): Output | undefined {
  const { actor, host } = by
  const params = paramsOf(action)
  switch (action.type) {
    case 'xstate.emit': {
      const checked = host.check(actor, params.event ?? { type: '' })
      if (checked.kind !== 'emit') return checked
      return { kind: 'emit', event: checked.event, passage: host.passage(actor, checked.event) }
    }
    case 'xstate.raise':
      return params.delay === undefined ? undefined : timerOutput(by, params, place)
    case 'xstate.cancel':
      return { kind: 'cancel', id: params.sendId ?? '', perform: performing(action) }
    case 'xstate.sendTo':
      return sendOutput(by, action, place)
    case 'xstate.stopChild': {
      const key = action.params === undefined ? undefined : keyOf(stoppedBy(action))
      const perform = performing(action)
      return key === undefined ? { kind: 'inside', perform } : { kind: 'drop', key, perform }
    }
    default:
      return { kind: 'inside', perform: performing(action) }
  }
}

function performing(action: ExecutableActionObject): () => void {
  return () => action.exec?.(action.info, action.params)
}

/** @param to the agent that gets the event, if it is another agent */
function timerOutput({ actor, host }: Capturing, params: Params, place: number, to?: Address): Output {
  const { id, delay = 0, event = { type: '' } } = params
  const unique = `${actor.handled?.seq}.${place}`
  // A state sets its own `after` timer once. A program may give one id to several timers.
  const key = id?.startsWith('xstate.after.') ? id : unique
  // Checked as a plain object, because an event of the catalogue is an instance of a class.
  checkValue(`an event that "${actor.address}" sends later`, { ...event })
  const timer = { id: id ?? unique, key, delay: timerDelay(delay), event, to }
  // Events of XState have no payloads of the catalogue.
  return { kind: 'timer', ...timer, event: event as EventOf, perform: () => host.setTimer(actor, timer) }
}

function sendOutput(by: Capturing, action: ExecutableActionObject, place: number): Output {
  const { actor, host, self } = by
  const params = paramsOf(action)
  const { to, event, delay } = params
  if (!to || !event) throw new StraySendError(actor.address, event?.type ?? '')
  const isInside = to === self || to._parent === self
  const callee = isInside ? undefined : host.agentAt(to)
  if (!isInside && !callee) throw new StraySendError(actor.address, event.type)
  const checked = callee && host.check(actor, event).event
  if (delay !== undefined && (callee || to === self)) return timerOutput(by, params, place, callee?.address)
  return callee && checked && delay === undefined
    ? { kind: 'send', event: checked, to: callee.address }
    : { kind: 'inside', perform: performing(action) }
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
