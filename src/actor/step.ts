import type {
  ActorLogic,
  AnyActorRef,
  AnyActorScope,
  AnyMachineSnapshot,
  AnyStateMachine,
  EventObject,
  ExecutableActionObject,
  Snapshot,
} from 'xstate'
import { type Agent, mostRounds } from '../agent/agent.ts'
import { isOf, TroupeError, textOf } from '../errors.ts'
import { CheckedEvent, type EventOf } from '../events/event.ts'
import type { RefusalOf, ReplyOf } from '../events/request.ts'
import type { Passage } from '../events/transform.ts'
import { keyOf } from '../invoke/outside.ts'
import type { Address } from '../mail/address.ts'
import type { Handled } from '../mail/handled.ts'
import { type Failure, failureOf, onRejection } from '../thrown.ts'
import { delayOf } from '../time/timers.ts'
import { checkValue } from '../values/value.ts'
import type { Actor } from './actor.ts'
import { checkChildren, checkKept, unkept } from './kept.ts'
import { type Decision, type Shortcut, shortcutOf } from './shortcut.ts'

/** One thing that a step wants to happen, as data. Nothing of it happens before the step's frame is appended. */
export type Output =
  | { readonly kind: 'emit'; readonly event: EventOf; readonly passage?: Passage | undefined }
  | Answering
  | { readonly kind: 'send'; readonly event: EventOf; readonly to: Address }
  | {
      readonly kind: 'timer'
      readonly id: string
      readonly key: string
      readonly delay: number
      readonly event: EventOf
      /** The agent that it is for, if it is for another one. */
      readonly to?: Address | undefined
      readonly perform: () => void
    }
  | { readonly kind: 'cancel'; readonly id: string; readonly perform: () => void }
  /** Outside work is no longer wanted. */
  | { readonly kind: 'drop'; readonly key: string; readonly perform: () => void }
  /** What stays inside the agent: its own children, and the custom actions of its initial state. */
  | { readonly kind: 'inside'; readonly perform: () => void }

/** A request is answered, well or not. */
export type Answering =
  | { readonly kind: 'reply'; readonly event: ReplyOf }
  | { readonly kind: 'refusal'; readonly event: RefusalOf }

/** One event handled by one agent, atomically. */
export interface Step {
  readonly actor: Actor
  readonly handled: Handled
  readonly outcome: 'handled' | 'ignored' | 'failed'
  readonly outputs: readonly Output[]
  readonly snapshot: AnyMachineSnapshot
  readonly failure?: Failure
}

/** What a step needs from the partition around it. */
export interface StepHost {
  /** The agent whose incarnation this is, also while it is being created. */
  actorOf(ref: AnyActorRef): Actor | undefined
  /** Gives an event that nobody announced a position; `false` when it must not reach the agent at all. */
  admit(actor: Actor, event: EventObject): boolean
  /** The event, checked; an invalid one fails the step. */
  check(actor: Actor, event: EventObject): Answering | { readonly kind: 'emit'; readonly event: EventOf }
  /** A new actor inside the agent; one that must not be there fails the step. */
  checkChild(actor: Actor, name: string, child: AnyActorRef): void
  /** What the runtime's transformations make of what an agent says; one that throws fails the step. */
  passage(actor: Actor, event: EventOf): Passage | undefined
  /** The agent behind an XState ref, if it is one of this partition. */
  agentAt(ref: AnyActorRef): Actor | undefined
  /** Hands an event to the agent, or to another one, after a while. */
  setTimer(actor: Actor, timer: NewTimer): void
  /** Appends the step as one frame; the returned function delivers what it said, once the snapshot is in place. */
  commit(step: Step): () => void
  /** All that the step wanted has happened, to machines inside the agent too: records what these want because of it. */
  released(step: Step): void
  /** What a step had begun threw after its frame: the step stands, the agent fails. */
  failedAfter(step: Step, error: unknown): void
  /** A custom action returned an event, which says it to nobody. */
  unsaid(actor: Actor, handled: string, type: string): void
  /** A promise that a custom action returned has rejected, long after its step. */
  rejected(actor: Actor, incarnation: number, type: string, error: unknown): void
}

