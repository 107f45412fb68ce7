import type {
  AnyActorScope,
  AnyMachineSnapshot,
  AnyStateMachine,
  EventObject,
  ExecutableActionObject,
  UnknownAction,
} from 'xstate'

/** What a machine decides on an event: its next snapshot, the actions, and functions that start its new children. */
export interface Decision {
  readonly snapshot: AnyMachineSnapshot
  readonly actions: readonly ExecutableActionObject[]
  readonly starts: readonly (() => void)[]
}

type StateNode = AnyStateMachine['root']
type Transition = ReturnType<AnyStateMachine['getTransitionData']>[number]

/** The author of the agent wrote `given` and `params`: values, or functions of context and event. */
interface PlainAction {
  readonly kind: 'assign' | 'emit'
  readonly given: unknown
  readonly params: unknown
}

interface Move {
  /** The state that the transition leads to; `undefined` if the machine stays in its state. */
  readonly place: Pick<AnyMachineSnapshot, '_nodes' | 'value' | 'tags'> | undefined
  readonly actions: readonly PlainAction[]
}

const nothing: readonly never[] = []
const ignored: Move = { place: undefined, actions: nothing }
const shortcuts = new WeakMap<AnyStateMachine, Shortcut>()

/** The shortcut of a machine: all agents of the machine share it. */
export function shortcutOf(machine: AnyStateMachine): Shortcut {
  let shortcut = shortcuts.get(machine)
  if (!shortcut) shortcuts.set(machine, (shortcut = new Shortcut(machine)))
  return shortcut
}

/**
 * Decides a machine's plain transitions as XState would, but without its interpreter, which takes longer than all else that
 * happens to an event. A transition is plain when it stays where it is, or leads from one simple state to another (a state
 * with nothing to do at entry and exit), and its actions only assign and emit. The rest is left to XState, and so is a
 * machine with eventless transitions.
 */
export class Shortcut {
  readonly #machine: AnyStateMachine
  readonly #isPlain: boolean
  readonly #moves = new Map<Transition, Move | undefined>()
  /** The transitions by the only active state, and then by event type; `undefined` for states with guards. */
  readonly #tables = new Map<StateNode, Map<string, Move | undefined> | undefined>()
  #beginning: Decision | undefined

  constructor(machine: AnyStateMachine) {
    this.#machine = machine
    this.#isPlain = !hasEventless(machine.root)
  }

  /** The beginning of the machine, decided by XState: only once, if the machine begins the same way each time. */
  begin(ask: () => Decision): Decision {
    if (this.#beginning) return this.#beginning
    const beginning = ask()
    if (this.#beginsAlike(beginning.snapshot)) this.#beginning = beginning
    return beginning
  }

  /** Gives an agent a copy of the first snapshot and its context: until its first event all agents of the machine share these. */
  own(snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
    const isShared = snapshot === this.#beginning?.snapshot
    return isShared ? { ...snapshot, context: { ...snapshot.context } } : snapshot
  }

  /** Decides on an event; `undefined` where XState has to decide. */
  decide(snapshot: AnyMachineSnapshot, event: EventObject, scope: AnyActorScope): Decision | undefined {
    // XState has special rules for its own events.
    if (!this.#isPlain || event.type.startsWith('xstate.')) return undefined
    const move = this.#moveFor(snapshot, event)
    return move && perform(move, snapshot, event, scope)
  }

  /** Whether the machine begins without computing or doing anything. */
  #beginsAlike({ status, _nodes: nodes }: AnyMachineSnapshot): boolean {
    const isGiven = this.#isPlain && typeof this.#machine.config.context !== 'function'
    return isGiven && status === 'active' && nodes.every(doesNothingAtFirst)
  }

  #moveFor(snapshot: AnyMachineSnapshot, event: EventObject): Move | undefined {
    const table = this.#tableOf(snapshot)
    const known = table?.get(event.type)
    if (known) return known
    const move = this.#select(snapshot, event)
    table?.set(event.type, move)
    return move
  }

  #tableOf({ _nodes: nodes }: AnyMachineSnapshot): Map<string, Move | undefined> | undefined {
    // The root, and a state of a flat machine.
    const state = nodes.length > 2 ? undefined : nodes.at(-1)
    if (!state) return undefined
    if (!this.#tables.has(state)) this.#tables.set(state, nodes.some(hasGuards) ? undefined : new Map())
    return this.#tables.get(state)
  }

  #select(snapshot: AnyMachineSnapshot, event: EventObject): Move | undefined {
    const [transition, ...others] = this.#machine.getTransitionData(snapshot, event)
    if (!transition) return ignored
    return others.length === 0 ? this.#moveOf(transition) : undefined
  }

