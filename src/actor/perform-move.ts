import type { AnyActorScope, AnyMachineSnapshot, EventObject, ExecutableActionObject } from 'xstate'
import type { Decision } from './decision.ts'
import { childOf, startAction, stopAction, without } from './invoked.ts'
import type { Deed, Move } from './move.ts'

const nothing: readonly never[] = []

/** What the functions of the agent's author get. */
type Known = ExecutableActionObject['info']

/**
 * What comes of a move for one snapshot and one event, as XState would decide; `undefined` if only XState can tell. Some of the author's
 * functions may have been called then: they only compute.
 */
export function perform(
  { place, deeds }: Move,
  snapshot: AnyMachineSnapshot,
  event: EventObject,
  scope: AnyActorScope,
): Decision | undefined {
  const { self, system } = scope
  let actions: ExecutableActionObject[] | undefined
  let { context, children } = snapshot
  const before = spawns
  try {
    for (const deed of deeds) {
      const { kind, given, name, child } = deed
      const known = { context, event, self, system, spawn }
      let action: ExecutableActionObject | undefined
      if (kind === 'assign') {
        context = { ...context, ...assigned(given, known, valueOf(deed.params, known)) }
        continue
      } else if (child) {
        // A child plans its work when it is made: from here on, XState must not decide about the event again.
        if (spawns > before) return undefined
        const input = valueOf(given, { context, event, self })
        const ref = childOf(child, name, self, input)
        children = { ...children, [name]: ref }
        action = startAction(ref, name, input, known)
      } else if (kind === 'stop') {
        action = stopAction(children[name], scope, known)
        children = without(children, name)
      } else action = actionOf(deed, known, valueOf(deed.params, known))
      if (!action) return undefined
      // Most events lead to one action at most. An array that grows by `push` reserves room for seventeen.
      if (actions) actions.push(action)
      else actions = [action]
    }
  } catch (error) {
    if (spawns === before) throw error
  }
  // Only XState can spawn.
  if (spawns > before) return undefined
  const isSame = context === snapshot.context && children === snapshot.children && !place
  return {
    snapshot: isSame ? snapshot : { ...snapshot, ...place, context, children },
    actions: actions ?? nothing,
    starts: nothing,
  }
}

/** The action as which XState captures a deed; `undefined` for an event that is raised without a delay. */
function actionOf(deed: Deed, known: Known, params: unknown): ExecutableActionObject | undefined {
  const { kind, given, name } = deed
  if (kind === 'emit') return captured('xstate.emit', known, { event: valueOf(given, known, params) })
  if (kind === 'raise') return raised(deed, known, params)
  const { context, event, self, system } = known
  if (kind === 'cancel') {
    const sendId = String(valueOf(given, known, params))
    return captured('xstate.cancel', known, { sendId }, () => system.scheduler.cancel(self, sendId))
  }
  // A custom action gets what XState gives it: it cannot spawn.
  return captured(name, { context, event, self, system }, params, isExec(given) ? given : undefined)
}

function raised(
  { given, name, delay, delays }: Deed,
  known: Known,
  params: unknown,
): ExecutableActionObject | undefined {
  const event = valueOf(given, known, params)
  const ms = valueOf(typeof delay === 'string' ? delays[delay] : delay, known, params)
  return typeof ms === 'number' ? captured('xstate.raise', known, { event, id: name, delay: ms }) : undefined
}

function captured(
  type: string,
  info: Known,
  params: unknown,
  exec?: ExecutableActionObject['exec'],
): ExecutableActionObject {
  return { type, info, params, exec }
}

function isExec(given: unknown): given is NonNullable<ExecutableActionObject['exec']> {
  return typeof given === 'function'
}

/** How many functions of authors have tried to spawn an actor. They may catch the error, so it alone does not show that. */
let spawns = 0

function spawn(): never {
  spawns++
  throw new Error('left to XState')
}

function valueOf(given: unknown, known: object, params?: unknown): unknown {
  return typeof given === 'function' ? given(known, params) : given
}

function assigned(assignment: unknown, known: object, params: unknown): object {
  if (typeof assignment === 'function') return assignment(known, params)
  const values = Object.entries(assignment ?? {}).map(([key, given]) => [key, valueOf(given, known, params)])
  return Object.fromEntries(values)
}
