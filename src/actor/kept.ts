import type { AnyActorRef, AnyMachineSnapshot } from 'xstate'
import type { Address } from '../mail/address.ts'
import { encoded } from '../values/json.ts'
import { type Allowed, checkValue, faultIn, fieldsOf, isObject } from '../values/value.ts'
import type { Actor } from './actor.ts'

/** Whether an object is an actor of XState, which XState saves by its id. */
export function isActorRef(object: object): object is AnyActorRef {
  return 'sessionId' in object && 'send' in object && 'ref' in object
}

/**
 * Checks that the context and the output of a machine can be saved.
 *
 * @param before the snapshot before the step, which was checked
 * @throws ValueError
 */
export function checkKept(
  address: Address,
  { context, output, children }: AnyMachineSnapshot,
  before?: AnyMachineSnapshot,
): void {
  if (context !== before?.context)
    checkValue(`the context of "${address}"`, context, before?.context, childrenAmong(children))
  if (output !== undefined) checkValue(`the output of "${address}"`, output)
}

/** XState restores an actor in a context if it is a child of that machine. Otherwise it restores nothing in its place. */
function childrenAmong(children: Children): Allowed | undefined {
  for (const _ in children)
    return object => isActorRef(object) && (children[object.id] === object || Object.values(children).includes(object))
  return undefined
}

/** The actors that a machine has invoked or spawned. */
export type Children = AnyMachineSnapshot['children']

/** The snapshot of each actor inside an agent when it was checked, so that only changes are checked again. */
const checked = new WeakMap<AnyActorRef, unknown>()

/**
 * Checks that the contexts, outputs and inputs of the actors inside an agent can be saved.
 *
 * @param onNew called for each actor that was not checked before, with its name inside the agent
 * @throws ValueError
 */
export function checkChildren(
  address: Address,
  children: Children,
  onNew: (name: string, child: AnyActorRef) => void,
): void {
  for (const [id, child] of Object.entries<AnyActorRef | undefined>(children)) {
    if (!child) continue
    const snapshot: unknown = child.getSnapshot()
    const before = checked.get(child)
    if (before === undefined) onNew(child.id, child)
    if (snapshot !== before) {
      checkActor(`${address}/${id}`, snapshot, before)
      checked.set(child, snapshot)
    }
    if (isMachineSnapshot(snapshot))
      checkChildren(`${address}/${id}`, snapshot.children, (name, one) => onNew(`${child.id}/${name}`, one))
  }
}

function checkActor(address: Address, snapshot: unknown, before: unknown): void {
  if (isMachineSnapshot(snapshot)) checkKept(address, snapshot, isMachineSnapshot(before) ? before : undefined)
  else if (isObject(snapshot)) {
    const [fields, earlier] = [fieldsOf(snapshot), fieldsOf(isObject(before) ? before : {})]
    for (const part of parts)
      if (fields[part] !== earlier[part]) checkValue(`the ${part} of "${address}"`, fields[part], earlier[part])
  }
}

/** What XState saves of an actor that is not a machine. */
const parts = ['input', 'context', 'output'] as const

/** The event on which an agent fails because something in it cannot be saved although its own step was checked. */
export const unkept = 'troupe.unkept'

/** Lets an incarnation of an agent fail in a turn of its own. */
export function failUnkept(actor: Actor, error: unknown, incarnation = actor.incarnation): void {
  actor.signal(() => {
    if (actor.incarnation === incarnation && actor.status === 'running') actor.ref?.send({ type: unkept, error })
  })
}

/** Whether a snapshot is the snapshot of a machine: other actors have no states. */
export function isMachineSnapshot(snapshot: unknown): snapshot is AnyMachineSnapshot {
  return typeof snapshot === 'object' && snapshot !== null && '_nodes' in snapshot
}

/** A machine as XState saves it, as JSON: `undefined` is left out, and an error of the application's own class becomes a plain error. */
export function savedAsJson(persisted: object): unknown {
  return encoded(structureOf(persisted))
}

function structureOf(persisted: object): object {
  const fields = Object.entries(persisted).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return []
    if (key === 'children' && isObject(value)) return [[key, mapped(value, childOf)]]
    return [[key, key === 'error' && faultIn(value) ? plainError(value) : value]]
  })
  return Object.fromEntries(fields)
}

function childOf(child: unknown): unknown {
  if (!isObject(child) || !('snapshot' in child) || !isObject(child.snapshot)) return child
  return structureOf({ ...child, snapshot: structureOf(child.snapshot) })
}

function mapped(values: object, make: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, make(value)]))
}

function plainError(error: unknown): Error {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  return Object.assign(new Error(message), { name, stack })
}
