import { type AnyStateMachine, StateMachine } from 'xstate'

/** A logic that a machine may invoke or spawn, and under which name. */
export interface NamedLogic {
  /** Names of machines inside machines stand before it: `kid/charge`. */
  readonly name: string
  readonly logic: object
}

type StateNode = AnyStateMachine['root']

/**
 * Every logic that a machine's definition shows, also inside the machines that it invokes: actors by name, what `invoke` and
 * `spawnChild` hold themselves. What an action spawns by a function shows only when it runs.
 */
export function logicsOf(machine: AnyStateMachine): readonly NamedLogic[] {
  return [...within(machine, '', new Set())]
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
  yield* inStates(root)
}

function* inStates(node: StateNode): Iterable<NamedLogic> {
  const invoked: unknown = node.config.invoke
  for (const [place, one] of (Array.isArray(invoked) ? invoked : [invoked]).entries())
    if (isObject(one) && 'src' in one && isObject(one.src))
      yield { name: node.invoke[place]?.id ?? node.id, logic: one.src }
  const transitions = [...node.transitions.values(), ...(node.always ?? [])].flat()
  const actions = [node.entry, node.exit, node.initial.actions, ...transitions.map(one => one.actions)].flat()
  for (const action of actions) yield* spawnedBy(action, node.id)
  for (const child of Object.values<StateNode>(node.states)) yield* inStates(child)
}

/** `spawnChild(logic)` hangs the logic on to the action that it makes. */
function* spawnedBy(action: unknown, name: string): Iterable<NamedLogic> {
  if (typeof action !== 'function' || !('type' in action) || action.type !== 'xstate.spawnChild') return
  if ('src' in action && isObject(action.src)) yield { name, logic: action.src }
}

/**
 * Whether a logic does work outside that the journal knows nothing of: a promise, a callback, an observable. XState's creators
 * keep the function in `config`; a machine and a transition function start nothing.
 */
export function isStray(logic: unknown): boolean {
  return isObject(logic) && 'config' in logic && typeof logic.config === 'function' && 'start' in logic
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