/** A timer that an agent sets in a step. */
export interface NewTimer {
  readonly id: string
  /** Tells it from others of the same id. */
  readonly key: string
  /** Whether `cancel` does not take it back by its id: a newer one has the id, or one of them has fired. */
  readonly isSuperseded?: boolean | undefined
  /** Milliseconds; `Infinity` for never. */
  readonly delay: number
  readonly event: EventObject
  readonly to?: Address | undefined
}

/** An agent that wants more than this in one step has run wild. */
export const mostOutputs = 10_000

const none: readonly never[] = []

/** Lets a machine decide, and holds back everything that would happen at once. */
function heldBack(
  address: Address,
  scope: AnyActorScope,
  decide: (scope: AnyActorScope) => AnyMachineSnapshot,
): Decision {
  const actions: ExecutableActionObject[] = []
  const starts: (() => void)[] = []
  let isOver = false
  const held: AnyActorScope = {
    ...scope,
    defer: fn => {
      if (isOver) fn()
      else starts.push(fn)
    },
    actionExecutor: action => {
      if (actions.push(action) > mostOutputs) throw new StepOverflowError(address)
    },
  }
  try {
    return { snapshot: decide(held), actions, starts }
  } finally {
    isOver = true
  }
}

/**
 * An agent's machine, wrapped so that everything it wants to do comes out as data, becomes one frame, and happens only then.
 * This is the only place that knows how XState executes actions. One logic serves all actors of the agent.
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
      // XState runs nothing deferred of an actor that fails at its start, so what this leads to is told here.
      const crashed: AnyMachineSnapshot = { ...snapshot, status: 'error', error, output: undefined }
      host.commit(failedStep(actor, handled, crashed, error))()
      return crashed
    }
  }

  transition(shown: AnyMachineSnapshot, event: EventObject, scope: AnyActorScope): AnyMachineSnapshot {
    const host = this.#host
    const snapshot = this.#shortcut.own(shown)
    // Stopping is never held back, or children of a stopped agent would go on.
    if (event.type === 'xstate.stop') return this.#machine.transition(snapshot, event, scope)
    const actor = host.actorOf(scope.self)
    if (!actor || (!actor.announced && !host.admit(actor, event))) return snapshot
    const handled = actor.takeHandled()
    if (!handled) throw new StrayStartError(actor.address)
    try {
      if (event.type === unkept) throw errorIn(event)
      if (actor.rounds > mostRounds) throw new StepCircleError(actor.address, event.type)
      const decision =
        this.#shortcut.decide(snapshot, event, scope) ??
        heldBack(actor.address, scope, held => this.#machine.transition(snapshot, event, held))
      const { snapshot: next, starts } = decision
      if (next.status === 'error') throw next.error
      if (next !== snapshot) checkKept(actor.address, next, snapshot)
      const outputs = this.#outputsOf(actor, decision, scope.self)
      const isCustom = this.#runCustom(actor, handled, decision)
      // A timer, an outcome or a word of a child comes from inside the agent: something there has changed.
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

  #outputsOf(actor: Actor, { actions }: Decision, self: AnyActorRef): readonly Output[] {
    if (actions.length === 0) return none
    const outputs: Output[] = []
    for (const [place, action] of actions.entries()) {
      const output = isCustom(action) ? undefined : outputOf(actor, this.#host, self, action, place)
      if (output) outputs.push(output)
    }
    return outputs
  }

  /** XState runs the functions among the actions of an initial state once its actor is there. */
  #firstOutputsOf(actor: Actor, handled: Handled, decision: Decision, self: AnyActorRef): readonly Output[] {
    if (decision.actions.length === 0) return none
    const custom = decision.actions
      .filter(isCustom)
      .map(action => ({ kind: 'inside' as const, perform: () => this.#run(action, actor, handled.type) }))
    return [...this.#outputsOf(actor, decision, self), ...custom]
  }

  /** Runs the functions among the actions, before the frame: one that throws fails the step. Says whether there are any. */
  #runCustom(actor: Actor, { type }: Handled, { actions }: Decision): boolean {
    let isAny = false
    for (const action of actions) {
      if (!isCustom(action)) continue
      isAny = true
      this.#run(action, actor, type)
    }
    return isAny
  }

  #run({ exec, info, params }: ExecutableActionObject, actor: Actor, type: string): void {
    const returned: unknown = exec?.(info, params)
    if (returned === undefined) return
    const { incarnation } = actor
    if (isOf(returned, CheckedEvent)) this.#host.unsaid(actor, type, returned.type)
    onRejection(returned, error => this.#host.rejected(actor, incarnation, type, error))
  }

  #checkInside(actor: Actor, { children }: AnyMachineSnapshot): void {
    checkChildren(actor.address, children, (name, child) => this.#host.checkChild(actor, name, child))
  }

  #finish(scope: AnyActorScope, step: Step, starts: readonly (() => void)[]): AnyMachineSnapshot {
    const deliver = this.#host.commit(step)
    const isOver = starts.length === 0 && step.outputs.length === 0
    scope.defer(isOver ? deliver : () => this.#release(scope, step, deliver, starts))
    return step.snapshot
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
    // Machines inside it may have handled something just now.
    if (isInside) perform(() => this.#checkInside(step.actor, step.snapshot))
    if (!thrown) return this.#host.released(step)
    this.#host.failedAfter(step, thrown.error)
    stopChildren(scope, step.snapshot)
    throw thrown.error
  }
}

/** The same logic, which begins where an incarnation was in another process: nothing is decided or done on the way there. */
export class RestoredLogic extends SteppedLogic {
  readonly #persisted: Snapshot<unknown>

  constructor(agent: Pick<Agent, 'machine'>, host: StepHost, persisted: Snapshot<unknown>) {
    super(agent, host)
    this.#persisted = persisted
  }

  override getInitialSnapshot(scope: AnyActorScope): AnyMachineSnapshot {
    return this.restoreSnapshot(this.#persisted, scope)
  }

  start({ children }: AnyMachineSnapshot, { system }: AnyActorScope): void {
    withoutFirstSnapshots(system, () => {
      for (const child of Object.values<AnyActorRef | undefined>(children))
        if (child?.getSnapshot().status === 'active') child.start()
    })
  }
}

/**
 * Starts actors that come back, at any depth. One whose machine listens to its snapshots says the one that it comes back with,
 * which its machine knows already. The relay of an XState system is the one place where all that actors say comes by.
 */
function withoutFirstSnapshots(system: AnyActorScope['system'], start: () => void): void {
  const relay: unknown = Reflect.get(system, '_relay')
  if (typeof relay !== 'function') return start()
  const known = new Set<unknown>()
  const relayNews = (source: unknown, target: unknown, event: EventObject) => {
    if (event.type.startsWith('xstate.snapshot.') && !known.has(source)) known.add(source)
    else Reflect.apply(relay, system, [source, target, event])
  }
  Reflect.set(system, '_relay', relayNews)
  try {
    start()
  } finally {
    Reflect.set(system, '_relay', relay)
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

/** Whether an action is somebody's own function: what XState's own do, the runtime does. */
function isCustom({ type }: ExecutableActionObject): boolean {
  return !type.startsWith('xstate.') || type === 'xstate.log'
}

interface Params {
  readonly event?: EventObject
  readonly to?: AnyActorRef
  readonly delay?: number
  readonly id?: string
  readonly sendId?: string
}

/** What XState captured, in our words; none for what happens inside the step alone. */
function outputOf(
  actor: Actor,
  host: StepHost,
  self: AnyActorRef,
  action: ExecutableActionObject,
  place: number,
): Output | undefined {
  const perform = () => action.exec?.(action.info, action.params)
  const params = paramsOf(action)
  switch (action.type) {
    case 'xstate.emit': {
      const checked = host.check(actor, params.event ?? { type: '' })
      if (checked.kind !== 'emit') return checked
      return { kind: 'emit', event: checked.event, passage: host.passage(actor, checked.event) }
    }
    case 'xstate.raise':
      return params.delay === undefined ? undefined : timerOutput(actor, host, params, place)
    case 'xstate.cancel':
      return { kind: 'cancel', id: params.sendId ?? '', perform }
    case 'xstate.sendTo':
      return sendOutput(actor, host, self, params, perform, place)
    case 'xstate.stopChild': {
      const key = action.params === undefined ? undefined : keyOf(stoppedBy(action))
      return key === undefined ? { kind: 'inside', perform } : { kind: 'drop', key, perform }
    }
    default:
      return { kind: 'inside', perform }
  }
}

/** @param place tells apart the timers of a step that have no name: the same when the step is run again */
function timerOutput(
  actor: Actor,
  host: StepHost,
  { id, delay = 0, event = { type: '' } }: Params,
  place: number,
  to?: Address,
): Output {
  const unique = `${actor.handled?.seq}.${place}`
  // A state sets its own timer once; a program may give one id to several.
  const key = id?.startsWith('xstate.after.') ? id : unique
  // One of the catalogue's is an object of a class.
  checkValue(`an event that "${actor.address}" sends later`, { ...event })
  const timer = { id: id ?? unique, key, delay: delayOf(delay), event, to }
  // XState's events need not have payloads of ours.
  return { kind: 'timer', ...timer, event: event as EventOf, perform: () => host.setTimer(actor, timer) }
}

function sendOutput(
  actor: Actor,
  host: StepHost,
  self: AnyActorRef,
  params: Params,
  perform: () => void,
  place: number,
): Output {
  const { to, event, delay } = params
  if (!to || !event) throw new StraySendError(actor.address, event?.type ?? '')
  const isInside = to === self || to._parent === self
  const callee = isInside ? undefined : host.agentAt(to)
  if (!isInside && !callee) throw new StraySendError(actor.address, event.type)
  const checked = callee && host.check(actor, event).event
  if (delay !== undefined && (callee || to === self)) return timerOutput(actor, host, params, place, callee?.address)
  return callee && checked && delay === undefined
    ? { kind: 'send', event: checked, to: callee.address }
    : { kind: 'inside', perform }
}

// Likewise: that of a stopped child is the child itself.
function stoppedBy(action: ExecutableActionObject): AnyActorRef {
  return action.params as unknown as AnyActorRef
}

// XState types the parameters of captured actions as unknown; each action type above has its own of these.
function paramsOf(action: ExecutableActionObject): Params {
  return (action.params ?? {}) as Params
}

/** An agent wanted more than 10,000 things in one step. */
export class StepOverflowError extends TroupeError {
  readonly code = 'STEP_OVERFLOW'
  readonly address: Address
  constructor(address: Address) {
    super(`"${address}" produced more than ${mostOutputs} outputs in one step. Spread the work over several events.`)
    this.address = address
  }
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

/** An agent sent an event to something that is neither its child nor an agent of its party. */
export class StraySendError extends TroupeError {
  readonly code = 'STRAY_SEND'
  readonly address: Address
  readonly type: string
  constructor(address: Address, type: string) {
    super(
      `"${address}" sent "${type}" to something outside its party, or past its mailbox. Say it with emit, or ask for it with invoke.`,
    )
    this.address = address
    this.type = type
  }
}

/** An action of an agent makes an event, and nobody says it. */
export class EventUnsaidError extends TroupeError {
  readonly code = 'EVENT_UNSAID'
  readonly address: Address
  readonly type: string
  constructor(address: Address, handled: string, type: string) {
    super(
      `An action of "${address}" on "${handled}" returned "${type}", which says it to nobody. Write actions: emit(({ event }) => ...), whose function returns what is said.`,
    )
    this.address = address
    this.type = type
  }
}

/** An agent does work in an action, and the work failed when the action was over. */
export class ActionRejectedError extends TroupeError {
  readonly code = 'ACTION_REJECTED'
  readonly address: Address
  /** What the agent was handling. */
  readonly type: string
  constructor(address: Address, type: string, cause: unknown) {
    super(
      `An action of "${address}" on "${type}" returned a promise that rejected: ${textOf(cause).replace(/\.$/, '')}. Actions are not awaited, and effects are: invoke an effect(name, ...) for work that takes time, and handle its failure in onError.`,
      { cause },
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
