import type { AnyActorRef, AnyActorScope, EventObject } from 'xstate'
import type { ActorSystem } from '../invoke/outside.ts'

/**
 * What actors of XState use of each other and of their system, and what its types do not show. All of `src` relies on these names here
 * alone, and `test/actor/xstate-privates.test.ts` fails if XState changes them.
 */
interface PrivateSystem {
  _bookId: () => string
  _relay: Relay
  _sendInspectionEvent(event: InspectedEvent): void
}

type Relay = (source: AnyActorRef | undefined, target: AnyActorRef, event: EventObject) => void

interface PrivateRef {
  readonly _processingStatus: ProcessingStatus
  _stop(): void
}

/** What XState tells of an actor to those that inspect its system. */
export interface InspectedEvent {
  readonly type: '@xstate.actor' | '@xstate.event' | '@xstate.action' | '@xstate.snapshot'
  readonly actorRef: AnyActorRef
  readonly [detail: string]: unknown
}

/** Whether an actor was started, and has ended, by the numbers of XState. */
export type ProcessingStatus = 0 | 1 | 2

export const notStarted = 0
export const running = 1
export const stopped = 2

/** The name under which XState's actors say that they can be observed. */
export const observable = Symbol.observable ?? '@@observable'

// The two places where what XState hides gets its type.
function privateSystem(system: ActorSystem): PrivateSystem {
  return system as ActorSystem & PrivateSystem
}

function privateRef(ref: AnyActorRef): PrivateRef {
  return ref as AnyActorRef & PrivateRef
}

/** The next session id: XState numbers the actors of a process. */
export function bookId(system: ActorSystem): string {
  return privateSystem(system)._bookId()
}

/** Gives the next actors these session ids: `x:` and a number above the given one. */
export function bookAbove(system: ActorSystem, highest: number): void {
  let number = highest
  privateSystem(system)._bookId = () => `x:${++number}`
}

/** Hands an event over. All events between actors pass here. */
export function relay(
  system: ActorSystem,
  source: AnyActorRef | undefined,
  target: AnyActorRef,
  event: EventObject,
): void {
  privateSystem(system)._relay(source, target, event)
}

/** Hands over those events alone that `isHandedOver` lets pass, while `call` runs. */
export function relayingOnly(
  system: ActorSystem,
  isHandedOver: (source: AnyActorRef | undefined, event: EventObject) => boolean,
  call: () => void,
): void {
  const inside = privateSystem(system)
  const { _relay: before } = inside
  inside._relay = (source, target, event) => {
    if (isHandedOver(source, event)) before(source, target, event)
  }
  try {
    call()
  } finally {
    inside._relay = before
  }
}

/** Tells those that inspect the system. */
export function inspected(system: ActorSystem, event: InspectedEvent): void {
  privateSystem(system)._sendInspectionEvent(event)
}

/** Stops an actor, as its parent may. */
export function stopRef(ref: AnyActorRef): void {
  privateRef(ref)._stop()
}

/** Whether an actor has ended, or was stopped before its start. */
export function isStopped(ref: AnyActorRef): boolean {
  return privateRef(ref)._processingStatus === stopped
}

/** The function that the actors of a system log with. */
export function loggerOf({ _logger: logger }: ActorSystem): AnyActorScope['logger'] {
  return logger
}
