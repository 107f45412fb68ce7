import type { AnyMachineSnapshot, AnyStateMachine, UnknownAction } from 'xstate'
import { fieldsOf, isObject } from '../values/value.ts'
import { type InvokedChild, isWork } from './invoked.ts'

export type StateNode = AnyStateMachine['root']
export type Transition = ReturnType<AnyStateMachine['getTransitionData']>[number]

/** One thing that a transition does. All have the same fields, because engines are slow with objects of many shapes. */
export interface Deed {
  readonly kind: 'assign' | 'emit' | 'raise' | 'cancel' | 'custom' | 'stop' | 'start'
  /** What the agent's author wrote, a value or a function: what is assigned, emitted, raised or cancelled; the input of a child. */
  readonly given: unknown
  readonly params: unknown
  /** The type of a custom action, the id of a child, or the id of a delayed event. */
  readonly name: string
  /** The delay of a raised event: milliseconds, a function, or a name. */
  readonly delay: unknown
  /** The delays of the machine, by name. */
  readonly delays: Readonly<Record<string, unknown>>
  readonly child: InvokedChild | undefined
}

/** What a transition leads to, decided before any event. */
export interface Move {
  /** The state that the transition leads to; `undefined` if the machine stays in its state. */
  readonly place: Pick<AnyMachineSnapshot, '_nodes' | 'value' | 'tags'> | undefined
  readonly deeds: readonly Deed[]
}

/** The move of an event for which a state has no transition. */
export const ignored: Move = { place: undefined, deeds: [] }

/**
 * The move of a transition; `undefined` if XState has to decide it.
 *
 * @param from the only active state of a flat machine, besides its root; `undefined` in another machine
 */
export function moveOf(
  machine: AnyStateMachine,
  from: StateNode | undefined,
  transition: Transition,
): Move | undefined {
  const { source, target, reenter } = transition
  const deeds = deedsOf(machine, transition.actions)
  if (!deeds) return undefined
  if (target === undefined) return { place: undefined, deeds }
  const [to, ...others] = target
  if (!from || !to || others.length > 0 || !isFlat(machine, from) || !isFlat(machine, to)) return undefined
  // XState leaves the whole machine then, and enters it again.
  if (source === machine.root && reenter) return undefined
  if (to === source && !reenter) return { place: undefined, deeds }
  const left = deedsAtExit(machine, from)
  const entered = deedsAtEntry(machine, to)
  if (!left || !entered) return undefined
  const tags = new Set<string>([...machine.root.tags, ...to.tags])
  const place = to === from ? undefined : { _nodes: [machine.root, to], value: to.key, tags }
  return { place, deeds: [...left, ...deeds, ...entered] }
}

/** Whether a state is a state of a flat machine, and no final state. */
function isFlat({ root }: AnyStateMachine, { parent, type }: StateNode): boolean {
  return parent === root && root.type === 'compound' && type === 'atomic'
}

function deedsAtExit(machine: AnyStateMachine, { exit, invoke }: StateNode): readonly Deed[] | undefined {
  const deeds = deedsOf(machine, exit)
  return deeds && [...deeds, ...invoke.map(({ id }) => deed('stop', { name: id }))]
}

function deedsAtEntry(machine: AnyStateMachine, state: StateNode): readonly Deed[] | undefined {
  const deeds = deedsOf(machine, state.entry)
  const starts = state.invoke.flatMap((_, place) => startOf(machine, state, place) ?? [])
  return deeds && starts.length === state.invoke.length ? [...deeds, ...starts] : undefined
}

function startOf({ implementations }: AnyStateMachine, { invoke, config }: StateNode, place: number): Deed | undefined {
  const { id, src, systemId } = invoke[place] ?? {}
  const written: unknown = [config.invoke].flat()[place]
  if (id === undefined || typeof src !== 'string' || systemId !== undefined || !isObject(written)) return undefined
  const { src: given, input, onSnapshot } = fieldsOf(written)
  const logic: unknown = typeof given === 'string' ? implementations.actors[given] : given
  return isWork(logic) && onSnapshot === undefined
    ? deed('start', { name: id, given: input, child: { src, logic } })
    : undefined
}

function deedsOf(machine: AnyStateMachine, actions: readonly UnknownAction[]): readonly Deed[] | undefined {
  const deeds = actions.flatMap(action => deedOf(machine, action) ?? [])
  return deeds.length === actions.length ? deeds : undefined
}

function deedOf({ implementations }: AnyStateMachine, action: UnknownAction): Deed | undefined {
  const named = typeof action === 'string' ? { type: action } : action
  const logic: unknown = typeof named === 'function' ? named : implementations.actions[named.type]
  const params: unknown = typeof named === 'function' || !('params' in named) ? undefined : named.params
  const name = typeof named === 'function' ? named.name || '(anonymous)' : named.type
  if (typeof logic === 'function' && 'resolve' in logic) return builtIn(logic, params, implementations.delays)
  return deed('custom', { name, given: logic, params })
}

function builtIn(logic: object, params: unknown, delays: Deed['delays']): Deed | undefined {
  // XState attaches these fields to the functions that its action creators return.
  const { type, assignment, event, id, delay, sendId } = fieldsOf(logic)
  if (type === 'xstate.assign') return deed('assign', { given: assignment, params })
  if (type === 'xstate.emit') return deed('emit', { given: event, params })
  if (type === 'xstate.cancel') return deed('cancel', { given: sendId, params })
  // An event that is raised without a delay is handled in the same step.
  if (type === 'xstate.raise' && delay !== undefined && typeof id === 'string')
    return deed('raise', { given: event, params, name: id, delay, delays })
  return undefined
}

const noDelays = {}

function deed(kind: Deed['kind'], { given, params, name = '', delay, delays = noDelays, child }: Partial<Deed>): Deed {
  return { kind, given, params, name, delay, delays, child }
}
