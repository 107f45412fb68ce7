import type { ActorLogic, AnyActorRef, AnyActorScope, Snapshot } from 'xstate'
import { SmallRef } from '../actor/small-ref.ts'
import { backoffDelay } from '../backoff.ts'
import { LazyMap } from '../lazy-maps.ts'
import { type ChildSpec, type Exit, restarts } from './child-spec.ts'
import { addRestart, type Restart } from './restart-intensity.ts'
import { affected } from './strategy.ts'
import type { SupervisorHost, SupervisorRules } from './supervisor-host.ts'

/** The events that a supervisor handles. */
export type SupervisorEvent =
  | { readonly type: 'supervisor.start'; readonly spec: ChildSpec }
  /** A child that is not running. It may be started together with its siblings. */
  | { readonly type: 'supervisor.know'; readonly spec: ChildSpec }
  | { readonly type: 'supervisor.stop'; readonly id: string }
  /** A running child has failed in something that its machine does not know of. */
  | { readonly type: 'supervisor.fail'; readonly id: string; readonly ref: AnyActorRef }
  /** A child has ended, and that is durable. */
  | Decide
  /** The pause before a restart is over. */
  | { readonly type: 'supervisor.resume'; readonly pause: symbol }

interface Decide {
  readonly type: 'supervisor.decide'
  readonly id: string
  readonly ref: AnyActorRef
  readonly exit: Exit
  readonly cause: string | undefined
}

/** The events that XState sends. */
interface XStateEvent {
  readonly type: string
  readonly actorId?: string
}

/** What the inspector shows of a supervisor. */
export type SupervisorSnapshot = Snapshot<undefined> & {
  readonly context: { readonly children: number; readonly restarts: number }
}

interface Child {
  readonly spec: ChildSpec
  /** `undefined` while the child has ended, or waits for its restart. */
  ref: AnyActorRef | undefined
  /** Restarts without a quiet period between them. */
  attempts: number
  startedAt: number
  /** The pause that its restart waits for. */
  pause: symbol | undefined
}

/**
 * A supervisor. When a child ends, its restart type says whether it is started again, and the strategy whether its siblings are
 * too. Above the restart intensity the supervisor ends itself, and the supervisor above it decides. The rules are pure functions
 * in the files beside this one. This is logic with a map, because a machine would copy all its children at every start of one.
 */
export class SupervisorLogic implements ActorLogic<SupervisorSnapshot, SupervisorEvent> {
  readonly config: unknown
  readonly #host: SupervisorHost
  readonly #rules: SupervisorRules
  readonly #initial: readonly ChildSpec[]
  /** Ordered by their first start; a restart does not change the order. */
  readonly #children = new Map<string, Child>()
  /** The pauses before restarts, each with the function that cancels it. */
  readonly #pauses = new LazyMap<symbol, () => void>()
  #counted: readonly Restart[] = []
  #restarts = 0

  /** @param initial the children that it starts with, each time that it is started */
  constructor(host: SupervisorHost, rules: SupervisorRules, initial: readonly ChildSpec[] = []) {
    const { name: id, strategy, intensity } = rules
    this.config = { id, meta: { strategy, intensity } }
    this.#host = host
    this.#rules = rules
    this.#initial = initial
  }

  // ---- what XState calls ----

  /** XState asks for this before the children are started, and not again after that. */
  getInitialSnapshot(): SupervisorSnapshot {
    return this.#shown(this.#initial.filter(({ id }) => !this.#host.isRetired(id)).length)
  }

  getPersistedSnapshot(snapshot: SupervisorSnapshot): SupervisorSnapshot {
    return snapshot
  }

