import { type AnyStateMachine, StateMachine } from 'xstate'
import { isObject } from '../values/value.ts'

/** A logic that a machine may invoke or spawn, and its name. */
export interface NamedLogic {
  /** The name, after the names of the machines around it: `kid/charge`. */
  readonly name: string
  readonly logic: object
}

type StateNode = AnyStateMachine['root']

/**
 * Every logic in the definition of a machine and of the machines that it invokes: named actors, and logics that `invoke` and
 * `spawnChild` hold themselves. A logic that a function of an action spawns is known only when it runs.
 */
export function logicsOf(machine: AnyStateMachine): readonly NamedLogic[] {
  return [...within(machine, '', new Set())]
}

/** A machine and all machines in its definition. */
export function machinesOf(machine: AnyStateMachine): readonly AnyStateMachine[] {
  const inside = logicsOf(machine).flatMap(({ logic }) => (logic instanceof StateMachine ? [logic] : []))
  return [...new Set<AnyStateMachine>([machine, ...inside])]
}

/** The system ids that a machine gives to actors that it invokes, or spawns by an action. */
export function* systemIdsOf({ implementations, root }: AnyStateMachine): Iterable<string> {
  const actions = [...Object.values<unknown>(implementations.actions), ...statesOf(root).flatMap(actionsOf)]
  const given = [...statesOf(root).flatMap(({ invoke }) => invoke), ...actions.filter(isSpawn)]
  for (const { systemId } of given) if (systemId !== undefined) yield systemId
}

function* within(machine: AnyStateMachine, above: string, seen: Set<object>): Iterable<NamedLogic> {
  if (seen.has(machine)) return
  seen.add(machine)
  for (const { name, logic } of shownBy(machine)) {
    yield { name: `${above}${name}`, logic }
    if (logic instanceof StateMachine) yield* within(logic, `${above}${name}/`, seen)
  }
}

function* shownBy({ implementations, root }: AnyStateMachine): Iterable<NamedLogic> {
  for (const [name, logic] of Object.entries<unknown>(implementations.actors))
    if (isObject(logic)) yield { name, logic }
  for (const [name, action] of Object.entries<unknown>(implementations.actions)) yield* spawnedBy(action, name)
  for (const node of statesOf(root)) {
    const invoked: unknown = node.config.invoke
    for (const [place, one] of (Array.isArray(invoked) ? invoked : [invoked]).entries())
      if (isObject(one) && 'src' in one && isObject(one.src))
        yield { name: node.invoke[place]?.id ?? node.id, logic: one.src }
    for (const action of actionsOf(node)) yield* spawnedBy(action, node.id)
  }
}

/** A state and all states in it. */
function statesOf(node: StateNode): readonly StateNode[] {
  return [node, ...Object.values<StateNode>(node.states).flatMap(statesOf)]
}

function actionsOf(node: StateNode): readonly unknown[] {
  const transitions = [...node.transitions.values(), ...(node.always ?? [])].flat()
  return [node.entry, node.exit, node.initial.actions, ...transitions.map(one => one.actions)].flat()
}

function* spawnedBy(action: unknown, name: string): Iterable<NamedLogic> {
  if (isSpawn(action) && isObject(action.src)) yield { name, logic: action.src }
}

/** The logic of a `spawnChild` action, which XState attaches to the action. */
function isSpawn(action: unknown): action is { readonly src: unknown; readonly systemId: string | undefined } {
  return typeof action === 'function' && 'type' in action && action.type === 'xstate.spawnChild' && 'src' in action
}

/**
 * Whether a logic does work that the journal does not know: a promise, a callback, an observable. XState keeps the function of such
 * logic in `config`. A machine and a transition function start no work.
 */
export function isStray(logic: unknown): boolean {
  return isObject(logic) && 'config' in logic && typeof logic.config === 'function' && 'start' in logic
}