  #moveOf(transition: Transition): Move | undefined {
    if (!this.#moves.has(transition)) this.#moves.set(transition, moveOf(this.#machine, transition))
    return this.#moves.get(transition)
  }
}

function hasGuards({ transitions }: StateNode): boolean {
  return [...transitions.values()].flat().some(({ guard }) => guard !== undefined)
}

function hasEventless(node: StateNode): boolean {
  return node.always !== undefined || Object.values<StateNode>(node.states).some(hasEventless)
}

function doesNothingAtFirst({ type, entry, invoke, initial }: StateNode): boolean {
  return entry.length === 0 && invoke.length === 0 && (type !== 'compound' || initial.actions.length === 0)
}

function moveOf(machine: AnyStateMachine, { source, target, actions: listed }: Transition): Move | undefined {
  const actions = listed.flatMap(action => plainAction(machine, action) ?? [])
  if (actions.length < listed.length) return undefined
  if (target === undefined) return { place: undefined, actions }
  const [to, ...others] = target
  if (!to || others.length > 0 || to === source) return undefined
  if (!isSimple(machine, source) || !isSimple(machine, to)) return undefined
  const tags = new Set<string>([...machine.root.tags, ...to.tags])
  return { place: { _nodes: [machine.root, to], value: to.key, tags }, actions }
}

/** Whether a state of a flat machine has nothing to do at entry and exit; `after` counts as both. */
function isSimple({ root }: AnyStateMachine, { parent, type, entry, exit, invoke }: StateNode): boolean {
  const isFlat = parent === root && root.type === 'compound' && type === 'atomic'
  return isFlat && entry.length === 0 && exit.length === 0 && invoke.length === 0
}

function plainAction({ implementations }: AnyStateMachine, action: UnknownAction): PlainAction | undefined {
  const named = typeof action === 'string' ? { type: action } : action
  const logic: unknown = typeof named === 'function' ? named : implementations.actions[named.type]
  const params: unknown = typeof named === 'function' || !('params' in named) ? undefined : named.params
  if (typeof logic !== 'function' || !('type' in logic)) return undefined
  // XState attaches these fields to the functions that its action creators return.
  if (logic.type === 'xstate.assign' && 'assignment' in logic)
    return { kind: 'assign', given: logic.assignment, params }
  if (logic.type === 'xstate.emit' && 'event' in logic) return { kind: 'emit', given: logic.event, params }
  return undefined
}

function perform(
  { place, actions }: Move,
  snapshot: AnyMachineSnapshot,
  event: EventObject,
  { self, system }: AnyActorScope,
): Decision | undefined {
  let wanted: ExecutableActionObject[] | undefined
  let { context } = snapshot
  const before = spawns
  try {
    for (const { kind, given, params } of actions) {
      const known = { context, event, self, system, spawn }
      const settled = valueOf(params, known)
      if (kind === 'assign') context = { ...context, ...assigned(given, known, settled) }
      else {
        const emit = {
          type: 'xstate.emit',
          info: known,
          params: { event: valueOf(given, known, settled) },
          exec: undefined,
        }
        // Most events lead to one action at most. An array that grows by `push` reserves room for seventeen.
        if (wanted) wanted.push(emit)
        else wanted = [emit]
      }
    }
  } catch (error) {
    if (spawns === before) throw error
  }
  // Only XState can spawn. The results of the author's functions so far are dropped: the functions only compute.
  if (spawns > before) return undefined
  const isSame = context === snapshot.context && !place
  return {
    snapshot: isSame ? snapshot : { ...snapshot, ...place, context },
    actions: wanted ?? nothing,
    starts: nothing,
  }
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