  start(_: SupervisorSnapshot, scope: AnyActorScope): void {
    for (const spec of this.#initial) {
      if (this.#host.isRetired(spec.id)) continue
      const child = this.#know(spec)
      if (!this.#host.isAway(spec.id)) this.#start(child, scope)
    }
  }

  transition(
    snapshot: SupervisorSnapshot,
    event: SupervisorEvent | XStateEvent,
    scope: AnyActorScope,
  ): SupervisorSnapshot {
    if (event.type === 'xstate.stop') {
      this.#stopAll(scope)
      return { ...this.#shown(), status: 'stopped', output: undefined, error: undefined }
    }
    const error = this.#take(event, scope)
    if (error) return { ...this.#shown(), status: 'error', output: undefined, error }
    const { context } = snapshot
    const isSame = context.children === this.#children.size && context.restarts === this.#restarts
    return isSame ? snapshot : this.#shown()
  }

  // ---- events ----

  /** Handles an event; returns why the supervisor gives up, if it does. */
  #take(event: SupervisorEvent | XStateEvent, scope: AnyActorScope): Error | undefined {
    if (!isOwn(event)) {
      if (event.type.startsWith('xstate.error.actor.')) this.#ended(event.actorId, 'failed', scope)
      else if (event.type.startsWith('xstate.done.actor.')) this.#ended(event.actorId, 'done', scope)
      return undefined
    }
    switch (event.type) {
      case 'supervisor.start':
        this.#start(this.#know(event.spec), scope)
        return undefined
      case 'supervisor.know':
        this.#know(event.spec)
        return undefined
      case 'supervisor.stop':
        this.#stop(event.id, scope)
        return undefined
      case 'supervisor.fail':
        this.#fail(event.id, event.ref, scope)
        return undefined
      case 'supervisor.resume':
        this.#resume(event.pause, scope)
        return undefined
      case 'supervisor.decide':
        return this.#decide(event, scope)
    }
  }

  #know(spec: ChildSpec): Child {
    const child: Child = { spec, ref: undefined, attempts: 0, startedAt: 0, pause: undefined }
    this.#children.set(spec.id, child)
    return child
  }

  #start(child: Child, { self }: AnyActorScope): void {
    const { spec } = child
    const { id } = spec
    child.pause = undefined
    child.startedAt = this.#host.elapsed()
    child.ref = this.#host.start(id, () => new SmallRef(spec.logic(), { id, parent: self, input: spec.input }))
  }

  /** Stops a child for good. */
  #stop(id: string, scope: AnyActorScope): void {
    const child = this.#children.get(id)
    if (child?.ref) scope.stopChild(child.ref)
    this.#children.delete(id)
    const token = child?.pause
    if (!token || [...this.#children.values()].some(({ pause }) => pause === token)) return
    this.#pauses.get(token)?.()
    this.#pauses.delete(token)
  }

  #fail(id: string, ref: AnyActorRef, scope: AnyActorScope): void {
    if (this.#children.get(id)?.ref !== ref) return
    scope.stopChild(ref)
    this.#ended(id, 'failed', scope)
  }

  /** A child has ended: decides what to do when that is durable. */
  #ended(id: string | undefined, exit: Exit, { self }: AnyActorScope): void {
    const ref = id === undefined ? undefined : this.#children.get(id)?.ref
    if (id === undefined || !ref) return
    this.#host.exited(id, exit)
    const cause = exit === 'failed' ? this.#host.causeOf(id) : undefined
    this.#host.atWatermark(() => {
      // It may have given up meanwhile.
      if (self.getSnapshot().status === 'active') self.send({ type: 'supervisor.decide', id, ref, exit, cause })
    })
  }

  #decide({ id, ref, exit, cause }: Decide, scope: AnyActorScope): Error | undefined {
    const child = this.#children.get(id)
    // Stopped or replaced while the decision waited for the watermark.
    if (!child || child.ref !== ref) return undefined
    if (!restarts(child.spec.restart, exit)) {
      child.ref = undefined
      // Children of other restart types stay known: they may be started again with a sibling.
      if (child.spec.restart === 'temporary') this.#children.delete(id)
      this.#host.gone(id, exit)
      return undefined
    }
    const period = addRestart(this.#counted, { at: this.#host.elapsed(), cause, child: id }, this.#rules.intensity)
    this.#counted = period.restarts
    if (!period.exceeded) {
      this.#restart(child, scope)
      return undefined
    }
    const error = this.#host.escalated(this.#rules, id, this.#counted.length)
    this.#stopAll(scope)
    return error
  }

  // ---- restarts ----

  /** Stops the siblings that restart with a failed child, the last first, and starts all of them, the first first. */
  #restart(failed: Child, scope: AnyActorScope): void {
    const host = this.#host
    const { strategy, intensity, backoff } = this.#rules
    const { id } = failed.spec
    const group = affected(strategy, [...this.#children.keys()], id).flatMap(one => this.#children.get(one) ?? [])
    failed.ref = undefined
    if (backoff) host.pausing(idsOf(group))
    for (const child of group.toReversed()) if (child !== failed) this.#stopSibling(child, scope)
    this.#restarts++
    const isFirst = host.elapsed() - failed.startedAt > intensity.within
    failed.attempts = isFirst ? 1 : failed.attempts + 1
    const again = group.filter(({ spec }) => this.#children.has(spec.id))
    host.restarting(id, idsOf(again))
    if (backoff) this.#pause(again, backoffDelay(backoff, failed.attempts, host.random()), scope)
    else for (const child of again) this.#start(child, scope)
  }

  #stopSibling(child: Child, scope: AnyActorScope): void {
    this.#halt(child, scope)
    if (child.spec.restart !== 'temporary') return
    this.#children.delete(child.spec.id)
    this.#host.gone(child.spec.id, 'stopped')
  }

  #pause(group: readonly Child[], ms: number, { self }: AnyActorScope): void {
    const token = Symbol('pause')
    for (const child of group) child.pause = token
    const cancel = this.#host.after(ms, () => self.send({ type: 'supervisor.resume', pause: token }))
    this.#pauses.set(token, cancel)
  }

  #resume(pause: symbol, scope: AnyActorScope): void {
    this.#pauses.delete(pause)
    for (const child of this.#children.values()) if (child.pause === pause) this.#start(child, scope)
  }

  // ---- stopping ----

  #halt(child: Child, scope: AnyActorScope): void {
    if (child.ref) scope.stopChild(child.ref)
    child.ref = undefined
    this.#host.exited(child.spec.id)
  }

  #stopAll(scope: AnyActorScope): void {
    for (const cancel of this.#pauses.values()) cancel()
    this.#pauses.clear()
    for (const child of [...this.#children.values()].toReversed()) {
      this.#halt(child, scope)
      // Children that were added later are gone: a supervisor that is started again begins with its first children.
      if (!this.#initial.includes(child.spec)) this.#host.gone(child.spec.id, 'escalated')
    }
    this.#children.clear()
  }

  #shown(children = this.#children.size): SupervisorSnapshot {
    return { status: 'active', output: undefined, error: undefined, context: { children, restarts: this.#restarts } }
  }
}

function idsOf(children: readonly Child[]): readonly string[] {
  return children.map(({ spec }) => spec.id)
}

function isOwn(event: SupervisorEvent | XStateEvent): event is SupervisorEvent {
  return event.type.startsWith('supervisor.')
}
