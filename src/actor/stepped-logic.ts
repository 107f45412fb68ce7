import type { ActorLogic, AnyActorRef, AnyActorScope, AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate'
import type { Agent } from '../agent/agent.ts'
import { mostRounds } from '../agent/prepared-machine.ts'
import { TroupeError } from '../errors.ts'
import type { Address } from '../mail/address.ts'
import type { Handled } from '../mail/handled.ts'
import { failureOf } from '../thrown.ts'
import type { Actor } from './actor.ts'
import { isCustom, runCustom } from './custom-action.ts'
import type { Decision } from './decision.ts'
import { heldBack } from './held-scope.ts'
import { checkChildren, checkKept, unkept } from './kept.ts'
import { outputOf } from './output.ts'
import { type Shortcut, shortcutOf } from './shortcut.ts'
import type { Output, Step, StepHost } from './step.ts'

const none: readonly never[] = []

/**
 * An agent's machine, wrapped so that everything it wants to do becomes data first and one frame next, and happens only then.
 * This file and `output.ts` alone know how XState executes actions. All actors of an agent share one logic.
 */
export class SteppedLogic implements ActorLogic<AnyMachineSnapshot, EventObject> {
  readonly config: unknown
  readonly getPersistedSnapshot: AnyStateMachine['getPersistedSnapshot']
  readonly restoreSnapshot: AnyStateMachine['restoreSnapshot']
  readonly #machine: AnyStateMachine
  readonly #shortcut: Shortcut
  readonly #host: StepHost

  constructor({ machine }: Pick<Agent, 'machine'>, host: StepHost) {
    this.config = machine.config
    this.getPersistedSnapshot = machine.getPersistedSnapshot
    this.restoreSnapshot = machine.restoreSnapshot
    this.#machine = machine
    this.#shortcut = shortcutOf(machine)
    this.#host = host
  }

  // This logic has no `start`. The children of the initial state start after the frame of the first step.
  getInitialSnapshot(scope: AnyActorScope, input: unknown): AnyMachineSnapshot {
    const host = this.#host
    const actor = host.actorOf(scope.self)
    const handled = actor?.takeHandled()
    if (!actor || !handled) throw new StrayStartError(scope.id)
    const decision = this.#shortcut.begin(() =>
      heldBack(actor.address, scope, held => this.#machine.getInitialSnapshot(held, input)),
    )
    const { snapshot, starts } = decision
    try {
      if (snapshot.status === 'error') throw snapshot.error
      checkKept(actor.address, snapshot)
      this.#checkInside(actor, snapshot)
      const outputs = this.#firstOutputsOf(actor, handled, decision, scope.self)
      return this.#finish(scope, { actor, handled, outcome: 'handled', outputs, snapshot }, starts)
    } catch (error) {
      // XState drops everything deferred by an actor that fails at its start. So the failed step is reported here.
      const crashed: AnyMachineSnapshot = { ...snapshot, status: 'error', error, output: undefined }
      host.commit(failedStep(actor, handled, crashed, error))()
      return crashed
    }
  }

  transition(shown: AnyMachineSnapshot, event: EventObject, scope: AnyActorScope): AnyMachineSnapshot {
    const host = this.#host
    const snapshot = this.#shortcut.own(shown)
    // Stopping is never held back: the children of a stopped agent would go on.
    if (event.type === 'xstate.stop') return this.#machine.transition(snapshot, event, scope)
    const actor = host.actorOf(scope.self)
    if (!actor || (!actor.announced && !host.admit(actor, event))) return snapshot
    const handled = actor.takeHandled()
    if (!handled) throw new StrayStartError(actor.address)
    try {
      if (event.type === unkept) throw errorIn(event)
      if (actor.rounds > mostRounds) throw new StepCircleError(actor.address, event.type)
      const decision =
        this.#shortcut.decide(snapshot, event, scope) ?? this.#decide(actor.address, snapshot, event, scope)
      const { snapshot: next, starts } = decision
      if (next.status === 'error') throw next.error
      if (next !== snapshot) checkKept(actor.address, next, snapshot)
      const outputs = this.#outputsOf(actor, decision, scope.self)
      const isCustom = this.#runCustom(actor, handled, decision)
      // A timer, an outcome or an event of a child comes from inside the agent: something there has changed.
      const isFromInside = handled.envelope === undefined
      if (isFromInside || isCustom || next.children !== snapshot.children) this.#checkInside(actor, next)
      const isIgnored = next === snapshot && outputs.length === 0 && !isFromInside && !isCustom
      const outcome = isIgnored ? 'ignored' : 'handled'
      return this.#finish(scope, { actor, handled, outcome, outputs, snapshot: next }, starts)
    } catch (error) {
      stopChildren(scope, snapshot)
      const crashed: AnyMachineSnapshot = { ...snapshot, status: 'error', error, output: undefined }
      return this.#finish(scope, failedStep(actor, handled, crashed, error), none)
    }
  }

  // Here and in #finish, a closure stands in a function of its own: engines allocate an object at each call of a function that has
  // a closure over its parameters or variables, and most steps need none.
  #decide(address: Address, snapshot: AnyMachineSnapshot, event: EventObject, scope: AnyActorScope): Decision {
    return heldBack(address, scope, held => this.#machine.transition(snapshot, event, held))
  }

  #outputsOf(actor: Actor, { actions }: Decision, self: AnyActorRef): readonly Output[] {
    if (actions.length === 0) return none
    const by = { actor, host: this.#host, self }
    const outputs: Output[] = []
    let place = 0
    for (const action of actions) {
      const output = isCustom(action) ? undefined : outputOf(by, action, place)
      if (output) outputs.push(output)
      place++
    }
    return outputs
  }

  /** As in XState, the custom actions of an initial state run when the actor has started. */
  #firstOutputsOf(actor: Actor, handled: Handled, decision: Decision, self: AnyActorRef): readonly Output[] {
    if (decision.actions.length === 0) return none
    const custom = decision.actions
      .filter(isCustom)
      .map(action => ({ kind: 'inside' as const, perform: () => runCustom(action, actor, handled.type, this.#host) }))
    return [...this.#outputsOf(actor, decision, self), ...custom]
  }

  /** Runs the custom actions, before the frame: an action that throws fails the step. Returns whether there are any. */
  #runCustom(actor: Actor, { type }: Handled, { actions }: Decision): boolean {
    let isAny = false
    for (const action of actions) {
      if (!isCustom(action)) continue
      isAny = true
      runCustom(action, actor, type, this.#host)
    }
    return isAny
  }

  #checkInside(actor: Actor, { children }: AnyMachineSnapshot): void {
    checkChildren(actor.address, children, (name, child) => this.#host.checkChild(actor, name, child))
  }

  #finish(scope: AnyActorScope, step: Step, starts: readonly (() => void)[]): AnyMachineSnapshot {
    const deliver = this.#host.commit(step)
    const isOver = starts.length === 0 && step.outputs.length === 0
    scope.defer(isOver ? deliver : this.#releasing(scope, step, deliver, starts))
    return step.snapshot
  }

  #releasing(scope: AnyActorScope, step: Step, deliver: () => void, starts: readonly (() => void)[]): () => void {
    return () => this.#release(scope, step, deliver, starts)
  }

  #release(scope: AnyActorScope, step: Step, deliver: () => void, starts: readonly (() => void)[]): void {
    deliver()
    let thrown: { readonly error: unknown } | undefined
    const perform = (action: () => void) => {
      try {
        action()
      } catch (error) {
        thrown ??= { error }
      }
    }
    for (const start of starts) perform(start)
    let isInside = starts.length > 0
    for (const output of step.outputs) {
      if (!('perform' in output)) continue
      perform(output.perform)
      isInside = true
    }
    // Machines inside the agent may have handled something just now.
    if (isInside) perform(() => this.#checkInside(step.actor, step.snapshot))
    if (!thrown) return this.#host.released(step)
    this.#host.failedAfter(step, thrown.error)
    stopChildren(scope, step.snapshot)
    throw thrown.error
  }
}

function errorIn(event: EventObject): unknown {
  return 'error' in event ? event.error : undefined
}

function failedStep(actor: Actor, handled: Handled, snapshot: AnyMachineSnapshot, error: unknown): Step {
  return { actor, handled, outcome: 'failed', outputs: none, snapshot, failure: failureOf(error) }
}

function stopChildren(scope: AnyActorScope, { children }: AnyMachineSnapshot): void {
  for (const child of Object.values<AnyActorRef | undefined>(children)) if (child) scope.stopChild(child)
}

/** An agent and what is inside it sent each other more than 10,000 events within one turn. */
export class StepCircleError extends TroupeError {
  readonly code = 'STEP_CIRCLE'
  readonly address: Address
  readonly type: string
  constructor(address: Address, type: string) {
    super(
      `"${address}" was sent more than ${mostRounds} events by itself, or by what is inside it, while it handled one; the last is "${type}". Give that circle an end, or a delay.`,
    )
    this.address = address
    this.type = type
  }
}

class StrayStartError extends TroupeError {
  readonly code = 'STRAY_START'
  constructor(address: Address) {
    super(`"${address}" was started by something other than its supervisor. Spawn it with runtime.spawn.`)
  }
}
