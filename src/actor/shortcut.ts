import type { AnyActorScope, AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate'
import type { Decision } from './decision.ts'
import { ignored, type Move, moveOf, type StateNode, type Transition } from './move.ts'
import { perform } from './perform-move.ts'

const shortcuts = new WeakMap<AnyStateMachine, Shortcut>()

/** The shortcut of a machine: all agents of the machine share it. */
export function shortcutOf(machine: AnyStateMachine): Shortcut {
  let shortcut = shortcuts.get(machine)
  if (!shortcut) shortcuts.set(machine, (shortcut = new Shortcut(machine)))
  return shortcut
}

/** What is known of the transitions of one state. */
interface StateTable {
  /** The only active state of a flat machine, besides its root; `undefined` in another machine. */
  readonly from: StateNode | undefined
  /** The moves by event type; `undefined` for a state with guards, or in a machine that is not flat. */
  readonly byType: Map<string, Move | undefined> | undefined
  readonly byTransition: Map<Transition, Move | undefined>
}

/**
 * Decides a machine's plain transitions as XState would, but without its interpreter, which takes longer than all else that
 * happens to an event. A transition is plain when it stays where it is, or leads from one state of a flat machine to another, and when
 * all that happens on the way is plain: assigned and emitted, timers, custom actions, and children that a state invokes. The rest is
 * left to XState, and so is a machine with eventless transitions.
 */
export class Shortcut {
  readonly #machine: AnyStateMachine
  readonly #isPlain: boolean
  readonly #tables = new Map<StateNode, StateTable>()
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
    if (!this.#isPlain || isSpecial(event.type)) return undefined
    const move = this.#moveFor(snapshot, event)
    return move && perform(move, snapshot, event, scope)
  }

  /** Whether the machine begins without computing or doing anything. */
  #beginsAlike({ status, _nodes: nodes }: AnyMachineSnapshot): boolean {
    const isGiven = this.#isPlain && typeof this.#machine.config.context !== 'function'
    return isGiven && status === 'active' && nodes.every(doesNothingAtFirst)
  }

  #moveFor(snapshot: AnyMachineSnapshot, event: EventObject): Move | undefined {
    const { type } = event
    const table = this.#tableOf(snapshot)
    const known = table.byType?.get(type)
    if (known || table.byType?.has(type)) return known
    const move = this.#select(snapshot, event, table)
    table.byType?.set(type, move)
    return move
  }

  #tableOf({ _nodes: nodes }: AnyMachineSnapshot): StateTable {
    const isFlat = nodes.length <= 2
    const state = (isFlat ? nodes.at(-1) : undefined) ?? this.#machine.root
    let table = this.#tables.get(state)
    if (!table) {
      const from = isFlat && nodes.length === 2 ? state : undefined
      const byType = isFlat && !nodes.some(hasGuards) ? new Map<string, Move | undefined>() : undefined
      this.#tables.set(state, (table = { from, byType, byTransition: new Map() }))
    }
    return table
  }

  #select(snapshot: AnyMachineSnapshot, event: EventObject, { from, byTransition }: StateTable): Move | undefined {
    const [transition, ...others] = this.#machine.getTransitionData(snapshot, event)
    // A machine fails on an error that it does not handle.
    if (!transition) return event.type.startsWith('xstate.error.') ? undefined : ignored
    if (others.length > 0) return undefined
    if (!byTransition.has(transition)) byTransition.set(transition, moveOf(this.#machine, from, transition))
    return byTransition.get(transition)
  }
}

const plainOfXState = ['xstate.done.actor.', 'xstate.error.actor.', 'xstate.after.']

/** Whether XState has rules of its own for an event. */
function isSpecial(type: string): boolean {
  return type.startsWith('xstate.') && !plainOfXState.some(plain => type.startsWith(plain))
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
