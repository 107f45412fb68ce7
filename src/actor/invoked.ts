import type { AnyActorLogic, AnyActorRef, AnyActorScope, ExecutableActionObject } from 'xstate'
import { workOf } from '../invoke/outside.ts'
import { isObject } from '../values/value.ts'
import type { Children } from './kept.ts'
import { SmallRef } from './small-ref.ts'
import { isStopped } from './xstate-privates.ts'

/** Outside work that a state of a machine invokes. XState makes all other children. */
export interface InvokedChild {
  /** Its name in the machine. */
  readonly src: string
  readonly logic: AnyActorLogic
}

/** Whether a logic is the logic of outside work. */
export function isWork(logic: unknown): logic is AnyActorLogic {
  return isObject(logic) && workOf(logic) !== undefined
}

/** Makes a child, which starts after the step. */
export function childOf({ src, logic }: InvokedChild, id: string, parent: AnyActorRef, input: unknown): AnyActorRef {
  return new SmallRef(logic, { id, parent, src, input })
}

/** The action that starts a new child. */
export function startAction(
  actorRef: AnyActorRef,
  id: string,
  input: unknown,
  info: ExecutableActionObject['info'],
): ExecutableActionObject {
  const { src } = actorRef
  const exec = () => {
    // An event that it sends to its parent may have stopped it.
    if (!isStopped(actorRef)) actorRef.start()
  }
  return { type: 'xstate.spawnChild', info, params: { id, systemId: undefined, actorRef, src, input }, exec }
}

/** The action that stops a child whose state is left. */
export function stopAction(
  child: AnyActorRef | undefined,
  scope: AnyActorScope,
  info: ExecutableActionObject['info'],
): ExecutableActionObject {
  return { type: 'xstate.stopChild', info, params: child, exec: () => child && scope.stopChild(child) }
}

/** All children but one. */
export function without(children: Children, id: string): Children {
  const { [id]: _, ...others } = children
  return others
}
